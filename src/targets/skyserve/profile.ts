import type { Answers } from '../../answers/answers.ts'
import type { CertificateProfile } from '../../certificates/profile.ts'

/**
 * Python's ssl under uvicorn: a PEM chain with the leaf first, an unencrypted key, no stapling
 * (facts: load_balancer.py). Anything that OpenSSL serves is served.
 */
export function profile({ domain }: Answers): CertificateProfile {
  return {
    target: 'SkyServe',
    names: [domain],
    root: 'left-out',
    extendedKeyUsage: ['serverAuth'],
    encryptedKey: 'refused',
    keys: ['rsa', 'rsa-pss', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519'],
    staples: false,
  }
}
