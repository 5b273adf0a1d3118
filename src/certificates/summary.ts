import type { LeafSummary } from '../record/generation.ts'
import type { Certificate } from './certificate.ts'
import { day, lifeLeft } from './dates.ts'

/** What a certificate is called in a sentence: its first name, for a CA its common name. */
export function labelOf(certificate: Certificate): string {
  const { isCa, commonName, dnsNames, ipAddresses, subject, serial } = certificate
  const name = dnsNames[0] ?? ipAddresses[0]
  const label = isCa ? commonName || subject || name : name || commonName || subject
  return label || `serial ${serial}`
}

export function issuerLabelOf({ issuerCommonName, issuer }: Certificate): string {
  return issuerCommonName || issuer || 'an issuer without a name'
}

/** The first four bytes, as people compare them: `A9:54:4B:6B`. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 11)
}

/** The first four bytes of a public key's SHA-256: `6C:0B:19:E4`. */
export function shortKey(publicKeySha256: string): string {
  return (publicKeySha256.slice(0, 8).toUpperCase().match(/../g) ?? []).join(':')
}

/** What a record keeps of a leaf. */
export function leafSummary(leaf: Certificate): LeafSummary {
  return {
    fingerprint: leaf.fingerprint,
    subject: leaf.subject,
    issuer: leaf.issuer,
    names: [...leaf.dnsNames, ...leaf.ipAddresses],
    keyType: leaf.keyType,
    notBefore: new Date(leaf.notBefore).toISOString(),
    notAfter: new Date(leaf.notAfter).toISOString(),
  }
}

/** One line of a drawn chain, from the leaf up. */
export interface ChainLine {
  role: 'leaf' | 'intermediate' | 'root'
  /** How far it is from the leaf: the depth of its branch. */
  depth: number
  label: string
  /** `87 of 90 days left, 2027-02-16`, `until 2029-06-30`. */
  text: string
  /** Whether the server sends it. */
  sent: boolean
}

/**
 * The chain as a client walks it.
 *
 * @param chain what is sent, leaf first
 * @param root the root that it leads to, where that is known
 */
export function chainLines(
  chain: readonly Certificate[],
  root: Certificate | undefined,
  now: number,
): ChainLine[] {
  const sent = new Set(chain.map(({ fingerprint }) => fingerprint))
  const all = root && !sent.has(root.fingerprint) ? [...chain, root] : chain
  return all.map((each, depth) => ({
    role: depth === 0 ? 'leaf' : each.selfSigned ? 'root' : 'intermediate',
    depth,
    label: labelOf(each),
    text:
      depth === 0
        ? `${lifeLeft(each.notBefore, each.notAfter, now)}, ${day(each.notAfter)}`
        : `until ${day(each.notAfter)}`,
    sent: sent.has(each.fingerprint),
  }))
}
