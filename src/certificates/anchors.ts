import { X509Certificate } from 'node:crypto'
import { type Certificate, isSignedBy, readCertificate } from './certificate.ts'

/** The certificates at which trust begins: those that were given, and this machine's. */
export interface Anchors {
  /** One that signed a certificate, or is the certificate itself; current ones first. */
  above(certificate: Certificate): Certificate | undefined
  /** Every one that signed a certificate, or is it; in no order of worth. */
  allAbove(certificate: Certificate): Certificate[]
  /** Whether this machine trusts it. */
  isKnownHere(certificate: Certificate): boolean
  /** Whether it is among those that were given. */
  isGiven(certificate: Certificate): boolean
}

/**
 * @param given roots that were named for this endpoint
 * @param system PEM blocks; they are read only when something is looked up
 */
export function createAnchors(
  given: readonly Certificate[],
  system: readonly string[],
  now: number,
): Anchors {
  let opened: X509Certificate[] | undefined
  const machine = () => {
    opened ??= system.flatMap(openPem)
    return opened
  }
  const known = (x509: X509Certificate) => ({ fingerprint: x509.fingerprint256, x509 })
  const isOne = ({ fingerprint }: Certificate) =>
    given.some(each => each.fingerprint === fingerprint) ||
    machine().some(({ fingerprint256 }) => fingerprint256 === fingerprint)
  const signersOf = (certificate: Certificate) =>
    [...given, ...machine().map(known)].filter(({ x509 }) => signed(x509, certificate))
  return {
    above(certificate) {
      if (isOne(certificate)) return certificate
      const signers = signersOf(certificate)
      const current = signers.find(({ x509 }) => isCurrent(x509, now)) ?? signers[0]
      return current && asCertificate(current.x509)
    },
    allAbove(certificate) {
      if (isOne(certificate)) return [certificate]
      return signersOf(certificate).flatMap(({ x509 }) => asCertificate(x509) ?? [])
    },
    isKnownHere: ({ fingerprint }) =>
      machine().some(({ fingerprint256 }) => fingerprint256 === fingerprint),
    isGiven: ({ fingerprint }) => given.some(each => each.fingerprint === fingerprint),
  }
}

/** Whether one of some PEM certificates is this one. */
export function isAmong(certificate: Certificate, pems: readonly string[]): boolean {
  return pems
    .flatMap(openPem)
    .some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint)
}

function openPem(pem: string): X509Certificate[] {
  try {
    return [new X509Certificate(pem)]
  } catch {
    return []
  }
}

function signed(anchor: X509Certificate, { x509 }: Certificate): boolean {
  return x509.checkIssued(anchor) && isSignedBy(x509, publicKeyOf(anchor))
}

function publicKeyOf(x509: X509Certificate) {
  try {
    return x509.publicKey
  } catch {
    return undefined
  }
}

function isCurrent(x509: X509Certificate, now: number): boolean {
  return Date.parse(x509.validFrom) <= now && now <= Date.parse(x509.validTo)
}

function asCertificate(x509: X509Certificate): Certificate | undefined {
  const reading = readCertificate(x509.raw)
  return reading.ok ? reading.certificate : undefined
}
