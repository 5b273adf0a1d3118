import type { Answers } from '../../answers/answers.ts'
import type { Text } from '../../plan/plan.ts'
import type { ClientSetup } from '../target.ts'
import { trustedRoots, trustSetup } from '../trust-setup.ts'
import { azuremlAnswers } from './answers.ts'

interface State {
  https: boolean
  privateRoot: boolean
}

/** What clients of an Azure ML endpoint must change after a run. */
export function clientSetup(answers: Answers, url: Text, state: State): ClientSetup<Text>[] {
  const { https, privateRoot } = state
  const isIngress = azuremlAnswers(answers).mode === 'ingress'
  return [
    everyClient(url, https, isIngress),
    ...(isIngress ? pathOnly(answers, https) : scoringUri(answers)),
    ...(https && privateRoot ? [...trustSetup(answers.endpoint, url), azure] : []),
    isIngress ? ownIngress(answers, https) : otherIngresses(https),
    probes(answers, https, isIngress),
  ]
}

/** azureml-fe speaks TLS 1.2 and closes port 80; what an Ingress does there is its controller's matter. */
function everyClient(url: Text, https: boolean, isIngress: boolean): ClientSetup<Text> {
  const uses: Text[] = ['Uses ', url, 'api/v1/service/ENDPOINT/score']
  const how = !https
    ? '; nothing redirects it there.'
    : isIngress
      ? '; the controller of the Ingress decides on the versions of TLS, and what HTTP on port 80 gets.'
      : ' with TLS 1.2 (1.3 is not spoken); HTTP on port 80 is closed.'
  return { who: 'every client', text: { join: [...uses, how] } }
}

function probes({ domain }: Answers, https: boolean, isIngress: boolean): ClientSetup<Text> {
  const at: Text = { capture: 'serve.address.address' }
  const who = 'health probes and gateways'
  const byName = `with the name ${domain} at `
  const knows = ': the Ingress knows the endpoint by that name alone.'
  if (!https && isIngress) return { who, text: { join: [`Ask HTTP ${byName}`, at, knows] } }
  if (!https) return { who, text: { join: ['Ask HTTP at ', at, ' again.'] } }
  const asks = `Front Door, Application Gateway and monitors ask HTTPS ${byName}`
  const why = isIngress ? knows : '; a probe that still asks HTTP takes the endpoint out.'
  return { who, text: { join: [asks, at, why] } }
}

/** The documented pattern: TLS ends in the Ingress, azureml-fe:80 speaks HTTP (facts/azureml.md §1.5). */
function ownIngress({ endpoint, domain }: Answers, https: boolean): ClientSetup<Text> {
  const ends = https
    ? `ends TLS for ${domain} and speaks`
    : `passes ${domain} on in the clear and speaks`
  return {
    who: `the Ingress ${endpoint} in namespace azureml`,
    text: `It ${ends} HTTP to azureml-fe:80. That is what controllers do without an annotation; where yours speaks HTTPS to all backends, nginx needs this one.`,
    command: backendProtocol('HTTP'),
  }
}

/** Whoever ends TLS before azureml-fe must speak to it as it listens. */
function otherIngresses(https: boolean): ClientSetup<Text> {
  return {
    who: 'ingresses and gateways in front',
    text: https
      ? 'Speak HTTPS to the port of azureml-fe that is named https, and trust the root (nginx: the annotation below; Gateway API: a BackendTLSPolicy).'
      : 'Speak HTTP to azureml-fe:80 again.',
    command: backendProtocol(https ? 'HTTPS' : 'HTTP'),
  }
}

function backendProtocol(scheme: 'HTTP' | 'HTTPS'): string {
  return `nginx.ingress.kubernetes.io/backend-protocol: "${scheme}"`
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

/** Azure ML knows the Service alone: the URI that it gives leads past the Ingress. */
function pathOnly(answers: Answers, https: boolean): ClientSetup<Text>[] {
  const scheme = https ? 'https' : 'http'
  return scoringUri(answers).map(each => ({
    ...each,
    text: `Take its path alone and put ${scheme}://${answers.domain} before it: Azure ML goes on giving the address of azureml-fe.`,
  }))
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
