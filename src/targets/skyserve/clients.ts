import type { Answers } from '../../answers/answers.ts'
import { urlHost } from '../../net/address.ts'
import type { Text } from '../../plan/plan.ts'
import type { ClientSetup } from '../target.ts'
import { trustSetup } from '../trust-setup.ts'

/** What clients of a SkyServe endpoint must change after a run. */
export function clientSetup(
  answers: Answers,
  url: Text,
  { https, privateRoot }: { https: boolean; privateRoot: boolean },
): ClientSetup<Text>[] {
  const where: ClientSetup<Text> = {
    who: 'every client',
    text: { join: ['Uses ', url, '; the load balancer redirects nothing.'] },
  }
  if (!https) return [where]
  const trust = privateRoot ? trustSetup(answers.endpoint, url) : []
  return [where, ...trust, probes(answers, url), replicas]
}

/** SkyServe has no TLS on that way (skypilot-org/skypilot#7344). */
const replicas: ClientSetup<Text> = {
  who: 'replicas',
  text: 'Are asked over plain HTTP: TLS ends at the load balancer, so their network must be private.',
}

/** HEAD and OPTIONS are answered with 405 by SkyServe's load balancer, with and without TLS. */
function probes({ proof, domain }: Answers, url: Text): ClientSetup<Text> {
  return {
    who: 'health checks',
    text: {
      join: [
        `Ask GET ${proof.path} over HTTPS with the name ${urlHost(domain)} at `,
        url,
        ': HEAD is answered with 405.',
      ],
    },
  }
}
