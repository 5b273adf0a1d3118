import { ownLabels } from '../../../kubernetes/secret.ts'
import type { Price, Step, Text } from '../../../plan/plan.ts'
import { undoBase } from '../../proof-steps.ts'
import type { Wanted } from '../../target.ts'
import { azuremlAnswers, namespace } from '../answers.ts'
import type { AzureMlPresent } from '../present.ts'
import { clusterInput } from '../words.ts'
import { changeExtension, lookFor } from './commands.ts'
import { newSettings, refusals } from './new-settings.ts'
import { toHttp, undoChange } from './undo.ts'

type AzureMl = Wanted<AzureMlPresent>

/** Of steps that take seconds: an API server that is away is waited for within it. */
const limit = '5m'

/**
 * The vendor's pattern for NodePort and ClusterIP: azureml-fe speaks HTTP, and an Ingress in its
 * namespace ends TLS with a Secret of type kubernetes.io/tls.
 */
export function ingressSteps(wanted: AzureMl, needs: string[]): Step[] {
  const file: Text = { kept: 'ingress.json' }
  const price = takeOverPrice(wanted)
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
      ...(price ? { price } : {}),
      ...applying(wanted, file),
      needs: ['change.ingress-file'],
      onFail: 'undo',
    },
  ]
}

/** Back to HTTP: the same Ingress without its pair. */
export function plainIngressSteps(wanted: AzureMl, needs: string[]): Step[] {
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
        content: { text: ingressText(wanted) },
      },
      needs,
      onFail: 'stop',
    },
    {
      id: 'change.extension',
      phase: 'change',
      title: 'Take the pair out of the Ingress',
      price: { text: 'Clients speak in the clear again.' },
      ...applying(wanted, file),
      needs: ['prepare.ingress'],
      onFail: 'undo',
    },
  ]
}

/** What a take-over costs whom it belongs to, and that it can be taken back. */
function takeOverPrice({ answers, present }: AzureMl): Price | undefined {
  const { foreignIngress: theirs } = present
  if (!theirs) return undefined
  const lost = theirs.hosts.filter(host => host !== answers.domain)
  const away = lost.length > 0 ? ` ${lost.join(', ')}: no longer served through it.` : ''
  const text = `The Ingress ${answers.endpoint} is ${theirs.words}: it is taken over, and what it says is kept.`
  return { text: `${text}${away}` }
}

/** How the Ingress of a file comes to stand there, and how that is taken back. */
function applying({ answers }: AzureMl, file: Text): Pick<Step, 'look' | 'act' | 'undo'> {
  const { endpoint: name, target } = answers
  const base = { cluster: clusterInput(azuremlAnswers(answers)), name }
  const before: Text = { kept: 'ingress-before.json' }
  const adopt = target.onConflict === 'adopt'
  return {
    look: {
      look: { do: 'op:azureml.ingress', input: { ...base, file }, limit },
      already: [{ json: 'asWanted', equals: true }],
    },
    act: { do: 'op:azureml.ingress-apply', input: { ...base, file, before, adopt }, limit },
    undo: [
      {
        ...undoBase,
        id: 'undo.ingress',
        title: 'Take the Ingress back to what it was',
        act: { do: 'op:azureml.ingress-back', input: { ...base, before }, limit },
      },
    ],
  }
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
    metadata: { name: endpoint, namespace, labels: ownLabels(endpoint) },
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
