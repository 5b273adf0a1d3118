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
  let decoded: Buffer[] | undefined
  const machine = () => {
    decoded ??= system.map(derOfPem)
    return decoded
  }
  const opened = new Map<Buffer, X509Certificate | undefined>()
  const open = (bytes: Buffer) => {
    if (!opened.has(bytes)) opened.set(bytes, openDer(bytes))
    return opened.get(bytes) ?? []
  }
  /** Opening all of a machine's roots takes longer than everything else: only those of the name or key. */
  const near = ({ issuerDer, authorityKeyId }: Certificate) => {
    const keyId = authorityKeyId && Buffer.from(authorityKeyId, 'hex')
    const fits = (root: Buffer) => root.includes(issuerDer) || (keyId && root.includes(keyId))
    return machine().filter(fits).flatMap(open)
  }
  const isKnownHere = (certificate: Certificate) =>
    machine().some(root => root.equals(certificate.der))
  const isGiven = ({ fingerprint }: Certificate) =>
    given.some(each => each.fingerprint === fingerprint)
  const known = new Map<string, Certificate[]>()
  /** The same CA stands above many leaves when many are judged at once. */
  const allAbove = (certificate: Certificate) => {
    const before = known.get(certificate.fingerprint)
    if (before) return before
    const itself = isGiven(certificate) || isKnownHere(certificate)
    const found = itself ? [certificate] : signersOf(certificate)
    known.set(certificate.fingerprint, found)
    return found
  }
  const signersOf = (certificate: Certificate) => [
    ...given.filter(({ x509 }) => signed(x509, certificate)),
    ...near(certificate)
      .filter(x509 => signed(x509, certificate))
      .flatMap(x509 => asCertificate(x509) ?? []),
  ]
  return {
    above(certificate) {
      const all = allAbove(certificate)
      return all.find(each => each.notBefore <= now && now <= each.notAfter) ?? all[0]
    },
    allAbove,
    isKnownHere,
    isGiven,
  }
}

/** Whether one of some PEM certificates is this one. */
export function isAmong(certificate: Certificate, pems: readonly string[]): boolean {
  return pems.some(pem => derOfPem(pem).equals(certificate.der))
}

function derOfPem(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]*-----/g, ''), 'base64')
}

function openDer(bytes: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes)
  } catch {
    return undefined
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

function asCertificate(x509: X509Certificate): Certificate | undefined {
  const reading = readCertificate(x509.raw)
  return reading.ok ? reading.certificate : undefined
}
