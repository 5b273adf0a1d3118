import { kubectlArgv } from '../../../kubernetes/place.ts'
import { kubernetesExplains } from '../../../kubernetes/problems.ts'
import { holdStep, secretStep, stopsWhenAway } from '../../../kubernetes/steps.ts'
import type { Input, Step } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import type { Wanted } from '../../target.ts'
import { type AzureMlAnswers, azuremlAnswers, namespace } from '../answers.ts'
import { tlsSettings } from '../extension.ts'
import type { AzureMlPresent } from '../present.ts'
import { profile } from '../profile.ts'
import { clusterInput } from '../words.ts'
import { changeSteps, remakes, removeStep } from './change.ts'
import { checkSteps } from './checks.ts'
import { placeOf } from './commands.ts'
import { ingressSteps } from './ingress.ts'
import { watchSteps } from './loss.ts'
import { proofSteps } from './proof.ts'

type AzureMl = Wanted<AzureMlPresent>

/** From nothing, from HTTP, or from another pair, to HTTPS with the pair that the plan makes. */
export function enableSteps(wanted: AzureMl): Step[] {
  const { answers, present } = wanted
  const own = azuremlAnswers(answers)
  const place = placeOf(own)
  const isNew = present.extension === undefined
  return stopsWhenAway([
    ...checkSteps(wanted, own),
    certificateStep(wanted, profile(answers)),
    httpSettings(),
    ...keepFound(wanted, own),
    ...(isNew ? [namespaceStep(own)] : []),
    holdStep(place, heldName(own), [
      'check.access',
      'check.same-cluster',
      ...(isNew ? ['prepare.namespace'] : []),
    ]),
    ...watchSteps(wanted, 'https'),
    ...pairSteps(wanted, own),
    ...proofSteps(wanted),
  ])
}

/** Brings the pair to the extension in the way that was chosen. */
function pairSteps(wanted: AzureMl, own: AzureMlAnswers): Step[] {
  const { endpoint } = wanted.answers
  const place = placeOf(own)
  const needs = ['prepare.hold', 'prepare.certificate', 'prepare.http', 'check.extension']
  const [chain, key] = [{ kept: 'chain.pem' }, { kept: 'key.pem' }]
  switch (own.mode) {
    case 'pem':
      return changeSteps(wanted, needs)
    case 'ingress': {
      const files = { 'tls.crt': chain, 'tls.key': key }
      const secret = { place, endpoint, type: 'kubernetes.io/tls', files } as const
      return [secretStep(secret, needs), ...ingressSteps(wanted, ['change.secret'])]
    }
    default: {
      const files = { 'cert.pem': chain, 'key.pem': key }
      const secret = { place, endpoint, type: 'Opaque', files } as const
      const change = changeSteps(wanted, ['change.secret'])
      if (!remakes(wanted)) return [secretStep(secret, needs), ...change]
      // whether the namespace outlives the extension, Azure does not promise: the Secret comes after
      const { undo: _noWayBack, ...again } = secretStep(secret, ['prepare.namespace'])
      const namespaceAgain: Step = {
        ...namespaceStep(own),
        phase: 'change',
        needs: ['change.remove'],
      }
      return [removeStep(wanted, needs), namespaceAgain, again, ...change]
    }
  }
}

/** What two people must not change at once: the extension, whatever the record is called. */
export function heldName({ extension }: AzureMlAnswers): string {
  return `secure-endpoint-${extension}`
}

/** What brings the extension back to HTTP, as a file: only there a setting can be null, which clears it. */
export function httpSettings(): Step {
  const cleared = Object.fromEntries(tlsSettings.map(key => [key, null]))
  const text = JSON.stringify({ allowInsecureConnections: 'True', ...cleared })
  return {
    id: 'prepare.http',
    phase: 'prepare',
    title: 'Write the settings that lead back to HTTP',
    act: { do: 'write', path: { kept: 'http.json' }, mode: '0600', content: { text } },
    needs: [],
    onFail: 'stop',
  }
}

/** The Secret must be there before the extension is: az makes the namespace only later. */
function namespaceStep(own: AzureMlAnswers): Step {
  const { context, kubeconfig } = own
  const cluster = { context, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
  return {
    id: 'prepare.namespace',
    phase: 'prepare',
    title: `Make the namespace ${namespace}`,
    look: {
      look: {
        do: 'exec',
        argv: kubectlArgv(cluster, 'get', 'namespace', namespace, '--ignore-not-found'),
        limit: '1m',
      },
      already: [{ exit: [0] }, { regex: `^${namespace}\\s` }],
    },
    act: {
      do: 'exec',
      argv: kubectlArgv(cluster, 'create', 'namespace', namespace),
      limit: '1m',
      expect: [{ any: [{ exit: [0] }, { regex: 'AlreadyExists' }] }],
      explains: kubernetesExplains(cluster),
    },
    needs: ['check.access', 'check.same-cluster'],
    onFail: 'stop',
  }
}

/** What is in place and not ours becomes generation 0. */
function keepFound({ before, present, answers }: AzureMl, own: AzureMlAnswers): Step[] {
  const { extension, foreignIngress } = present
  if (before !== undefined || !(extension || foreignIngress)) return []
  const { mode = 'absent', secret, cname, settings = {} } = extension ?? {}
  const { previousChain, previousKey } = own
  const given: { [key: string]: Input } =
    previousChain !== undefined && previousKey !== undefined
      ? { chain: previousChain, key: previousKey }
      : {}
  return [
    {
      id: 'prepare.keep-found',
      phase: 'prepare',
      title: 'Keep what is there',
      act: {
        do: 'op:azureml.keep-found',
        input: {
          cluster: clusterInput(own),
          name: answers.domain,
          mode,
          settings,
          ...(secret === undefined ? {} : { secret }),
          ...(cname === undefined ? {} : { cname }),
          ...(foreignIngress ? { ingress: answers.endpoint } : {}),
          ...given,
        },
        limit: '3m',
      },
      needs: ['check.extension', 'check.same-cluster'],
      onFail: 'stop',
    },
  ]
}
