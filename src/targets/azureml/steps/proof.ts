import { durationMs } from '../../../duration.ts'
import { pruneStep, rolloutStep } from '../../../kubernetes/steps.ts'
import type { Step, Text } from '../../../plan/plan.ts'
import { dnsSteps } from '../../dns-steps.ts'
import { askOf, askOfNew, type Inputs, proofAct, servedStep } from '../../proof-steps.ts'
import { recordStep } from '../../record-step.ts'
import type { Wanted } from '../../target.ts'
import { azuremlAnswers, whereOf } from '../answers.ts'
import { clientSetup } from '../clients.ts'
import type { AzureMlPresent } from '../present.ts'
import { clusterInput, workload } from '../words.ts'
import { placeOf } from './commands.ts'
import { lossStep } from './loss.ts'
import { podsInput } from './undo.ts'

type AzureMl = Wanted<AzureMlPresent>

const captured = { capture: 'serve.address.address' }
const host = { capture: 'serve.address.host' }

/** What ends every way to HTTPS: replicas, address, *served*, record, DNS, *reachable*. */
export function proofSteps(wanted: AzureMl): Step[] {
  const { answers, generation } = wanted
  const own = azuremlAnswers(answers)
  const place = placeOf(own)
  const ask = {
    ...askOfNew(wanted),
    notReady: { status: 503, says: 'TLS is good, no model is ready' },
    plainRefusal: 'as azureml-fe does with TLS on',
  }
  // which root clients trust is not known of a pair that was found
  const kind = generation === 0 ? 'proof.leaf' : 'proof.served'
  const before = own.mode === 'ingress' ? ingressBefore(wanted) : replicasBefore(wanted, ask)
  return [
    ...before,
    servedStep(
      'Prove what the address serves',
      proofAct(kind, { addresses: [captured], ...ask, decides: 'undo' }),
      [before.at(-1)?.id ?? 'serve.address'],
    ),
    lossStep(wanted, ['serve.proof']),
    record(wanted, true),
    ...(own.mode === 'pem' ? [] : [pruneStep(place, answers.endpoint)]),
    ...scoringSteps(wanted),
    ...dnsSteps(answers, { host, address: captured, ask, needs: 'serve.record' }),
  ]
}

/** TLS ends before the replicas: only the Ingress's address shows it. */
function ingressBefore(wanted: AzureMl): Step[] {
  return [addressStep(wanted, 'https', ['change.ingress'])]
}

/** All replicas run with it, and each serves the wanted leaf. */
function replicasBefore(wanted: AzureMl, ask: Inputs): Step[] {
  const own = azuremlAnswers(wanted.answers)
  return [
    rolloutStep(placeOf(own), [workload], durationMs('10m'), ['change.extension']),
    addressStep(wanted, 'https', ['serve.rollout']),
    podsStep(
      'Prove which leaf each replica serves',
      proofAct('azureml.prove-replicas', {
        ...podsInput(wanted, own, false),
        ...ask,
        decides: 'undo',
      }),
    ),
  ]
}

/** The proof of each replica, where TLS ends in them. */
function podsStep(title: string, act: Step['act']): Step {
  return {
    id: 'serve.pods',
    phase: 'serve',
    title,
    act,
    needs: ['serve.address'],
    onFail: 'undo',
    decides: 'undo',
  }
}

/** What ends the way back to HTTP. */
export function plainProofSteps(wanted: AzureMl): Step[] {
  const { answers } = wanted
  const own = azuremlAnswers(answers)
  const replicas: Step[] = [
    rolloutStep(placeOf(own), [workload], durationMs('10m'), ['change.extension']),
    addressStep(wanted, 'http', ['serve.rollout']),
    podsStep(
      'Prove that each replica answers over HTTP',
      proofAct('kubernetes.prove-pods-plain', {
        ...podsInput(wanted, own, true),
        decides: 'undo',
      }),
    ),
  ]
  const before =
    own.mode === 'ingress' ? [addressStep(wanted, 'http', ['change.extension'])] : replicas
  return [
    ...before,
    servedStep(
      'Prove that HTTP answers and TLS does not',
      proofAct('proof.plain', { addresses: [captured], ...askOf(answers), decides: 'undo' }),
      [before.at(-1)?.id ?? 'serve.address'],
    ),
    lossStep(wanted, ['serve.proof']),
    record(wanted, false),
  ]
}

/** Read anew each time: a service type that changes gives another address. */
function addressStep({ answers }: AzureMl, scheme: 'http' | 'https', needs: string[]): Step {
  const own = azuremlAnswers(answers)
  const { front, mode } = own
  return {
    id: 'serve.address',
    phase: 'serve',
    title: "Read the endpoint's address",
    act: {
      do: 'wait',
      look: {
        do: 'op:azureml.address',
        input: {
          cluster: clusterInput(own),
          scheme,
          ...(mode === 'ingress' ? { ingress: answers.endpoint } : {}),
          ...(front === undefined ? {} : { instead: front }),
        },
        limit: '1m',
      },
      until: [{ json: 'address', matches: '.' }],
      every: '2s',
      limit: '10m',
      atLimit: 'fail',
    },
    captures: { address: { json: 'address' }, host: { json: 'host' }, port: { json: 'port' } },
    needs,
    onFail: 'undo',
  }
}

function record({ answers, privateRoot }: AzureMl, https: boolean): Step {
  const own = azuremlAnswers(answers)
  const url: Text = https
    ? { join: [`https://${answers.domain}:`, { capture: 'serve.address.port' }, '/'] }
    : own.mode === 'ingress'
      ? // it knows the endpoint by its name alone
        { join: [`http://${answers.domain}:`, { capture: 'serve.address.port' }, '/'] }
      : { join: ['http://', captured, '/'] }
  const { subscription, resourceGroup, cluster, extension } = whereOf(own)
  const server: Text = { capture: 'check.same-cluster.server' }
  return recordStep(answers, {
    https,
    url,
    addresses: [captured],
    live: { subscription, resourceGroup, cluster, extension, context: own.context, host, server },
    clients: clientSetup(answers, url, { https, privateRoot }),
  })
}

/** What Azure ML tells clients from now on; it follows the name some moments later. */
function scoringSteps({ answers }: AzureMl): Step[] {
  const { subscription, resourceGroup, workspace, onlineEndpoint, mode } = azuremlAnswers(answers)
  if (workspace === undefined || onlineEndpoint === undefined) return []
  // Azure ML knows nothing of an Ingress: its URI stays that of azureml-fe
  if (mode === 'ingress') return []
  const at = ['-g', resourceGroup, '-w', workspace, '--subscription', subscription]
  const form = ['--query', 'scoring_uri', '-o', 'json', '--only-show-errors']
  return [
    {
      id: 'serve.scoring-uri',
      phase: 'serve',
      title: 'Read the scoring URI that Azure ML gives to clients',
      act: {
        do: 'wait',
        look: {
          do: 'exec',
          argv: ['az', 'ml', 'online-endpoint', 'show', '-n', onlineEndpoint, ...at, ...form],
          limit: '2m',
        },
        until: [{ json: '', matches: `^https://${answers.domain.replaceAll('.', '\\.')}[:/]` }],
        every: '10s',
        limit: '5m',
        atLimit: 'go-on',
      },
      needs: ['serve.record'],
      onFail: 'stop',
    },
  ]
}
