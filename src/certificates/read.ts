import type { readCertificate } from './certificate.ts'
import { createIntake, type Intake } from './intake.ts'
import { mostBlocks } from './pem.ts'
import { readBinary } from './read-binary.ts'
import { tooLarge, whatIsEmpty } from './read-findings.ts'
import { readText } from './read-text.ts'
import type { Upload, UploadedFile } from './upload.ts'
import { createWork, mostRounds } from './work.ts'

export const mostBytes = 1024 * 1024

/**
 * Reads everything that some files hold, whatever they are called and in whatever order they come; a
 * path that is given twice is read once. Never throws for bad content: what cannot be read becomes a
 * finding. No finding holds anything of a key or passphrase.
 *
 * @param readDer reads one certificate; a caller with many files can remember what it has read
 */
export function readUpload(
  files: readonly UploadedFile[],
  passphrase?: string | Buffer,
  readDer?: typeof readCertificate,
): Upload {
  const upload: Upload = {
    ...{ certificates: [], keys: [], unread: [], textAround: [], forms: [], others: [] },
  }
  const byPath = new Map(files.map(file => [file.path, file]))
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  // a folder can hold many files
  const whole = createWork(2 * mostRounds)
  for (const file of sorted) readFile(createIntake(file, passphrase, upload, whole, readDer))
  return upload
}

function readFile(into: Intake): void {
  const { bytes, container } = into.source
  if (bytes.length > mostBytes) {
    into.unread(tooLarge(into.file, `${(bytes.length / mostBytes).toFixed(1)} MiB`))
    return
  }
  if (!bytes.some(byte => byte > 0x20)) {
    into.unread(whatIsEmpty(into.file, bytes.length))
    return
  }
  if (container) into.form(container)
  const { upload } = into
  const before = upload.certificates.length
  const text = readText(into)
  if (!text) readBinary(bytes, into)
  // a PKCS#7 in one block can hold more than a file of blocks may
  if (upload.certificates.length - before > mostBlocks) {
    upload.certificates.length = before
    into.unread(tooLarge(into.file, `more than ${mostBlocks} certificates`))
  }
}
