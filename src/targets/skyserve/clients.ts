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
  return [where, ...(privateRoot ? trustSetup(answers.endpoint, url) : []), probes(answers, url)]
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
