import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto'
import * as der from './der.ts'
import { type CurveName, curves, publicKeyOn, sha256 } from './key-type.ts'
import { oids } from './oids.ts'

/** A key of an elliptic curve, of which both halves were read and belong together. */
export interface EcKey {
  publicKeySha256: string
  open(): KeyObject
}

/**
 * Reads an open PKCS#8 key of a named curve: in a tenth of the time that OpenSSL takes to open it, which
 * counts when a thousand keys are held against certificates.
 *
 * @returns undefined where it is no such key, or comes without its point; `torn` where the secret is not
 *   the point's, which OpenSSL does not look at: no handshake would succeed
 */
export function readEcKey(pkcs8: Buffer): EcKey | 'torn' | undefined {
  try {
    const [, algorithm, wrapped] = der.parts(der.parse(pkcs8))
    const [type, curve] = der.parts(algorithm)
    if (der.readOid(type) !== oids.ecPublicKey || !curve) return undefined
    const name = curves[der.readOid(curve)]
    const [version, secret, ...rest] = der.parts(der.parse(der.readOctets(wrapped)))
    const given = der.findContext(rest, 1)
    if (!name || !version || !secret || !given || der.findContext(rest, 0)) return undefined
    const [unused, ...bytes] = der.content(der.parts(given, 0xa1)[0], 0x03)
    const point = Buffer.from(bytes)
    if (unused !== 0 || point[0] !== 0x04) return undefined
    if (!isPointOf(name, der.readOctets(secret), point)) return 'torn'
    return {
      publicKeySha256: sha256(publicKeyOn(name, point)),
      open: () =>
        createPrivateKey({
          ...{ format: 'der', type: 'sec1' },
          key: der.sequence(
            ...[der.encode(version), der.encode(secret)],
            ...[der.context(0, der.encode(curve)), der.encode(given)],
          ),
        }),
    }
  } catch {
    return undefined
  }
}

/** Whether a point is the public half of a secret. */
export function isPointOf(curve: CurveName, secret: Buffer, point: Buffer): boolean {
  try {
    const pair = createECDH(curve)
    pair.setPrivateKey(secret)
    return pair.getPublicKey().equals(point)
  } catch {
    return false // nought, or not below the order of the curve
  }
}
