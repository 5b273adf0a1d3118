import {
  type AuthorityEntry,
  type KeptAuthority,
  keepAuthority,
  openAuthority,
  readAuthorities,
} from './authority.ts'
import type { Certificate } from './certificate.ts'
import { permits } from './constraints.ts'
import { dayMs } from './dates.ts'
import { issueAuthority, type Pair, type Surroundings } from './issue.ts'
import { parseName } from './name.ts'
import type { KeyType } from './profile.ts'
import { stateOfAuthority, successorOf, trustedBeside } from './rollover.ts'

/** The CA that signs a leaf, and all roots that clients need while it may be replaced. */
export interface Chosen {
  authority: KeptAuthority
  /** The CA's own certificate first, then those of a rollover that overlaps. */
  roots: Certificate[]
  /** Whether it was made just now. */
  made: boolean
}

export interface Signing extends Surroundings {
  stateFolder: string
  names: readonly string[]
  /** Of the leaf. */
  keyType: KeyType
  /** Lifetime of the leaf. */
  days: number
  /** Opens a locked CA; one that is made anew is locked with it. */
  passphrase?: string
  /** The CA that signed what is to be replaced: clients trust it, so it goes before others. */
  prefer?: string
}

/**
 * The kept CA that signs a leaf for some names; where none may vouch for them, or lives long enough,
 * another one is made and kept.
 *
 * @throws Problem when it is locked, damaged, or cannot be written
 */
export async function chooseAuthority(signing: Signing): Promise<Chosen> {
  const { stateFolder, names, days, now, passphrase, prefer } = signing
  const all = await readAuthorities(stateFolder)
  const entry = pick(all, names, now, now + days * dayMs, prefer)
  if (entry) {
    const authority = await openAuthority(stateFolder, entry, passphrase)
    const beside = trustedBeside(entry.name, all).map(({ certificate }) => certificate)
    return { authority, roots: [entry.certificate, ...beside], made: false }
  }
  const authority = await makeAuthority(signing)
  return { authority, roots: [authority.certificate], made: true }
}

/** Makes a local CA for some names and keeps it. */
export async function makeAuthority(signing: Signing): Promise<KeptAuthority> {
  const { stateFolder, names, now, random, passphrase } = signing
  return keepAuthority(stateFolder, await newAuthority(signing), names, { now, random }, passphrase)
}

/** Makes a local CA without keeping it. */
export function newAuthority(signing: Omit<Signing, 'stateFolder'>): Promise<Pair> {
  const { names, keyType, days, now, random } = signing
  return issueAuthority({ names, keyType: authorityKeyType(keyType), days, now, random })
}

/**
 * Finds a kept CA that may vouch for all of some names and lives as long as a leaf that is to be
 * signed; the one that lives longest.
 *
 * @param until end of that leaf, milliseconds since 1970
 * @returns undefined when there is none: then another is to be made
 * @throws Problem when a kept CA is damaged or locked, or was written by a newer version
 */
export async function findAuthority(
  stateFolder: string,
  names: readonly string[],
  now: number,
  until: number,
  { passphrase, prefer }: Pick<Signing, 'passphrase' | 'prefer'> = {},
): Promise<KeptAuthority | undefined> {
  const entry = pick(await readAuthorities(stateFolder), names, now, until, prefer)
  return entry && openAuthority(stateFolder, entry, passphrase)
}

/** One that clients were not told to trust yet signs only where the one before it cannot any more. */
function pick(
  all: readonly AuthorityEntry[],
  names: readonly string[],
  now: number,
  until: number,
  prefer?: string,
): AuthorityEntry | undefined {
  const preferred = prefer === undefined ? undefined : successorOf(prefer, all)
  const rank = { signs: 0, next: 1 }
  return all
    .flatMap(entry => {
      const state = stateOfAuthority(entry, all)
      return state === 'signs' || state === 'next' ? [{ entry, state: rank[state] }] : []
    })
    .filter(({ entry }) => vouchesFor(entry.certificate, names))
    .filter(({ entry: { certificate } }) => certificate.notBefore <= now)
    .filter(({ entry: { certificate } }) => until <= certificate.notAfter)
    .sort(
      (a, b) =>
        a.state - b.state ||
        Number(b.entry.name === preferred) - Number(a.entry.name === preferred) ||
        b.entry.certificate.notAfter - a.entry.certificate.notAfter ||
        (a.entry.name < b.entry.name ? -1 : 1),
    )[0]?.entry
}

/** Whether a CA's constraints permit all of some names; one without constraints vouches for none here. */
function vouchesFor({ nameConstraints }: Certificate, names: readonly string[]): boolean {
  if (!nameConstraints || names.length === 0) return false
  return names.every(text => {
    const name = parseName(text)
    return name !== undefined && permits(nameConstraints, name)
  })
}

/** Trust stores are read by more programs than the target's clients: Ed25519 stays out of them. */
function authorityKeyType(leaf: KeyType): KeyType {
  return leaf === 'ed25519' ? 'ecdsa-p256' : leaf
}
