import { rm } from 'node:fs/promises'
import {
  type AuthorityEntry,
  authorityName,
  keepAuthority,
  openAuthority,
  readAuthorities,
} from '../certificates/authority.ts'
import { newAuthority, type Signing } from '../certificates/choose-authority.ts'
import type { Surroundings } from '../certificates/issue.ts'
import { readIssued } from '../certificates/issued.ts'
import type { KeyType } from '../certificates/profile.ts'
import { type Rollover, removeRollover, writeRollover } from '../certificates/rollover.ts'
import { type Problem, problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { authorityFolder, recordPaths } from '../record/paths.ts'
import { authorityUsers, keepTrust } from './endpoint-trust.ts'

/**
 * Begins the way from a CA to the next one: the new CA is made beside it, and clients are given both
 * roots while the old one still signs. A call that was killed in between is taken up.
 *
 * @param passphrase of the old CA where its key is locked; the new one is locked with it, too
 */
export async function beginRollover(
  stateFolder: string,
  old: AuthorityEntry,
  keyType: KeyType,
  { passphrase, ...around }: Surroundings & Pick<Signing, 'passphrase'>,
): Promise<void> {
  if (old.locked) await openAuthority(stateFolder, old, passphrase)
  const wanted = { names: old.names, keyType, days: 0, ...around }
  const pair = await newAuthority(wanted)
  const to = authorityName(pair.certificate, old.names)
  // noted first: a new CA that nobody knows to be the next one would sign at once
  await writeRollover(stateFolder, old.name, { to, stage: 'both' }, around.now)
  await keepAuthority(stateFolder, pair, old.names, around, passphrase)
  await keepTrustOfUsers(stateFolder, [old.name, to])
}

/** From now on the new CA signs; both stay trusted. */
export async function letNewSign(
  stateFolder: string,
  old: AuthorityEntry & { rollover: Rollover },
  now: number,
): Promise<void> {
  await writeRollover(stateFolder, old.name, { ...old.rollover, stage: 'new-signs' }, now)
  await keepTrustOfUsers(stateFolder, [old.name, old.rollover.to])
}

/** Leaves of a CA that are in use as far as is known: of endpoints, and handed out as files. */
export interface StillInUse {
  endpoints: string[]
  /** Folders of leaves that have not expired. */
  folders: string[]
}

export async function stillInUse(
  stateFolder: string,
  name: string,
  now: number,
): Promise<StillInUse> {
  const users = await authorityUsers(stateFolder)
  const issued = await readIssued(stateFolder, name)
  const alive = issued.filter(each => Date.parse(each.notAfter) > now)
  const folders = alive.map(each => each.for).filter(each => !each.startsWith('endpoint '))
  return {
    endpoints: users.filter(({ authority }) => authority === name).map(({ endpoint }) => endpoint),
    folders: [...new Set(folders)],
  }
}

/**
 * The old CA is trusted no more: it goes out of what clients are given. Its files stay.
 *
 * @throws Problem with exit 75 while an endpoint is served with a leaf of it
 */
export async function endRollover(
  stateFolder: string,
  old: AuthorityEntry & { rollover: Rollover },
  now: number,
): Promise<void> {
  const { endpoints } = await stillInUse(stateFolder, old.name, now)
  if (endpoints.length > 0) throw inUse(old.name, endpoints)
  await writeRollover(stateFolder, old.name, { ...old.rollover, stage: 'ended' }, now)
  await keepTrustOfUsers(stateFolder, [old.name, old.rollover.to])
}

/**
 * One stage back: the old CA signs again; from `both` the new one, which has never signed, is removed.
 *
 * @throws Problem with exit 75 when it has signed something
 */
export async function takeRolloverBack(
  stateFolder: string,
  old: AuthorityEntry & { rollover: Rollover },
  now: number,
): Promise<void> {
  const { rollover, name } = old
  if (rollover.stage === 'new-signs') {
    await writeRollover(stateFolder, name, { ...rollover, stage: 'both' }, now)
    return
  }
  const signed = await readIssued(stateFolder, rollover.to)
  if (signed.length > 0) throw hasSigned(rollover.to, signed.length)
  const users = [name, rollover.to]
  await rm(authorityFolder(stateFolder, rollover.to), { recursive: true, force: true })
  await removeRollover(stateFolder, name)
  await keepTrustOfUsers(stateFolder, users)
}

/** Brings the trust files of all endpoints of some CAs up to date. */
async function keepTrustOfUsers(stateFolder: string, names: readonly string[]): Promise<void> {
  const users = await authorityUsers(stateFolder)
  for (const { endpoint } of users.filter(({ authority }) => names.includes(authority))) {
    await keepTrust(stateFolder, recordPaths(stateFolder, endpoint))
  }
}

/**
 * A kept CA by its name, or by an endpoint whose leaf it signed.
 *
 * @throws Problem with exit 65 when there is none
 */
export async function authorityNamed(
  stateFolder: string,
  given: string,
): Promise<{ entry: AuthorityEntry; all: AuthorityEntry[] }> {
  const all = await readAuthorities(stateFolder)
  const users = await authorityUsers(stateFolder)
  const used = users.find(({ endpoint }) => endpoint === given)?.authority
  const entry =
    all.find(({ name }) => name === given) ?? all.find(({ name }) => name === used && used)
  if (entry) return { entry, all }
  throw problem(exitCodes.data, {
    id: 'cert.authority-unknown',
    title: 'No local CA of this name is kept on this machine.',
    subject: given,
    evidence: all.length > 0 ? `kept: ${all.map(({ name }) => name).join(', ')}` : 'none is kept',
    fix: 'See what is: secure-endpoint cert ca list',
  })
}

function inUse(name: string, endpoints: readonly string[]): Problem {
  return problem(exitCodes.later, {
    id: 'cert.rollover-in-use',
    title: 'Leaves of the old CA are still served.',
    subject: name,
    evidence: endpoints.join(', '),
    fix: endpoints.map(each => `secure-endpoint rotate ${each}`).join('\n'),
  })
}

function hasSigned(name: string, count: number): Problem {
  return problem(exitCodes.later, {
    id: 'cert.rollover-in-use',
    title: 'The new CA has signed already, so it cannot be taken away.',
    subject: name,
    evidence: `${count} ${count === 1 ? 'leaf' : 'leaves'}`,
    fix: 'Go on with the rollover: secure-endpoint cert ca list says what comes next.',
  })
}
