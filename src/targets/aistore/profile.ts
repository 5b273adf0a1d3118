import type { Answers } from '../../answers/answers.ts'
import type { CertificateProfile } from '../../certificates/profile.ts'
import { parseAddress } from '../../net/address.ts'
import { aistoreAnswers, hostPort } from './answers.ts'
import { levelOf, levelRules } from './client-auth.ts'
import { listenersOf } from './cluster.ts'
import type { AistorePresent } from './present.ts'

/**
 * Go's crypto/tls: a PEM chain with the leaf first and an unencrypted key. The nodes are clients of
 * each other with this same pair and verify names, so it must cover the host of each listener as it
 * stands in the cluster map; of a new cluster, as the answers say that it will. From level 3 on they verify each other as clients, too; a leaf that is
 * made here is good for that from the start.
 */
export function profile(answers: Answers, present?: AistorePresent): CertificateProfile {
  const { domain, certificate } = answers
  const { deployment, gateway, hosts: asked = [] } = aistoreAnswers(answers)
  const ahead =
    deployment === 'new' ? [parseAddress(hostPort(gateway))?.host ?? [], ...asked].flat() : []
  const listeners = (present?.cluster.nodes ?? []).flatMap(listenersOf)
  const hosts = listeners.flatMap(({ address }) => parseAddress(address)?.host ?? [])
  const both =
    certificate?.source === 'self-signed' || levelRules(levelOf(answers, present)).verifies
  return {
    target: 'AIStore',
    names: [...new Set([domain, ...ahead, ...hosts])],
    root: 'left-out',
    extendedKeyUsage: both ? ['serverAuth', 'clientAuth'] : ['serverAuth'],
    encryptedKey: 'refused',
    keys: ['rsa', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519'],
    staples: false,
    clients: ['openssl', 'go'],
  }
}
