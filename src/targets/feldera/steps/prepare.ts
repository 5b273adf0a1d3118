import { kubectlArgv, placeInput } from '../../../kubernetes/place.ts'
import { holdStep, secretStep } from '../../../kubernetes/steps.ts'
import type { Input, Op, Step, Text } from '../../../plan/plan.ts'
import { felderaAnswers, placeOfAnswers, rolloutLimit, rolloutMs } from '../answers.ts'
import { apiServing, components, secretValue } from '../components.ts'
import type { Feldera } from './change.ts'

/** The namespace of a new installation: the Secret must be there before the release. */
export function namespaceSteps({ answers, present }: Feldera): Step[] {
  if (present.namespace) return []
  const own = felderaAnswers(answers)
  const cluster = {
    context: own.context,
    ...(own.kubeconfig ? { kubeconfig: own.kubeconfig } : {}),
  }
  return [
    {
      id: 'prepare.namespace',
      phase: 'prepare',
      title: `Make the namespace ${own.namespace}`,
      look: {
        look: {
          do: 'exec',
          argv: kubectlArgv(cluster, 'get', 'namespace', own.namespace, '-o', 'name'),
          limit: '1m',
        },
        already: [{ exit: [0] }],
      },
      act: {
        do: 'exec',
        argv: kubectlArgv(cluster, 'create', 'namespace', own.namespace),
        limit: '1m',
      },
      needs: ['check.access'],
      onFail: 'stop',
    },
  ]
}

/** Nobody else at it; and a release that a killed helm of ours left pending is whole again. */
export function holdSteps({ answers, present }: Feldera): Step[] {
  const own = felderaAnswers(answers)
  const place = placeOfAnswers(own)
  const at = placeInput(place)
  const needs = present.namespace ? 'check.access' : 'prepare.namespace'
  return [
    holdStep(place, `secure-endpoint-${own.release}`, [needs, 'check.release', 'check.chart']),
    {
      id: 'prepare.repair',
      phase: 'prepare',
      title: 'See that no operation on the release is pending',
      look: {
        look: {
          do: 'op:helm.release',
          // what was read before the Lease was held may be over
          input: {
            place: at,
            release: own.release,
            at: secretValue,
            anew: true,
            asked: [apiServing] as unknown as Input,
          },
          limit: '5m',
        },
        already: [{ json: 'pending', equals: false }],
      },
      act: {
        do: 'op:helm.repair',
        input: {
          place: at,
          release: own.release,
          workloads: [...components],
          waitMs: rolloutMs(own),
        },
        limit: rolloutLimit(own),
      },
      needs: ['prepare.hold'],
      onFail: 'stop',
    },
  ]
}

/** What an adopted release serves now, or that it speaks HTTP: for going back. */
export function keepSteps({ answers, present, before }: Feldera): Step[] {
  if (before !== undefined || present.release.status === 'absent') return []
  const own = felderaAnswers(answers)
  const { secret, revision } = present.release
  return [
    {
      id: 'prepare.keep-found',
      phase: 'prepare',
      title: 'Keep what is there',
      act: {
        do: 'op:feldera.keep-found',
        input: { place: placeInput(placeOfAnswers(own)), secret, revision },
        limit: '5m',
      },
      needs: ['prepare.hold'],
      onFail: 'stop',
    },
  ]
}

/** The pair in a Secret of its own; what was found comes back in the one where it was found. */
export function felderaSecret({ answers, generation }: Feldera, needs: string[]): Step {
  const step = secretStep(
    {
      place: placeOfAnswers(felderaAnswers(answers)),
      endpoint: answers.endpoint,
      type: 'kubernetes.io/tls',
      files: { 'tls.crt': { kept: 'chain.pem' }, 'tls.key': { kept: 'key.pem' } },
    },
    needs,
  )
  if (generation !== 0 || !step.look) return step
  const { look, already } = step.look
  return { ...step, look: { look: { ...look, do: 'op:feldera.found-look' } as Op, already } }
}

/** The values file: every value is a quoted scalar, parsed again and compared. */
export function valuesStep(wanted: Feldera, verb: 'enable' | 'disable', needs: string[]): Step {
  const { answers, present } = wanted
  const own = felderaAnswers(answers)
  const isNew = present.release.status === 'absent' && verb === 'enable'
  const secret: Text = { capture: 'change.secret.name' }
  const values: Record<string, Text> = {
    ...(verb === 'enable' ? { secret } : {}),
    ...(isNew ? { version: own.version ?? '', database: own.databaseSecret ?? '' } : {}),
    ...(isNew && own.cloudSecret ? { cloud: own.cloudSecret } : {}),
    ...(verb === 'enable' && own.caSecret ? { ca: own.caSecret } : {}),
  }
  const parts = [
    verb === 'disable' ? 'disable' : 'https',
    ...(isNew ? ['install'] : []),
    ...(isNew && own.cloudSecret ? ['cloud'] : []),
    ...(verb === 'enable' && own.caSecret ? ['ca'] : []),
  ]
  return {
    id: 'change.values',
    phase: 'change',
    title: 'Write the values for helm',
    act: {
      do: 'write',
      path: { kept: `values-${verb}.yaml` },
      mode: '0600',
      content: { templates: parts.map(part => `feldera/${part}.yaml`), values },
    },
    needs,
    onFail: 'undo',
  }
}
