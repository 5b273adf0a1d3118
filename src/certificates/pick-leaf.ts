import type { Certificate } from './certificate.ts'
import { uncovered } from './coverage.ts'
import { hasDnsForm } from './name-spaces.ts'
import type { FoundCertificate, FoundKey } from './upload.ts'

export interface Picked {
  leaf?: FoundCertificate
  /** The key that belongs to the leaf. */
  key?: FoundKey
}

/**
 * Finds the leaf by what the certificates are, not by where they stand: the one that is for the
 * wanted names and has its key here; else one for the names, then one with its key (so that a wrong
 * key is said to be wrong, not the names); else one that signed none of the others; at last a CA that
 * is named like a server, as `openssl req -x509` makes it.
 */
export function pickLeaf(
  certificates: readonly FoundCertificate[],
  keys: readonly FoundKey[],
  names: readonly string[],
  now: number,
): Picked {
  const rated = certificates.map(found => ({
    found,
    key: keys.find(key => fits(found.certificate, key)),
    ...rate(found.certificate, names, now),
  }))
  const signers = new Set(certificates.map(({ certificate }) => certificate.issuer))
  const best = (test: (each: Rated) => boolean) => rated.filter(test).sort(compare)[0]
  const isCa = ({ found }: Rated) => found.certificate.isCa
  const hasKey = ({ key }: Rated) => key !== undefined
  const picked =
    best(each => each.covers && hasKey(each)) ??
    best(each => each.covers && !isCa(each)) ??
    best(each => hasKey(each) && !isCa(each)) ??
    best(each => !isCa(each) && !signers.has(each.found.certificate.subject)) ??
    best(each => !isCa(each) || hasKey(each) || each.covers) ??
    best(({ found }) => isNamedAsServer(found.certificate))
  if (!picked) return {}
  return { leaf: picked.found, ...(picked.key ? { key: picked.key } : {}) }
}

/** Whether a key and a certificate are two halves of one. */
export function fits(certificate: Certificate, key: FoundKey): boolean {
  if (certificate.publicKeySha256 === key.publicKeySha256) return true
  if (certificate.hasPlainKey) return false
  try {
    return certificate.x509.checkPrivateKey(key.open()) // the same point can be written in two ways
  } catch {
    return false
  }
}

function isNamedAsServer({ dnsNames, ipAddresses, commonName = '' }: Certificate): boolean {
  const host = commonName.replace(/^\*\./, '')
  return dnsNames.length + ipAddresses.length > 0 || (host.includes('.') && hasDnsForm(host))
}

interface Rated {
  found: FoundCertificate
  key: FoundKey | undefined
  covers: boolean
  current: boolean
}

function rate(certificate: Certificate, names: readonly string[], now: number) {
  const { notBefore, notAfter } = certificate
  return {
    // where no names are wanted, a CA is not taken for a leaf just because it lacks none of them
    covers: uncovered(certificate, names).length === 0 && (names.length > 0 || !certificate.isCa),
    current: notBefore <= now && now <= notAfter,
  }
}

/** Best first: valid now, no CA, the longest life; the fingerprint makes it the same every time. */
function compare(a: Rated, b: Rated): number {
  const one = a.found.certificate
  const other = b.found.certificate
  return (
    Number(b.current) - Number(a.current) ||
    Number(one.isCa) - Number(other.isCa) ||
    other.notAfter - one.notAfter ||
    (one.fingerprint < other.fingerprint ? -1 : 1)
  )
}
