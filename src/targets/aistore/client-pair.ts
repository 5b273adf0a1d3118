import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { pemCertificates } from '../../net/roots.ts'

/** Object identifiers of the uses of a key (RFC 5280, 4.2.1.12). */
const clientAuthUse = '1.3.6.1.5.5.7.3.2'
const anyUse = '2.5.29.37.0'

/** A client's pair as it lies in its files, PEM. */
export interface ClientPair {
  chain: string
  key: string
}

/**
 * Why a cluster would refuse a client with this pair; undefined where it would not.
 *
 * @param roots PEM certificates that the cluster verifies clients by; without them it verifies none
 * @param now milliseconds since 1970
 */
export function clientWrong(
  { chain, key }: ClientPair,
  { roots, now }: { roots?: readonly string[]; now: number },
): string | undefined {
  const [leaf, ...others] = certificatesIn(pemCertificates(chain))
  if (!leaf) return 'the file holds no certificate'
  const own = keyIn(key)
  if (!own) return 'its key cannot be read: PEM without a passphrase is needed'
  if (!leaf.checkPrivateKey(own)) return 'the key is that of another certificate'
  if (now < Date.parse(leaf.validFrom)) return 'it is not valid yet'
  if (now > Date.parse(leaf.validTo)) return 'it has expired'
  const uses = leaf.keyUsage as string[] | undefined
  if (uses && !uses.includes(clientAuthUse) && !uses.includes(anyUse))
    return 'its extended key usage does not name clientAuth'
  if (roots && !leadsTo(leaf, others, certificatesIn(roots)))
    return 'no root that the nodes trust has signed it'
  return undefined
}

/** Whether two thirds of a certificate's life are over. */
export function isOld(chain: string, now: number): boolean {
  const [leaf] = certificatesIn(pemCertificates(chain))
  if (!leaf) return true
  const from = Date.parse(leaf.validFrom)
  return now - from > ((Date.parse(leaf.validTo) - from) * 2) / 3
}

function leadsTo(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): boolean {
  let at = leaf
  for (let left = [...others]; ; ) {
    const end = roots.find(root => root.fingerprint256 === at.fingerprint256 || signed(root, at))
    if (end) return true
    const next = left.find(each => signed(each, at))
    if (!next) return false
    left = left.filter(each => each !== next)
    at = next
  }
}

function signed(by: X509Certificate, one: X509Certificate): boolean {
  return one.checkIssued(by) && one.verify(by.publicKey)
}

function certificatesIn(pems: readonly string[]): X509Certificate[] {
  return pems.flatMap(pem => {
    try {
      return [new X509Certificate(pem)]
    } catch {
      return []
    }
  })
}

function keyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
