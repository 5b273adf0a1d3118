import type { Answers } from '../../answers/answers.ts'
import type { Text } from '../../plan/plan.ts'
import type { ClientSetup } from '../target.ts'
import { trustedRoots, trustSetup } from '../trust-setup.ts'
import { azuremlAnswers } from './answers.ts'

/** What clients of an Azure ML endpoint must change after a run. */
export function clientSetup(
  answers: Answers,
  url: Text,
  { https, privateRoot }: { https: boolean; privateRoot: boolean },
): ClientSetup<Text>[] {
  const { domain } = answers
  const where: ClientSetup<Text> = {
    who: 'every client',
    text: https
      ? {
          join: [
            'Uses ',
            url,
            'api/v1/service/ENDPOINT/score with TLS 1.2 (1.3 is not spoken); HTTP on port 80 is closed.',
          ],
        }
      : { join: ['Uses ', url, 'api/v1/service/ENDPOINT/score; nothing redirects it there.'] },
  }
  return [
    where,
    ...scoringUri(answers),
    ...(https && privateRoot ? [...trustSetup(answers.endpoint, url), azure] : []),
    {
      who: 'health probes and gateways',
      text: https
        ? {
            join: [
              `Front Door, Application Gateway and monitors ask HTTPS with the name ${domain} at `,
              { capture: 'serve.address.address' },
              '; a probe that still asks HTTP takes the endpoint out.',
            ],
          }
        : { join: ['Ask HTTP at ', { capture: 'serve.address.address' }, ' again.'] },
    },
  ]
}

function scoringUri(answers: Answers): ClientSetup<Text>[] {
  const { workspace, onlineEndpoint, resourceGroup } = azuremlAnswers(answers)
  if (workspace === undefined || onlineEndpoint === undefined) return []
  return [
    {
      who: 'clients that keep the scoring URI',
      text: 'Read it again: its scheme and host have changed.',
      command: `az ml online-endpoint show -n ${onlineEndpoint} -g ${resourceGroup} -w ${workspace} --query scoring_uri -o tsv`,
    },
  ]
}

/** Variables that replace the roots of a system would cut az off from Azure itself: they need a bundle. */
const azure: ClientSetup<Text> = {
  who: 'az ml online-endpoint invoke and the Python SDK (azure-ai-ml, requests)',
  text: 'Trust the root beside the public ones: this variable stands for Azure itself, too.',
  command: {
    join: [
      'cat /etc/ssl/certs/ca-certificates.crt ',
      trustedRoots,
      ' > bundle.pem && export REQUESTS_CA_BUNDLE=$PWD/bundle.pem SSL_CERT_FILE=$PWD/bundle.pem',
    ],
  },
}
