import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import type { LeafKey } from './profile.ts'

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'p256',
  secp384r1: 'p384',
  secp521r1: 'p521',
}

/** `ecdsa-p256`, `rsa-2048`, `rsa-pss-2048`, `ed25519`, …; `unknown` for what Node cannot read. */
export function keyTypeOf(key: KeyObject | undefined): string {
  if (!key?.asymmetricKeyType) return 'unknown'
  const details = key.asymmetricKeyDetails
  switch (key.asymmetricKeyType) {
    case 'ec': {
      const curve = details?.namedCurve ?? 'unknown'
      return `ecdsa-${curves[curve] ?? curve}`
    }
    case 'rsa':
    case 'rsa-pss':
    case 'dsa':
      return `${key.asymmetricKeyType}-${details?.modulusLength ?? 0}`
    default:
      return key.asymmetricKeyType
  }
}

/** A key type for people: `EC P-256`, `RSA 2048`. */
export function keyTypeText(keyType: string): string {
  const curve = /^ecdsa-p(\d+)$/.exec(keyType)?.[1]
  if (curve) return `EC P-${curve}`
  return keyType
    .replace(/^ecdsa-/, 'EC ')
    .replace(/^rsa-pss-/, 'RSA-PSS ')
    .replace(/^(rsa|dsa)-/, (_, kind: string) => `${kind.toUpperCase()} `)
    .replace(/^ed(\d+)$/, 'Ed$1')
}

/** The kind of key as profiles name it; undefined for one that no profile names. */
export function leafKeyOf(keyType: string): LeafKey | undefined {
  if (keyType.startsWith('rsa-pss-')) return 'rsa-pss'
  if (keyType.startsWith('rsa-')) return 'rsa'
  const known: readonly LeafKey[] = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519']
  return known.find(each => each === keyType)
}

/** Length of an RSA key in bits; undefined for other keys. */
export function rsaBits(keyType: string): number | undefined {
  const bits = /^rsa-(?:pss-)?(\d+)$/.exec(keyType)?.[1]
  return bits === undefined ? undefined : Number(bits)
}

/** The public half of a key as SPKI, DER. */
export function publicKeyDer(key: KeyObject): Buffer {
  const half = key.type === 'private' ? createPublicKey(key) : key
  return spkiOf(half)
}

/**
 * SubjectPublicKeyInfo up to the two coordinates, by curve (RFC 5480, 2). Writing it here takes a tenth
 * of the time of OpenSSL's encoder, which counts when a thousand keys are held against certificates.
 */
const spkiHeads: Readonly<Record<string, string>> = {
  'P-256': '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
  'P-384': '3076301006072a8648ce3d020106052b8104002203620004',
  'P-521': '30819b301006072a8648ce3d020106052b810400230381860004',
}

function spkiOf(half: KeyObject): Buffer {
  const { crv = '', x = '', y = '' } = half.asymmetricKeyType === 'ec' ? jwkOf(half) : {}
  const head = spkiHeads[crv]
  if (!head) return half.export({ type: 'spki', format: 'der' })
  return Buffer.concat([
    Buffer.from(head, 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ])
}

function jwkOf(half: KeyObject) {
  try {
    return half.export({ format: 'jwk' })
  } catch {
    return {} // a curve that JWK has no name for
  }
}

/** SHA-256 over SPKI, lower-case hex: what a key and its certificates have in common. */
export function publicKeySha256(key: KeyObject): string {
  return sha256(publicKeyDer(key))
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
