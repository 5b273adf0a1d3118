import type { KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { readCertificate } from '../../certificates/certificate.ts'
import { anchorsOf, judge } from '../../certificates/gate.ts'
import type { Judgement } from '../../certificates/judgement.ts'
import { publicSuffixesFor } from '../../certificates/public-suffix.ts'
import { mostBytes, readUpload } from '../../certificates/read.ts'
import { expandSecret } from '../../certificates/secret-file.ts'
import type {
  FoundCertificate,
  FoundKey,
  Place,
  Upload,
  UploadedFile,
} from '../../certificates/upload.ts'
import type { Finding } from '../../findings.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { CheckOptions } from './check.ts'
import { readFiles, type Standard } from './check-input.ts'

/** What lies in a folder. */
export interface Entry {
  path: string
  isFolder: boolean
}

export type Result = Pick<Judgement, 'verdict' | 'findings' | 'repairs'> & { name: string }

/** What other parts may need of the files of one; it can be sent to another thread. */
export interface Held {
  /** What keys there are; SHA-256 over SPKI. */
  keys: string[]
  /** Out of files with CAs alone. */
  cas: (Place & { der: Uint8Array })[]
  /** Public keys of certificates that have no key here; SHA-256 over SPKI. */
  lacks: string[]
}

/** What was found of files with a leaf, of files that cannot be read, and of folders. */
export interface Judged {
  leaves: Result[]
  unread: Result[]
  folders: Result[]
}

/** Some of the entries of a folder: first they are read, then judged with what lies in the others. */
export interface Part {
  read(): Promise<Held>
  /** Some of its keys, by their public halves: another part has the certificate of each. */
  give(wanted: readonly string[]): Promise<SentKey[]>
  judge(beside: { keys: SentKey[]; cas: Held['cas'] }): Promise<Judged>
}

/** A key as it can be sent to another thread. */
export type SentKey = Omit<FoundKey, 'open'> & { key: KeyObject }

/** A certificate with what belongs to it: a folder, or one file among others. */
interface Unit {
  name: string
  upload: Upload
  leafFiles: string[]
}

export function createPart(
  entries: readonly Entry[],
  options: Pick<CheckOptions, 'intermediates'>,
  { passphrase, findings: _, ...standard }: Standard,
  cwd: string,
): Part {
  const remember = rememberCertificates()
  const read = (files: UploadedFile[]) => readUpload(files, passphrase, remember)
  const anchors = anchorsOf(standard)
  const known = new Map<string, Finding[]>()
  let files: Unit[] = []
  let folders: Unit[] = []
  return {
    async read() {
      const paths = (wanted: boolean) =>
        entries.filter(({ isFolder }) => isFolder === wanted).map(({ path }) => path)
      files = await fileUnits(paths(false), cwd, read)
      folders = await folderUnits(paths(true), cwd, read)
      return heldIn(files)
    },
    async give(wanted) {
      const given = files.flatMap(({ upload }) => upload.keys)
      return given
        .filter(({ publicKeySha256 }) => wanted.includes(publicKeySha256))
        .map(({ open, ...key }) => ({ ...key, key: open() }))
    },
    async judge({ keys, cas }) {
      const above = await readFiles(options.intermediates, cwd)
      const more = readUpload(above.files, undefined, remember)
      const all = [...files, ...folders].flatMap(({ upload }) => upload.certificates)
      const suffixes = await publicSuffixesFor(all)
      const held = { ...standard, ...suffixes, anchors, known, keyOptional: true }
      const toResult = ({ name, upload, leafFiles }: Unit): Result => {
        const { verdict, findings, repairs } = judge({
          ...{ ...held, ...upload, leafFiles },
          certificates: [...upload.certificates, ...more.certificates],
          unread: [...upload.unread, ...more.unread],
        })
        return { name, verdict, findings, repairs }
      }
      const sent = cas.flatMap(({ der, ...place }) => {
        const reading = remember(Buffer.from(der))
        return reading.ok ? [{ ...place, certificate: reading.certificate }] : []
      })
      return {
        leaves: withTheirs(files, keys.map(toFound), sent).map(toResult),
        unread: files.filter(isUnread).map(toResult),
        folders: folders.map(toResult),
      }
    },
  }
}

function toFound({ key, ...found }: SentKey): FoundKey {
  return { ...found, open: () => key }
}

async function folderUnits(
  paths: readonly string[],
  cwd: string,
  read: (files: UploadedFile[]) => Upload,
): Promise<Unit[]> {
  const units = await Promise.all(
    paths.map(async (path): Promise<Unit[]> => {
      const { files } = await readFiles(path, cwd)
      const upload = read(files)
      // nobody said that all in a folder is a certificate or a key
      const unread = upload.unread.filter(({ hides }) => hides !== 'either')
      if (upload.certificates.length + upload.keys.length + unread.length === 0) return []
      return [{ name: oneLine(path), upload, leafFiles: files.map(each => oneLine(each.path)) }]
    }),
  )
  return units.flat()
}

/** Files that lie side by side, each alone. */
async function fileUnits(
  paths: readonly string[],
  cwd: string,
  read: (files: UploadedFile[]) => Upload,
): Promise<Unit[]> {
  const all: Unit[] = []
  for (const path of paths) {
    // in turn, not all at once: a thousand files need not be in memory together
    const file = readSmall(path, cwd)
    if (!file) continue
    const parts = (await expandSecret(file)) ?? [file]
    const leafFiles = parts.map(each => oneLine(each.path))
    all.push({ name: oneLine(path), upload: read(parts), leafFiles })
  }
  return all
}

function heldIn(files: readonly Unit[]): Held {
  const here = new Set(
    files.flatMap(({ upload }) => upload.keys.map(({ publicKeySha256 }) => publicKeySha256)),
  )
  const wanted = files
    .filter(isLeafFile)
    .flatMap(({ upload }) => upload.certificates)
    .map(({ certificate }) => certificate.publicKeySha256)
  return {
    keys: [...here],
    cas: casIn(files).map(({ certificate, ...place }) => ({ ...place, der: certificate.der })),
    lacks: [...new Set(wanted)].filter(each => !here.has(each)),
  }
}

/** Each file with a leaf, together with its keys and the CAs of all files. */
function withTheirs(
  files: readonly Unit[],
  keys: readonly FoundKey[],
  cas: readonly FoundCertificate[],
): Unit[] {
  const byPublicKey = new Map<string, FoundKey[]>()
  for (const key of [...files.flatMap(({ upload }) => upload.keys), ...keys]) {
    const same = byPublicKey.get(key.publicKeySha256)
    byPublicKey.set(key.publicKeySha256, [...(same ?? []), key])
  }
  const above = [...casIn(files), ...cas]
  return files.filter(isLeafFile).map(({ name, upload, leafFiles }) => {
    const own = upload.certificates.flatMap(
      ({ certificate }) => byPublicKey.get(certificate.publicKeySha256) ?? [],
    )
    const certificates = [...upload.certificates, ...above]
    const whole = { ...upload, certificates, keys: [...new Set([...upload.keys, ...own])] }
    return { name, upload: whole, leafFiles }
  })
}

function isLeafFile({ upload }: Unit): boolean {
  return upload.certificates.some(({ certificate }) => !certificate.isCa)
}

function isUnread(unit: Unit): boolean {
  return !isLeafFile(unit) && unit.upload.unread.length > 0
}

function casIn(files: readonly Unit[]): FoundCertificate[] {
  return files.filter(each => !isLeafFile(each)).flatMap(({ upload }) => upload.certificates)
}

/** Without waiting: a wait for each of thousands of small files takes longer than reading them. */
function readSmall(path: string, cwd: string): UploadedFile | undefined {
  try {
    const absolute = resolve(cwd, path)
    const found = statSync(absolute)
    if (!found.isFile()) return undefined // opening a pipe could wait for ever
    const { size, mode } = found
    const bytes = size > mostBytes ? Buffer.alloc(mostBytes + 1) : readFileSync(absolute)
    return { path, bytes, mode: mode & 0o777 }
  } catch {
    return undefined // a link that leads nowhere
  }
}

/** Reads each certificate once: a thousand leaves have a few dozen CAs. */
function rememberCertificates(): typeof readCertificate {
  const known = new Map<string, ReturnType<typeof readCertificate>>()
  return der => {
    const id = der.toString('latin1')
    const reading = known.get(id) ?? readCertificate(der)
    known.set(id, reading)
    return reading
  }
}
