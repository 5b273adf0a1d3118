import type { Answers } from '../../answers/answers.ts'
import type { CertificateProfile } from '../../certificates/profile.ts'
import { operatorAnswers } from './answers.ts'

/**
 * Go's crypto/tls. Pods are clients of each other by `POD.NAME-proxy.NAMESPACE.svc.cluster.local` and
 * the like, and by Services of the namespace; `localhost` and 127.0.0.1 are for port-forwards.
 */
export function profile(answers: Answers): CertificateProfile {
  const { namespace, resource } = operatorAnswers(answers)
  const inside = `${namespace}.svc.cluster.local`
  const pods = [`*.${inside}`, `*.${resource}-proxy.${inside}`, `*.${resource}-target.${inside}`]
  const names = [
    ...[answers.domain, ...(namespace === undefined ? [] : pods)],
    ...['localhost', '127.0.0.1'],
  ]
  const both = answers.certificate?.source === 'self-signed'
  return {
    target: 'AIStore',
    names: [...new Set(names)],
    root: 'left-out',
    extendedKeyUsage: both ? ['serverAuth', 'clientAuth'] : ['serverAuth'],
    encryptedKey: 'refused',
    keys: ['rsa', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519'],
    staples: false,
    clients: ['openssl', 'go'],
  }
}
