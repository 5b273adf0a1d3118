import { issueAuthority, issueLeaf, type Pair } from '../certificates/issue.ts'
import { keyPem } from '../certificates/private-key.ts'
import type { CertificateProfile, KeyType } from '../certificates/profile.ts'
import type { World } from '../world.ts'

/** PEM texts that a stage serves with. */
export interface PairText {
  chain: string
  key: string
}

/**
 * A thrown-away pair that is not the wanted one: for `--stage-fault leaf`.
 */
export async function strangePair(
  profile: CertificateProfile,
  world: Pick<World, 'clock' | 'random'>,
): Promise<PairText> {
  const now = world.clock.now()
  const leaf = await issueLeaf({
    names: profile.names,
    keyType: 'ecdsa-p256',
    days: 1,
    extendedKeyUsage: profile.extendedKeyUsage,
    now,
    random: world.random,
  })
  return { chain: leaf.certificate.pem, key: keyPem(leaf.key) }
}

/** A leaf, its CA, and a root above that nobody sends the CA of: for `--stage-fault chain`. */
export interface BrokenChain {
  leaf: Pair
  /** What clients trust; the certificate between is missing. */
  root: Pair
}

/** Makes a pair whose chain lacks its intermediate. */
export async function brokenChain(
  profile: CertificateProfile,
  keyType: KeyType,
  world: Pick<World, 'clock' | 'random'>,
): Promise<BrokenChain> {
  const surroundings = { now: world.clock.now(), random: world.random }
  const request = { names: profile.names, keyType, days: 1, ...surroundings }
  const root = await issueAuthority(request)
  const missing = await issueAuthority(request)
  const leaf = await issueLeaf({
    ...request,
    extendedKeyUsage: profile.extendedKeyUsage,
    authority: missing,
  })
  return { leaf, root }
}
