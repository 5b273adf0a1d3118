import { type Argv, kubectlArgv } from '../../../kubernetes/place.ts'
import { kubernetesExplains } from '../../../kubernetes/problems.ts'
import { fieldManager } from '../../../kubernetes/secret.ts'
import type { Exec, Step, Text } from '../../../plan/plan.ts'
import type { Wanted } from '../../target.ts'
import { type AzureMlAnswers, azuremlAnswers, namespace } from '../answers.ts'
import type { AzureMlPresent } from '../present.ts'
import { changeExtension, lookFor, placeOf } from './commands.ts'
import { newSettings, refusals } from './new-settings.ts'
import { toHttp, undoChange } from './undo.ts'

type AzureMl = Wanted<AzureMlPresent>

/**
 * The vendor's pattern for NodePort and ClusterIP: azureml-fe speaks HTTP, and an Ingress in its
 * namespace ends TLS with a Secret of type kubernetes.io/tls.
 */
export function ingressSteps(wanted: AzureMl, needs: string[]): Step[] {
  const { answers, before, record } = wanted
  const own = azuremlAnswers(answers)
  const file: Text = { kept: 'ingress.json' }
  const recorded = before !== undefined && record?.https === true
  return [
    insecureStep(wanted, needs),
    {
      id: 'change.ingress-file',
      phase: 'change',
      title: 'Write the Ingress that ends TLS before it',
      act: {
        do: 'write',
        path: file,
        mode: '0600',
        content: { text: ingressText(wanted, { capture: 'change.secret.name' }) },
      },
      needs: ['change.extension'],
      onFail: 'undo',
    },
    {
      id: 'change.ingress',
      phase: 'change',
      title: 'Apply the Ingress',
      look: {
        look: readIngress(own, answers.endpoint),
        already: [
          { json: 'spec.tls.0.secretName', equals: { capture: 'change.secret.name' } as never },
          { json: 'spec.rules.0.host', equals: answers.domain },
        ],
      },
      act: apply(own, file),
      undo: [recorded ? applyBefore(own) : remove(own, answers.endpoint)],
      needs: ['change.ingress-file'],
      onFail: 'undo',
    },
  ]
}

/** Back to HTTP: the same Ingress without its pair. */
export function plainIngressSteps({ answers, ...rest }: AzureMl, needs: string[]): Step[] {
  const own = azuremlAnswers(answers)
  const file: Text = { kept: 'ingress-http.json' }
  return [
    {
      id: 'prepare.ingress',
      phase: 'prepare',
      title: 'Write the Ingress without its pair',
      act: {
        do: 'write',
        path: file,
        mode: '0600',
        content: { text: ingressText({ answers, ...rest }) },
      },
      needs,
      onFail: 'stop',
    },
    {
      id: 'change.extension',
      phase: 'change',
      title: 'Take the pair out of the Ingress',
      price: { text: 'Clients speak in the clear again.' },
      look: {
        look: readIngress(own, answers.endpoint),
        already: [
          { json: 'spec.rules.0.host', equals: answers.domain },
          { not: { json: 'spec.tls.0.hosts.0', matches: '.' } },
        ],
      },
      act: apply(own, file),
      undo: [{ ...applyBefore(own), act: apply(own, { kept: 'ingress.json' }) }],
      needs: ['prepare.ingress'],
      onFail: 'undo',
    },
  ]
}

/** azureml-fe speaks HTTP behind the Ingress, in a new extension and in one that is there. */
function insecureStep(wanted: AzureMl, needs: string[]): Step {
  const own = azuremlAnswers(wanted.answers)
  const { extension } = wanted.present
  const target = { mode: 'http' } as const
  const step: Pick<Step, 'id' | 'phase' | 'look' | 'needs' | 'onFail' | 'stopOn'> = {
    id: 'change.extension',
    phase: 'change',
    look: lookFor(own, target),
    needs,
    onFail: 'undo',
    stopOn: refusals,
  }
  if (!extension) {
    const serviceType = own.serviceType === 'LoadBalancer' ? 'ClusterIP' : own.serviceType
    const config = { ...newSettings({ ...own, serviceType }), allowInsecureConnections: 'True' }
    return {
      ...step,
      title: 'Create the Azure ML extension, with HTTP behind the Ingress',
      act: changeExtension(own, { change: { verb: 'create', config }, wanted: target }),
      undo: undoChange(wanted),
    }
  }
  const { change } = toHttp({ kept: 'http.json' })
  const undo = extension.mode === 'http' ? [] : undoChange(wanted)
  return {
    ...step,
    title: 'Have azureml-fe speak HTTP behind the Ingress',
    act: changeExtension(own, { change, wanted: target, clears: true }),
    ...(undo.length > 0 ? { undo } : {}),
  }
}

/** The object as JSON, every value a quoted scalar; the Secret's name is known only later. */
function ingressText({ answers }: Pick<AzureMl, 'answers'>, secret?: Text): Text {
  const { endpoint, domain } = answers
  const { ingressClass } = azuremlAnswers(answers)
  const mark = '@SECRET@'
  const tls = secret === undefined ? {} : { tls: [{ hosts: [domain], secretName: mark }] }
  const service = { name: 'azureml-fe', port: { number: 80 } }
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: endpoint, namespace },
    spec: {
      ...(ingressClass === undefined ? {} : { ingressClassName: ingressClass }),
      ...tls,
      rules: [
        {
          host: domain,
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] },
        },
      ],
    },
  }
  const [head = '', tail] = `${JSON.stringify(manifest, null, 2)}\n`.split(mark)
  return secret === undefined || tail === undefined ? head : { join: [head, secret, tail] }
}

function apply(own: AzureMlAnswers, file: Text): Exec {
  const words = ['apply', '--server-side', `--field-manager=${fieldManager}`, '-o', 'name', '-f']
  const argv: Text[] = [...kubectlArgv(placeOf(own), ...words), file]
  return { do: 'exec', argv, limit: '1m', explains: kubernetesExplains(placeOf(own)) }
}

function readIngress(own: AzureMlAnswers, name: string): Exec {
  const argv: Argv = kubectlArgv(placeOf(own), 'get', 'ingress', name, '-o', 'json')
  return { do: 'exec', argv, limit: '1m' }
}

function applyBefore(own: AzureMlAnswers): Step {
  return {
    id: 'undo.ingress',
    phase: 'change',
    title: 'Apply the Ingress of before again',
    act: apply(own, { before: 'ingress.json' }),
    needs: [],
    onFail: 'stop',
  }
}

function remove(own: AzureMlAnswers, name: string): Step {
  return {
    id: 'undo.ingress',
    phase: 'change',
    title: 'Remove the Ingress again',
    act: {
      do: 'exec',
      argv: kubectlArgv(placeOf(own), 'delete', 'ingress', name, '--ignore-not-found'),
      limit: '1m',
      explains: kubernetesExplains(placeOf(own)),
    },
    needs: [],
    onFail: 'stop',
  }
}
