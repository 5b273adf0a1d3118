import * as der from './der.ts'
import { oids } from './oids.ts'

/**
 * A key of an elliptic curve in the form of SEC1, which OpenSSL opens in half the time of PKCS#8.
 *
 * @param pkcs8 an open key, DER
 * @returns undefined where it is no key of a named curve with its point
 */
export function asSec1(pkcs8: Buffer): Buffer | undefined {
  try {
    const [, algorithm, wrapped] = der.parts(der.parse(pkcs8))
    const [type, curve] = der.parts(algorithm)
    if (der.readOid(type) !== oids.ecPublicKey || !curve || der.readOid(curve) === '')
      return undefined
    const [version, secret, ...rest] = der.parts(der.parse(der.readOctets(wrapped)))
    const point = der.findContext(rest, 1)
    if (!version || !secret || !point || der.findContext(rest, 0)) return undefined
    return der.sequence(
      der.encode(version),
      der.encode(secret),
      der.context(0, der.encode(curve)),
      der.encode(point),
    )
  } catch {
    return undefined
  }
}
