import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { quoteWord } from '../process/quote.ts'
import { codeOf } from './write.ts'

const reasons: Record<string, string> = {
  EACCES: 'The user may not read it.',
  EPERM: 'The user may not read it.',
  ENOTDIR: 'A part of the path is a file, not a folder.',
  EISDIR: 'It is a folder, not a file.',
  ELOOP: 'It is a link that leads to itself.',
  EIO: 'The disk gives it no more.',
}

/**
 * What a read of the record that failed stands for: `absent` where nothing is there.
 *
 * @throws Problem with exit 73 when it is there and cannot be read
 */
export function unlessAbsent<T>(path: string, error: unknown, absent: T): T {
  const code = codeOf(error)
  if (code === 'ENOENT') return absent
  const reason = reasons[code]
  if (!reason) throw error
  throw problem(
    exitCodes.cannotWrite,
    {
      id: 'record.cannot-read',
      title: `${path} cannot be read. ${reason}`,
      subject: path,
      evidence: code,
      fix: `See whose it is: ls -ld ${quoteWord(path)}, or name another folder: XDG_STATE_HOME=FOLDER secure-endpoint …`,
    },
    { cause: error },
  )
}
