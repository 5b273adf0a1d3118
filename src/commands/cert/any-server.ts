import type { CertificateProfile } from '../../certificates/profile.ts'

/** What any TLS server needs, where no target is named. */
export const anyServer: CertificateProfile = {
  target: 'any server',
  names: [],
  root: 'left-out',
  extendedKeyUsage: ['serverAuth'],
  encryptedKey: 'refused',
  keys: ['rsa', 'rsa-pss', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519'],
  staples: 'unknown',
}
