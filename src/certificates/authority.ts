import { createPrivateKey, type KeyObject } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { readJsonFile } from '../record/json-file.ts'
import { authorityFolder } from '../record/paths.ts'
import { unlessAbsent } from '../record/read.ts'
import { cannotWrite, makeFolder, syncFolder, writeFileAtomic } from '../record/write.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { permits } from './constraints.ts'
import type { Pair, Surroundings } from './issue.ts'
import { parseName } from './name.ts'
import { cutPem } from './pem.ts'
import { keyPem } from './private-key.ts'

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
}

/** A local CA as it is kept on this machine. */
export interface KeptAuthority extends Pair {
  /** Of its folder. */
  name: string
}

const schema = 'secure-endpoint/authority@1'

/**
 * Keeps a local CA: `ca.pem`, `ca-key.pem` and `meta.json`, each 0600. The whole folder appears at
 * once, and one that is there is never written over.
 *
 * @param names what it was made for
 * @throws Problem with exit 73 when it cannot be written
 */
export async function keepAuthority(
  stateFolder: string,
  { certificate, key }: Pair,
  names: readonly string[],
  { now, random }: Surroundings,
): Promise<KeptAuthority> {
  const name = nameOf(certificate, names)
  const folder = authorityFolder(stateFolder, name)
  const beside = join(dirname(folder), `.${random(6).toString('hex')}.new`)
  const meta: AuthorityMeta = {
    schema,
    name,
    made: new Date(now).toISOString(),
    names: [...names],
    fingerprint: certificate.fingerprint,
    notAfter: new Date(certificate.notAfter).toISOString(),
  }
  await makeFolder(dirname(folder))
  try {
    await mkdir(beside, { mode: 0o700 })
    await writeFileAtomic(join(beside, 'ca.pem'), certificate.pem)
    await writeFileAtomic(join(beside, 'ca-key.pem'), keyPem(key))
    await writeFileAtomic(join(beside, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`)
    // fails on a folder that holds anything: then this very certificate is kept already
    await rename(beside, folder)
  } catch (error) {
    await rm(beside, { recursive: true, force: true })
    const kept = await readAuthority(stateFolder, name)
    if (kept) return kept
    throw cannotWrite(folder, error)
  }
  await syncFolder(dirname(folder))
  return { name, certificate, key }
}

/**
 * Finds a kept CA that may vouch for all of some names and lives as long as a leaf that is to be
 * signed; the one that lives longest.
 *
 * @param until end of that leaf, milliseconds since 1970
 * @returns undefined when there is none: then another is to be made
 * @throws Problem when a kept CA is damaged, or was written by a newer version
 */
export async function findAuthority(
  stateFolder: string,
  names: readonly string[],
  now: number,
  until: number,
): Promise<KeptAuthority | undefined> {
  const all = await Promise.all(
    (await listAuthorities(stateFolder)).map(name => readAuthority(stateFolder, name)),
  )
  return all
    .flatMap(each => each ?? [])
    .filter(({ certificate }) => vouchesFor(certificate, names))
    .filter(({ certificate: { notBefore, notAfter } }) => notBefore <= now && until <= notAfter)
    .sort(
      (a, b) => b.certificate.notAfter - a.certificate.notAfter || (a.name < b.name ? -1 : 1),
    )[0]
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
 * Reads one kept CA with its key; undefined when there is none of this name.
 *
 * @throws Problem when its files do not fit together
 */
export async function readAuthority(
  stateFolder: string,
  name: string,
): Promise<KeptAuthority | undefined> {
  const folder = authorityFolder(stateFolder, name)
  const meta = await readJsonFile<AuthorityMeta>(join(folder, 'meta.json'), schema)
  if (!meta) return undefined
  const certificate = await readCa(join(folder, 'ca.pem'))
  const key = await readKey(join(folder, 'ca-key.pem'))
  const whole =
    certificate?.fingerprint === meta.fingerprint && key && certificate.x509.checkPrivateKey(key)
  if (!certificate || !key || !whole) throw damaged(folder)
  return { name, certificate, key }
}

/** Whether a CA's constraints permit all of some names; one without constraints vouches for none here. */
function vouchesFor({ nameConstraints }: Certificate, names: readonly string[]): boolean {
  if (!nameConstraints || names.length === 0) return false
  return names.every(text => {
    const name = parseName(text)
    return name !== undefined && permits(nameConstraints, name)
  })
}

function nameOf({ fingerprint }: Certificate, names: readonly string[]): string {
  const host = parseName(names[0] ?? '')?.text ?? 'ca'
  const slug = host.replace(/[^a-z0-9.]+/g, '-').replace(/^[-.]+|[-.]+$/g, '')
  return `${slug.slice(0, 63)}-${fingerprint.slice(0, 11).replaceAll(':', '').toLowerCase()}`
}

async function readCa(path: string): Promise<Certificate | undefined> {
  const block = cutPem(await contentOf(path)).blocks[0]
  const reading = block && readCertificate(block.der)
  return reading?.ok ? reading.certificate : undefined
}

async function readKey(path: string): Promise<KeyObject | undefined> {
  try {
    return createPrivateKey(await contentOf(path))
  } catch {
    return undefined // OpenSSL's words about a key are not passed on
  }
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
