import type { Text } from '../plan/plan.ts'
import type { ClientSetup } from './target.ts'

/** The roots that clients are given: beside the generations, so that its path outlives a rotation. */
export const trustedRoots: Text = { kept: '../../trust/roots.pem' }

/**
 * What clients of an endpoint with a private root must change, whatever the target. Variables that
 * replace the roots of a system need a bundle: `cert trust` writes it.
 *
 * @param endpoint its name in the record
 */
export function trustSetup(endpoint: string, url: Text): ClientSetup<Text>[] {
  return [
    {
      who: 'curl',
      text: 'Is given the root that signed the leaf.',
      command: { join: ['curl --cacert ', trustedRoots, ' ', url] },
    },
    {
      who: 'Node',
      text: 'Takes the root from a variable, beside the roots that it brings.',
      command: { join: ['export NODE_EXTRA_CA_CERTS=', trustedRoots] },
    },
    {
      who: 'all others',
      text: 'Python, Go, Java, Kubernetes and systems have a way each.',
      command: `secure-endpoint cert trust ${endpoint}`,
    },
  ]
}
