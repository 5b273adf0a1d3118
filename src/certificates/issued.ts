import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { authorityFolder } from '../record/paths.ts'
import { cannotWrite, codeOf } from '../record/write.ts'
import type { Certificate } from './certificate.ts'

/** One line of `authorities/NAME/issued.ndjson`: a leaf that this CA has signed. */
export interface Issued {
  schema: 'secure-endpoint/issued@1'
  /** ISO time. */
  time: string
  fingerprint: string
  serial: string
  names: string[]
  /** ISO time. */
  notAfter: string
  /** `endpoint NAME`, or the folder that it was written to. */
  for: string
}

/** Notes a leaf before it is handed out: what was signed must be known when its CA is to go. */
export async function noteIssued(
  stateFolder: string,
  authority: string,
  leaf: Certificate,
  { now, whom }: { now: number; whom: string },
): Promise<void> {
  const line: Issued = {
    schema: 'secure-endpoint/issued@1',
    time: new Date(now).toISOString(),
    fingerprint: leaf.fingerprint,
    serial: leaf.serial,
    names: [...leaf.dnsNames, ...leaf.ipAddresses],
    notAfter: new Date(leaf.notAfter).toISOString(),
    for: whom,
  }
  const path = pathOf(stateFolder, authority)
  try {
    const handle = await open(path, 'a', 0o600)
    try {
      await handle.write(`${JSON.stringify(line)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

/** The leaves that a CA has signed, oldest first; a line that a crash cut off is passed over. */
export async function readIssued(stateFolder: string, authority: string): Promise<Issued[]> {
  try {
    const text = await readFile(pathOf(stateFolder, authority), 'utf8')
    return text.split('\n').flatMap(readLine)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

function readLine(line: string): Issued[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Issued]
  } catch {
    return []
  }
}

function pathOf(stateFolder: string, authority: string): string {
  return join(authorityFolder(stateFolder, authority), 'issued.ndjson')
}
