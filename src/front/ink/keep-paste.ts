import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { plainText } from '../../process/plain-text.ts'
import { makeFolder, writeFileAtomic } from '../../record/write.ts'

/** Whether a pasted text is a certificate or key, and not something for the field. */
export function isPem(text: string): boolean {
  return /-----BEGIN [A-Z0-9 ]+-----/.test(text)
}

/**
 * Keeps a pasted PEM as a file that only the user can read. The same text gives the same file.
 *
 * @returns its path
 * @throws Problem with exit 73 when it cannot be written
 */
export async function keepPaste(text: string, folder: string): Promise<string> {
  const pem = `${plainText(text).trim()}\n`
  const name = createHash('sha256').update(pem).digest('hex').slice(0, 8)
  const path = join(folder, `pasted-${name}.pem`)
  await makeFolder(folder)
  await writeFileAtomic(path, pem)
  return path
}
