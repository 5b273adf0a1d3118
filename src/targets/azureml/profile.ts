import type { Answers } from '../../answers/answers.ts'
import type { CertificateProfile } from '../../certificates/profile.ts'

/**
 * azureml-fe is Envoy with TLS 1.2: a PEM chain with the leaf first, an unencrypted key, nothing but
 * ASCII. Microsoft's own check of a key is `openssl rsa`; Envoy takes ECDSA on P-256 as well.
 */
export function profile({ domain }: Answers): CertificateProfile {
  return {
    target: 'Azure ML',
    names: [domain],
    root: 'left-out',
    extendedKeyUsage: ['serverAuth'],
    encryptedKey: 'refused',
    keys: ['rsa', 'ecdsa-p256'],
    staples: false,
  }
}
