import { type KeyObject, X509Certificate } from 'node:crypto'
import type { Asn1 } from 'node-forge/lib/asn1.js'
import * as der from './der.ts'
import { readName } from './distinguished-name.ts'
import { type Extensions, readExtensions } from './extensions.ts'
import { curves, isPlainKey, keyTypeOf, sha256, shortCurves } from './key-type.ts'
import { hashes, oids, signatureHashes } from './oids.ts'

/** A certificate that was read. All text in it is one safe line. */
export interface Certificate extends Extensions {
  x509: X509Certificate
  der: Buffer
  /** One block, 64 columns, with a newline at its end. */
  pem: string
  /** SHA-256 over the DER, upper-case hex in pairs joined by colons. */
  fingerprint: string
  /** Undefined for an algorithm that Node does not know. */
  publicKey?: KeyObject
  /** Over SPKI, lower-case hex. */
  publicKeySha256: string
  /** Whether no other SPKI stands for the same key: a point on a named curve, written out whole. */
  hasPlainKey: boolean
  /** 1 to 3. */
  version: number
  subject: string
  issuer: string
  commonName?: string
  issuerCommonName?: string
  /** Names are compared by these bytes. */
  subjectDer: Buffer
  issuerDer: Buffer
  /** Upper-case hex. */
  serial: string
  /** Milliseconds since 1970. */
  notBefore: number
  notAfter: number
  /** `ecdsa-p256`, `rsa-2048`, `ed25519`, …; `unknown`. */
  keyType: string
  /** `sha256`, …; `none` where the algorithm has it built in, `unknown` for others. */
  signatureHash: string
  /** Issuer and subject are the same. */
  selfIssued: boolean
  /** Its own key signed it. */
  selfSigned: boolean
}

export type CertificateReading =
  | { ok: true; certificate: Certificate }
  /** `reason` goes on after "it": safe text without a full stop. */
  | { ok: false; reason: string }

/** Reads one certificate from DER. Never throws for bad bytes. */
export function readCertificate(bytes: Buffer): CertificateReading {
  const x509 = openX509(bytes)
  if (!x509) return { ok: false, reason: 'its structure is damaged' }
  try {
    return { ok: true, certificate: certificateOf(x509) }
  } catch (error) {
    if (error instanceof der.DerError) return { ok: false, reason: error.message }
    throw error
  }
}

/** The same for DER that was written or checked before. */
export function trustedCertificate(bytes: Buffer): Certificate {
  const reading = readCertificate(bytes)
  if (!reading.ok) throw new TypeError(`a certificate that must be right: ${reading.reason}`)
  return reading.certificate
}

/** Whether a certificate's signature was made with the key of another, or of itself. */
export function isSignedBy(x509: X509Certificate, key: KeyObject | undefined): boolean {
  try {
    return key !== undefined && x509.verify(key)
  } catch {
    return false // a key of a kind that the signature cannot be of
  }
}

function openX509(bytes: Buffer): X509Certificate | undefined {
  if (bytes[0] !== 0x30) return undefined // Node would read PEM here, too
  try {
    return new X509Certificate(bytes)
  } catch {
    return undefined
  }
}

function certificateOf(x509: X509Certificate): Certificate {
  // as OpenSSL holds it: without bytes that may stand after its end
  const raw = x509.raw
  const [tbs, algorithm] = der.parts(der.parse(raw))
  const fields = der.parts(tbs)
  const version = der.findContext(fields.slice(0, 1), 0)
  const [, , issuerNode, , subjectNode, spki] = version ? fields.slice(1) : fields
  if (!spki) throw new der.DerError('a part of it is missing')
  const subject = readName(subjectNode)
  const issuer = readName(issuerNode)
  const extensions = der.findContext(fields, 3)
  const publicKey = publicKeyOf(x509)
  const selfIssued = subject.der.equals(issuer.der)
  return {
    ...readExtensions(extensions && der.parts(extensions, 0xa3)[0]),
    x509,
    der: raw,
    // few of many certificates are ever written
    get pem() {
      return x509.toString()
    },
    fingerprint: colons(sha256(raw)),
    ...(publicKey ? { publicKey } : {}),
    publicKeySha256: sha256(der.encode(spki)),
    hasPlainKey: isPlainKey(der.encode(spki)),
    version: version ? der.readNumber(der.parts(version, 0xa0)[0]) + 1 : 1,
    subject: subject.text,
    issuer: issuer.text,
    ...(subject.commonName ? { commonName: subject.commonName } : {}),
    ...(issuer.commonName ? { issuerCommonName: issuer.commonName } : {}),
    subjectDer: subject.der,
    issuerDer: issuer.der,
    serial: x509.serialNumber,
    notBefore: dateOf(x509.validFrom),
    notAfter: dateOf(x509.validTo),
    keyType: (publicKey && curveTypeOf(spki)) ?? keyTypeOf(publicKey),
    signatureHash: signatureHashOf(algorithm),
    selfIssued,
    selfSigned: selfIssued && isSignedBy(x509, publicKey),
  }
}

/** In a quarter of the time that Node takes for `fingerprint256`. */
function colons(hex: string): string {
  return hex.toUpperCase().replace(/..(?!$)/g, '$&:')
}

/** The type of a key on a named curve by its identifier: Node's details take longer than all the rest. */
function curveTypeOf(spki: Asn1): string | undefined {
  const [type, curve] = der.parts(der.parts(spki)[0])
  if (der.readOid(type) !== oids.ecPublicKey || !curve || der.tagOf(curve) !== 0x06)
    return undefined
  const name = curves[der.readOid(curve)]
  return name && `ecdsa-${shortCurves[name]}`
}

function publicKeyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey
  } catch {
    return undefined
  }
}

/** Node 20 has the dates as OpenSSL's text only: `Feb 16 09:00:00 2027 GMT`. */
function dateOf(text: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new der.DerError('a date in it cannot be read')
  return ms
}

function signatureHashOf(algorithm: Asn1 | undefined): string {
  const [type, parameters] = der.parts(algorithm)
  const id = der.readOid(type)
  if (id !== oids.rsaPss) return signatureHashes[id] ?? 'unknown'
  const hash = der.isSequence(parameters) ? der.findContext(der.parts(parameters), 0) : undefined
  if (!hash) return 'sha1' // the default of RSASSA-PSS-params, RFC 8017 A.2.3
  const [inner] = der.parts(der.parts(hash, 0xa0)[0])
  return hashes[der.readOid(inner)] ?? 'unknown'
}
