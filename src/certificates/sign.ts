import { type KeyObject, sign } from 'node:crypto'
import * as der from './der.ts'
import { publicKeyDer } from './key-type.ts'

/** What a certificate says, before it is signed. Times in milliseconds since 1970. */
export interface CertificateContent {
  /** Big-endian, positive. */
  serial: Buffer
  issuer: der.Der
  subject: der.Der
  notBefore: number
  notAfter: number
  /** Public, or private: then its public half. */
  publicKey: KeyObject
  /** Finished extensions; without any a version 1 certificate is made. */
  extensions: readonly der.Der[]
}

/** A signature algorithm as a certificate names it, and the hash that node:crypto signs with. */
export interface SignatureAlgorithm {
  identifier: der.Der
  /** Undefined where the algorithm has its hash built in. */
  hash?: string
}

/** The algorithm that fits a signing key: SHA-384 on P-384, SHA-256 elsewhere. */
function algorithmFor(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === 'rsa') {
    return {
      identifier: der.sequence(der.oid('1.2.840.113549.1.1.11'), der.nothing()),
      hash: 'sha256',
    }
  }
  if (key.asymmetricKeyType === 'ed25519') {
    return { identifier: der.sequence(der.oid('1.3.101.112')) }
  }
  const large = key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
  return {
    identifier: der.sequence(der.oid(`1.2.840.10045.4.3.${large ? 3 : 2}`)),
    hash: large ? 'sha384' : 'sha256',
  }
}

/** Signs a certificate and gives its DER. */
export function signCertificate(
  content: CertificateContent,
  key: KeyObject,
  algorithm: SignatureAlgorithm = algorithmFor(key),
): der.Der {
  return signed(toBeSigned(content, algorithm.identifier), key, algorithm)
}

/** Something with its signature beside it, as certificates and requests are written. */
export function signed(
  content: der.Der,
  key: KeyObject,
  algorithm: SignatureAlgorithm = algorithmFor(key),
): der.Der {
  const signature = sign(algorithm.hash ?? null, content, key)
  return der.sequence(content, algorithm.identifier, der.bitString(signature))
}

function toBeSigned(content: CertificateContent, algorithm: der.Der): der.Der {
  const { extensions } = content
  return der.sequence(
    ...(extensions.length > 0 ? [der.context(0, der.integer(2))] : []),
    der.integer(content.serial),
    algorithm,
    content.issuer,
    der.sequence(der.time(content.notBefore), der.time(content.notAfter)),
    content.subject,
    publicKeyDer(content.publicKey),
    ...(extensions.length > 0 ? [der.context(3, der.sequence(...extensions))] : []),
  )
}
