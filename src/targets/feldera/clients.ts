import type { Answers } from '../../answers/answers.ts'
import type { Text } from '../../plan/plan.ts'
import type { ClientSetup } from '../target.ts'
import { trustedRoots } from '../trust-setup.ts'
import { felderaAnswers } from './answers.ts'

/** What clients of Feldera must change after a run. */
export function clientSetup(
  answers: Answers,
  { https, privateRoot }: { https: boolean; privateRoot: boolean },
): ClientSetup<Text>[] {
  const own = felderaAnswers(answers)
  const scheme = https ? 'https' : 'http'
  const forward = `kubectl --context ${own.context} -n ${own.namespace} port-forward svc/feldera-api-server 8080:8080`
  const at =
    own.outside === undefined ? 'localhost:8080' : (hostPort(answers, own.outside) ?? own.outside)
  const url = `${scheme}://${at}`
  const where: ClientSetup<Text> = {
    who: 'every client',
    text: `Uses ${url}; the other scheme is not answered any more.`,
    ...(own.outside === undefined ? { command: forward } : {}),
  }
  const trust: ClientSetup<Text>[] = privateRoot
    ? [
        {
          who: 'fda and the Python client',
          text: 'Trust the root, and get the URL, through variables; they send the API key over https:// alone.',
          command: { join: [`export FELDERA_HOST=${url} FELDERA_HTTPS_TLS_CERT=`, trustedRoots] },
        },
        {
          who: 'curl',
          text: 'Is given the root.',
          command: { join: ['curl --cacert ', trustedRoots, ` ${url}/v0/pipelines`] },
        },
      ]
    : [
        {
          who: 'fda and the Python client',
          text: 'Get the URL through a variable; they send the API key over https:// alone.',
          command: `export FELDERA_HOST=${url}`,
        },
      ]
  const probes: ClientSetup<Text> = {
    who: 'health probes and monitors',
    text: `Ask ${scheme}://…:8080/healthz; one that still says ${https ? 'http' : 'https'} sees a server that is down.`,
  }
  const ingress: ClientSetup<Text> = {
    who: 'ingresses and gateways in front',
    text: https
      ? 'Speak HTTPS to feldera-api-server:8080 and trust the root (nginx: the annotation below; Gateway API: a BackendTLSPolicy).'
      : 'Speak HTTP to feldera-api-server:8080 again.',
    command: `nginx.ingress.kubernetes.io/backend-protocol: "${https ? 'HTTPS' : 'HTTP'}"`,
  }
  return [where, ...(https ? trust : []), probes, ingress]
}

function hostPort({ domain }: Answers, address: string): string | undefined {
  const port = /:(\d+)$/.exec(address)?.[1]
  return port === undefined ? undefined : `${domain}:${port}`
}
