import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { readJsonFile } from '../record/json-file.ts'
import { authorityFolder } from '../record/paths.ts'
import { unlessAbsent } from '../record/read.ts'
import { cannotWrite, makeFolder, syncFolder, writeFileAtomic } from '../record/write.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import type { Pair, Surroundings } from './issue.ts'
import { lockedKeyPem } from './lock-key.ts'
import { parseName } from './name.ts'
import { cutPem } from './pem.ts'
import { keyPem, openKey } from './private-key.ts'
import { type Rollover, readRollover } from './rollover.ts'
import { createWork } from './work.ts'

/** What `authorities/NAME/meta.json` says. */
interface AuthorityMeta {
  schema: 'secure-endpoint/authority@1'
  name: string
  /** ISO time. */
  made: string
  /** What it may vouch for. */
  names: string[]
  /** Of `ca.pem`. */
  fingerprint: string
  /** ISO time. */
  notAfter: string
  /** Whether a passphrase locks its key. */
  locked?: true
}

/** A local CA as it is kept on this machine, its key open. */
export interface KeptAuthority extends Pair {
  /** Of its folder. */
  name: string
}

/** The same without its key. */
export interface AuthorityEntry {
  name: string
  certificate: Certificate
  /** ISO time. */
  made: string
  /** What it was made for. */
  names: readonly string[]
  locked: boolean
  /** The way to the CA that follows, where that has begun. */
  rollover?: Rollover
}

const schema = 'secure-endpoint/authority@1'

/**
 * Keeps a local CA: `ca.pem`, `ca-key.pem` and `meta.json`, each 0600. The whole folder appears at
 * once, and one that is there is never written over.
 *
 * @param names what it was made for
 * @param passphrase locks the key
 * @throws Problem with exit 73 when it cannot be written
 */
export async function keepAuthority(
  stateFolder: string,
  { certificate, key }: Pair,
  names: readonly string[],
  { now, random }: Surroundings,
  passphrase?: string,
): Promise<KeptAuthority> {
  const name = authorityName(certificate, names)
  const folder = authorityFolder(stateFolder, name)
  const beside = join(dirname(folder), `.${random(6).toString('hex')}.new`)
  const meta: AuthorityMeta = {
    schema,
    name,
    made: new Date(now).toISOString(),
    names: [...names],
    fingerprint: certificate.fingerprint,
    notAfter: new Date(certificate.notAfter).toISOString(),
    ...(passphrase === undefined ? {} : { locked: true }),
  }
  await makeFolder(dirname(folder))
  try {
    await mkdir(beside, { mode: 0o700 })
    await writeFileAtomic(join(beside, 'ca.pem'), certificate.pem)
    const keyText = passphrase === undefined ? keyPem(key) : lockedKeyPem(key, passphrase, random)
    await writeFileAtomic(join(beside, 'ca-key.pem'), keyText)
    await writeFileAtomic(join(beside, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`)
    // fails on a folder that holds anything: then this very certificate is kept already
    await rename(beside, folder)
  } catch (error) {
    await rm(beside, { recursive: true, force: true })
    const kept = await readAuthority(stateFolder, name, passphrase)
    if (kept) return kept
    throw cannotWrite(folder, error)
  }
  await syncFolder(dirname(folder))
  return { name, certificate, key }
}

/** The names of all kept CAs, sorted. */
export async function listAuthorities(stateFolder: string): Promise<string[]> {
  const folder = dirname(authorityFolder(stateFolder, 'any'))
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(entry => entry.name)
      .sort()
  } catch (error) {
    return unlessAbsent(folder, error, [])
  }
}

/**
 * All kept CAs without their keys, by name.
 *
 * @throws Problem when one is damaged, or was written by a newer version
 */
export async function readAuthorities(stateFolder: string): Promise<AuthorityEntry[]> {
  const names = await listAuthorities(stateFolder)
  const all = await Promise.all(names.map(name => readEntry(stateFolder, name)))
  return all.flatMap(each => each ?? [])
}

/** Those that can be read: where a damaged one of another endpoint must not be in the way. */
export async function readableAuthorities(stateFolder: string): Promise<AuthorityEntry[]> {
  const names = await listAuthorities(stateFolder)
  const all = await Promise.allSettled(names.map(name => readEntry(stateFolder, name)))
  return all.flatMap(each => (each.status === 'fulfilled' && each.value ? [each.value] : []))
}

/**
 * Reads one kept CA with its key; undefined when there is none of this name.
 *
 * @param passphrase opens a locked key
 * @throws Problem when its files do not fit together, or its key stays locked
 */
export async function readAuthority(
  stateFolder: string,
  name: string,
  passphrase?: string,
): Promise<KeptAuthority | undefined> {
  const entry = await readEntry(stateFolder, name)
  return entry && openAuthority(stateFolder, entry, passphrase)
}

/**
 * Opens the key of a kept CA.
 *
 * @throws Problem with exit 65 when it is locked and no passphrase, or a wrong one, was given
 */
export async function openAuthority(
  stateFolder: string,
  { name, certificate }: AuthorityEntry,
  passphrase?: string,
): Promise<KeptAuthority> {
  const folder = authorityFolder(stateFolder, name)
  const [block] = cutPem(await contentOf(join(folder, 'ca-key.pem'))).blocks
  const isKey = block?.kind === 'private-key' || block?.kind === 'locked-key'
  const reading = block && isKey ? openKey(block, passphrase, createWork()) : undefined
  if (reading?.state === 'locked') throw stillLocked(name)
  if (reading?.state === 'wrong-passphrase') throw wrongPassphrase(name)
  if (reading?.state !== 'open') throw damaged(folder)
  const key = reading.open()
  if (!certificate.x509.checkPrivateKey(key)) throw damaged(folder)
  return { name, certificate, key }
}

async function readEntry(stateFolder: string, name: string): Promise<AuthorityEntry | undefined> {
  const folder = authorityFolder(stateFolder, name)
  const meta = await readJsonFile<AuthorityMeta>(join(folder, 'meta.json'), schema)
  if (!meta) return undefined
  const certificate = await readCa(join(folder, 'ca.pem'))
  if (certificate?.fingerprint !== meta.fingerprint) throw damaged(folder)
  const rollover = await readRollover(stateFolder, name)
  const { made, names, locked = false } = meta
  return { name, certificate, made, names, locked, ...(rollover ? { rollover } : {}) }
}

/** What a CA is kept as: its first name and the beginning of its fingerprint. */
export function authorityName({ fingerprint }: Certificate, names: readonly string[]): string {
  const host = parseName(names[0] ?? '')?.text ?? 'ca'
  const slug = host.replace(/[^a-z0-9.]+/g, '-').replace(/^[-.]+|[-.]+$/g, '')
  return `${slug.slice(0, 63)}-${fingerprint.slice(0, 11).replaceAll(':', '').toLowerCase()}`
}

async function readCa(path: string): Promise<Certificate | undefined> {
  const block = cutPem(await contentOf(path)).blocks[0]
  const reading = block && readCertificate(block.der)
  return reading?.ok ? reading.certificate : undefined
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    return unlessAbsent(path, error, Buffer.alloc(0))
  }
}

function damaged(folder: string) {
  return problem(exitCodes.data, {
    id: 'cert.authority-damaged',
    title: 'A local CA that is kept here is damaged.',
    subject: folder,
    evidence: 'ca.pem, ca-key.pem and meta.json do not belong together',
    why: 'A leaf that it signed would not be trusted by the clients that trust it.',
    fix: `Put its files back from a backup, or move the folder away: ${folder}`,
  })
}

function stillLocked(name: string) {
  return problem(exitCodes.data, {
    id: 'cert.authority-locked',
    title: 'The key of the local CA is locked, and no passphrase is given.',
    subject: name,
    fix: 'Name a file that holds it: --passphrase-file FILE\nin answers: certificate.passphrase: {file: ./pass}',
  })
}

function wrongPassphrase(name: string) {
  return problem(exitCodes.data, {
    id: 'cert.authority-passphrase',
    title: 'This passphrase does not open the key of the local CA.',
    subject: name,
    fix: 'Give the passphrase that it was made with.',
  })
}
