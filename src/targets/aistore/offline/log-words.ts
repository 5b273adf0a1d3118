import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { oneLine } from '../../../process/plain-text.ts'
import type { aistoreFindings } from '../findings.ts'

type Id = keyof typeof aistoreFindings

/** What a node says last when it ends, as 5.0 was seen to say it. First match wins. */
const words: readonly { says: RegExp; id: Id }[] = [
  { says: /private key does not match public key/, id: 'aistore.pair-mismatch' },
  { says: /expired \(valid until|not valid yet:/, id: 'aistore.not-valid' },
  { says: /failed to fstat |open \S+: (no such file|permission denied)/, id: 'aistore.no-file' },
  { says: /failed to find any PEM data|failed to find certificate/, id: 'aistore.no-file' },
  { says: /tls: bad certificate|incompatible key usage/, id: 'aistore.no-client-usage' },
  { says: /signed by unknown authority/, id: 'aistore.no-ca' },
  { says: /address already in use/, id: 'aistore.port-taken' },
  { says: /different UUIDs|cie#110/, id: 'aistore.other-uuid' },
  { says: /startup timeout|Timed-out while starting up/, id: 'aistore.map-gone' },
]

/** Bytes of the end of a log that are read. */
const tailBytes = 32 * 1024

/** Why a node ended, in its own words; undefined where no log of it can be read here. */
export async function lastWords(logDir: string): Promise<{ line: string; id?: Id } | undefined> {
  const file = await youngest(logDir)
  if (file === undefined) return undefined
  const lines = (await tail(file)).split('\n').filter(line => /^[EW] |FATAL|Terminated/.test(line))
  // from the end: each start has a file of its own, and the last line is the one that ended it
  for (const line of lines.reverse()) {
    const known = words.find(({ says }) => says.test(line))
    if (known) return { line: short(line), id: known.id }
  }
  const [last] = lines
  return last === undefined ? undefined : { line: short(last) }
}

/** The log's lines have a letter, a time and a place in the source in front. */
function short(line: string): string {
  return oneLine(line.replace(/^[A-Z] [\d:.]+ \S+ /, '')).slice(0, 200)
}

/** The youngest file of errors; a link to it has no time of its own. */
async function youngest(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((): string[] => [])
  const files = await Promise.all(
    names
      .filter(name => /\.ERROR\./.test(name))
      .map(async name => {
        const path = join(folder, name)
        return { path, at: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 }
      }),
  )
  return files.sort((a, b) => b.at - a.at)[0]?.path
}

async function tail(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return ''
  try {
    const { size } = await file.stat()
    const length = Math.min(size, tailBytes)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8')
  } finally {
    await file.close()
  }
}
