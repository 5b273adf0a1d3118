import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatLeft } from '../duration.ts'
import { oneLine } from '../process/plain-text.ts'
import { day } from './dates.ts'
import { filesBelow } from './folder-files.ts'
import type { Nearby } from './judgement.ts'
import { keyTypeOf, keyTypeText } from './key-type.ts'
import { fits, pickLeaf } from './pick-leaf.ts'
import { mostBytes, readUpload } from './read.ts'
import { expandSecret } from './secret-file.ts'
import { labelOf } from './summary.ts'
import type { FoundCertificate, FoundKey, OtherThing, Unread, UploadedFile } from './upload.ts'

/** A file of a folder, as the wizard offers it. */
export interface RecognisedFile extends Nearby {
  /** Its name in the folder, as one safe line. */
  name: string
  /** Whether it can be the answer to "Which file holds the certificate?". */
  certificate: boolean
  /** Whether it can be the answer to "Which file holds its private key?". */
  key: boolean
  /** What it is, in one line. */
  text: string
}

const mostFiles = 200

/**
 * Says by their content what the files of a folder are, and which folders in it a known tool has made.
 * Names that
 * begin with a dot, files over 1 MiB and all after the first 200 are passed over. What can be used
 * comes first.
 *
 * @param wanted which of the two questions the files are for
 * @returns nothing where the folder cannot be read
 */
export async function recogniseFolder(
  folder: string,
  now: number,
  wanted: 'certificate' | 'key' = 'certificate',
): Promise<RecognisedFile[]> {
  const names = (await namesIn(folder)).slice(0, mostFiles)
  const files: { name: string; path: string; bytes: Buffer; parts: UploadedFile[] }[] = []
  const folders: RecognisedFile[] = []
  for (const name of names) {
    const path = join(folder, name)
    const bytes = await smallFile(path)
    const parts = bytes && ((await expandSecret({ path, bytes })) ?? [{ path, bytes }])
    if (bytes && parts) files.push({ name, path, bytes, parts })
    else if (!bytes) folders.push(...(await recogniseTools(name, path)))
  }
  const read = files.map(file => ({ ...file, upload: readUpload(file.parts) }))
  const certificates = read.flatMap(({ upload, name }) =>
    upload.certificates.map(each => ({ ...each, file: oneLine(name) })),
  )
  const recognised = read.map(({ name, path, bytes, upload }) =>
    recognise({ name, path, bytes, ...upload }, certificates, now),
  )
  recognised.push(...folders)
  const rank = (file: RecognisedFile) => (file[wanted] ? 0 : file.certificate || file.key ? 1 : 2)
  return recognised.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
}

/** A folder that a known tool has made: it can be named in place of a file. */
async function recogniseTools(name: string, path: string): Promise<RecognisedFile[]> {
  const found = await filesBelow(path).catch(() => undefined)
  if (!found?.layout) return []
  const { tool, below } = found.layout
  const folders = new Set(found.names.map(each => dirname(each)))
  const names =
    below === 'each' || folders.size > 1
      ? ` with ${folders.size} ${folders.size === 1 ? 'name' : 'names'}`
      : ''
  const text = `folder of ${tool}${names}`
  return [
    {
      ...{ path, name: `${oneLine(name)}/`, text, certificate: true, key: true },
      ...{ leafKeys: [], privateKeys: [] },
    },
  ]
}

interface ReadFile {
  name: string
  path: string
  bytes: Buffer
  certificates: FoundCertificate[]
  keys: FoundKey[]
  unread: Unread[]
  others: OtherThing[]
}

function recognise(
  file: ReadFile,
  certificates: readonly FoundCertificate[],
  now: number,
): RecognisedFile {
  const leaf = pickLeaf(file.certificates, file.keys, [], now).leaf?.certificate
  const current = leaf !== undefined && leaf.notBefore <= now && now <= leaf.notAfter
  const texts = [certificateText(file, now), keyText(file, certificates)].filter(Boolean)
  return {
    path: file.path,
    name: oneLine(file.name),
    certificate: current || isLockedWhole(file),
    key: file.keys.length > 0 || isLocked(file),
    text: texts.join('; ') || otherText(file),
    leafKeys: leaf ? [leaf.publicKeySha256] : [],
    privateKeys: file.keys.map(({ publicKeySha256 }) => publicKeySha256),
  }
}

/** `leaf fraud.ml.example.com and 2 more, until 2027-02-16` */
function certificateText({ certificates, keys }: ReadFile, now: number): string {
  if (certificates.length === 0) return ''
  const leaf = pickLeaf(certificates, keys, [], now).leaf?.certificate
  const first = certificates[0]?.certificate
  if (!leaf && first) {
    const more = certificates.length > 1 ? ` and ${certificates.length - 1} more` : ''
    return `CA ${labelOf(first)}${more}, no leaf`
  }
  if (!leaf) return ''
  const names = leaf.dnsNames.length + leaf.ipAddresses.length
  const label = `leaf ${labelOf(leaf)}`
  if (now > leaf.notAfter) return `${formatLeft(leaf.notAfter - now)}, ${label}`
  if (now < leaf.notBefore) return `valid only from ${day(leaf.notBefore)} on, ${label}`
  return `${label}${names > 1 ? ` and ${names - 1} more` : ''}, until ${day(leaf.notAfter)}`
}

/** `a key (EC P-256), fits fullchain.pem` */
function keyText(file: ReadFile, certificates: readonly FoundCertificate[]): string {
  const [key] = file.keys
  if (isLockedWhole(file)) return 'PKCS#12, locked: a passphrase opens it'
  if (!key) return isLocked(file) ? 'a locked key: a passphrase opens it' : ''
  const own = file.certificates.some(({ certificate }) => fits(certificate, key))
  const fitting = certificates.filter(({ certificate }) => fits(certificate, key))
  const others = [...new Set(fitting.map(each => each.file))]
  const type = `a key (${keyTypeText(keyTypeOf(key.open()))})`
  if (own) return `with its key (${keyTypeText(keyTypeOf(key.open()))})`
  return others.length > 0 ? `${type}, fits ${others.join(', ')}` : `${type}, fits nothing here`
}

function isLocked({ unread }: ReadFile): boolean {
  return unread.some(({ finding }) => finding.id === 'cert.key-encrypted')
}

/** PKCS#12: certificates and key are both behind its passphrase. */
function isLockedWhole({ unread }: ReadFile): boolean {
  return unread.some(
    ({ finding, hides }) => finding.id === 'cert.key-encrypted' && hides === 'either',
  )
}

/** What a file is that holds neither certificate nor key. */
function otherText({ bytes, unread, others }: ReadFile): string {
  const first = unread[0]?.finding
  if (first?.id === 'cert.empty') return 'empty'
  const [other] = others
  if (other) return otherTexts[other.kind]
  return bytes.includes('-----BEGIN ') && first ? first.evidence : 'no certificate in it'
}

const otherTexts: Readonly<Record<OtherThing['kind'], string>> = {
  request: 'a certificate request (CSR)',
  revocations: 'a revocation list (CRL)',
  'public-key': 'a public key; the private one is needed',
  'ssh-key': 'a key in the form of OpenSSH: not readable',
  parameters: 'parameters of a key, no key in it',
  'java-keystore': 'a Java key store: keytool converts it',
  zip: 'a compressed archive: unpack it',
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder)
    return names.filter(name => !name.startsWith('.')).sort()
  } catch {
    return []
  }
}

/** The content of a regular file of at most 1 MiB (links are followed); undefined for all else. */
async function smallFile(path: string): Promise<Buffer | undefined> {
  try {
    const info = await stat(path)
    // opening a pipe or a device could wait for ever
    if (!info.isFile() || info.size > mostBytes) return undefined
    return await readFile(path)
  } catch {
    return undefined
  }
}
