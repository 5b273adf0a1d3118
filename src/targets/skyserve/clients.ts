import type { Answers } from '../../answers/answers.ts'
import { urlHost } from '../../net/address.ts'
import type { Text } from '../../plan/plan.ts'
import type { ClientSetup } from '../target.ts'

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
  return [where, ...(privateRoot ? trust(url) : []), probes(answers, url), replicas]
}

/** SkyServe has no TLS on that way (skypilot-org/skypilot#7344). */
const replicas: ClientSetup<Text> = {
  who: 'replicas',
  text: 'Are asked over plain HTTP: TLS ends at the load balancer, so their network must be private.',
}

function trust(url: Text): ClientSetup<Text>[] {
  const roots: Text = { kept: 'roots.pem' }
  return [
    {
      who: 'curl',
      text: 'Is given the root that signed the leaf.',
      command: { join: ['curl --cacert ', roots, ' ', url] },
    },
    {
      who: 'Python (requests, httpx, OpenAI client)',
      text: 'Trusts the root through a variable.',
      command: { join: ['export SSL_CERT_FILE=', roots, ' REQUESTS_CA_BUNDLE=', roots] },
    },
    {
      who: 'Node',
      text: 'Trusts the root through a variable.',
      command: { join: ['export NODE_EXTRA_CA_CERTS=', roots] },
    },
  ]
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
