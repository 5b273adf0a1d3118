import type { Answers } from '../../answers/answers.ts'
import type { CertificateProfile } from '../../certificates/profile.ts'
import { felderaAnswers } from './answers.ts'

/**
 * rustls in every component. They call each other by `*.NAMESPACE.svc.cluster.local` and trust the
 * last certificate of the chain alone, so the root ends it; a leaf with CA:TRUE is refused by
 * pipelines (CaUsedAsEndEntity). `localhost` and 127.0.0.1 are for port-forwards.
 */
export function profile(answers: Answers): CertificateProfile {
  const { namespace } = felderaAnswers(answers)
  const inside = namespace === undefined ? [] : [`*.${namespace}.svc.cluster.local`]
  const names = [answers.domain, ...inside, 'localhost', '127.0.0.1']
  return {
    target: 'Feldera',
    names: [...new Set(names)],
    root: 'needed',
    extendedKeyUsage: ['serverAuth'],
    encryptedKey: 'refused',
    keys: ['rsa', 'ecdsa-p256', 'ecdsa-p384', 'ed25519'],
    staples: false,
  }
}
