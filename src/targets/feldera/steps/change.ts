import { placeInput } from '../../../kubernetes/place.ts'
import type { Input, Look, Op, Price, Step, Text } from '../../../plan/plan.ts'
import type { Predicate } from '../../../plan/predicate.ts'
import { proofAct, undoBase, undoProofStep } from '../../proof-steps.ts'
import type { Wanted } from '../../target.ts'
import { felderaAnswers, placeOfAnswers, rolloutLimit, rolloutMs } from '../answers.ts'
import { apiServing, components, secretValue, servedBy } from '../components.ts'
import type { FelderaPresent } from '../present.ts'
import { chartVersion } from './checks.ts'

export type Feldera = Wanted<FelderaPresent>

/** What the release shall be: HTTPS with a Secret and its leaf, or plain HTTP. */
export interface Goal {
  secret: Text
  leaf: Text
  verb: 'enable' | 'disable'
}

/** A look at release, components and pipelines. */
function stateOf({ answers }: Feldera, { secret, leaf }: Goal): Op {
  const own = felderaAnswers(answers)
  const input = { place: placeInput(placeOfAnswers(own)), release: own.release, secret, leaf }
  return { do: 'op:feldera.state', input, limit: '5m' }
}

function lookFor(wanted: Feldera, goal: Goal, already: Predicate[]): Look {
  return { look: stateOf(wanted, goal), already }
}

/** Which pipelines ran: kept beside the pair, so that a killed run still knows. */
function ranFile({ verb }: Goal): Text {
  return { kept: `pipelines-${verb}.json` }
}

/** Stop, upgrade, restart what is still stale, start again: the way that enable and disable share. */
export function changeSteps(wanted: Feldera, goal: Goal, needs: string[]): Step[] {
  const { answers, present } = wanted
  const own = felderaAnswers(answers)
  const place = placeOfAnswers(own)
  const at = placeInput(place)
  const isNew = present.release.status === 'absent'
  const waitMs = rolloutMs(own)
  const stopped = isNew ? [] : [stopStep(wanted, goal, needs)]
  return [
    ...stopped,
    {
      id: 'change.release',
      phase: 'change',
      title: isNew ? 'Install the release with HTTPS' : 'Upgrade the release',
      look: lookFor(wanted, goal, [{ json: 'released', equals: true }]),
      act: {
        do: 'op:helm.upgrade',
        input: {
          place: at,
          release: own.release,
          chart: own.chart,
          version: chartVersion(answers, present),
          values: [
            ...(isNew && own.values !== undefined ? [own.values] : []),
            { kept: `values-${goal.verb}.yaml` },
          ],
          ...(isNew && own.cloudSecret === undefined ? { hidden: licence(wanted) } : {}),
          workloads: [...components],
          asked: [...servedBy, apiServing] as unknown as Input,
          wants: { at: secretValue, value: goal.secret },
          waitMs,
        },
        limit: rolloutLimit(own, 5),
      },
      undo: restoreSteps(wanted),
      needs: isNew ? needs : ['change.stop'],
      onFail: 'undo',
      ...(isNew ? {} : { away: 'begins' as const }),
    },
    {
      id: 'change.restart',
      phase: 'change',
      title: 'Restart what still serves something else',
      // a chart without deploymentTimeAnnotation, or a Secret changed by hand, leaves old pods running
      look: lookFor(wanted, goal, [{ json: 'components', equals: true }]),
      act: {
        do: 'op:kubernetes.restart',
        input: { place: at, workloads: [...new Set(servedBy.map(({ workload }) => workload))] },
        limit: '5m',
      },
      needs: ['change.release'],
      onFail: 'undo',
    },
    {
      id: 'change.rollout',
      phase: 'change',
      title: 'Wait until all components run',
      act: {
        do: 'op:kubernetes.rollout',
        input: { place: at, workloads: [...components], waitMs },
        limit: rolloutLimit(own),
      },
      needs: ['change.restart'],
      onFail: 'undo',
    },
    {
      id: 'change.healthy',
      phase: 'change',
      title: 'Wait until the components reach each other',
      act: {
        do: 'op:feldera.healthy',
        input: { place: at, waitMs: 120_000 },
        limit: '5m',
      },
      needs: ['change.rollout'],
      onFail: 'undo',
    },
    ...(isNew ? [] : [startStep(wanted, goal)]),
  ]
}

function stopStep(wanted: Feldera, goal: Goal, needs: string[]): Step {
  const own = felderaAnswers(wanted.answers)
  const at = placeInput(placeOfAnswers(own))
  return {
    id: 'change.stop',
    phase: 'change',
    title: 'Stop the pipelines that run',
    price: priceOf(wanted, goal),
    look: lookFor(wanted, goal, [{ json: 'current', equals: true }]),
    act: {
      do: 'op:feldera.stop',
      input: { place: at, how: own.stop, file: ranFile(goal), waitMs: rolloutMs(own) },
      limit: rolloutLimit(own),
    },
    undo: [
      {
        ...undoBase,
        id: 'undo.start',
        title: 'Start the pipelines again that ran',
        act: {
          do: 'op:feldera.start',
          input: { place: at, file: ranFile(goal) },
          limit: '10m',
        },
      },
    ],
    needs,
    onFail: 'undo',
  }
}

function startStep(wanted: Feldera, goal: Goal): Step {
  const own = felderaAnswers(wanted.answers)
  const at = placeInput(placeOfAnswers(own))
  return {
    id: 'change.start',
    phase: 'change',
    title: 'Start the pipelines again that ran',
    act: {
      do: 'op:feldera.start',
      input: { place: at, file: ranFile(goal) },
      limit: '10m',
    },
    undo: [
      {
        ...undoBase,
        id: 'undo.stop',
        title: 'Stop the pipelines before the way back',
        act: {
          do: 'op:feldera.stop',
          input: { place: at, how: own.stop, file: ranFile(goal), waitMs: rolloutMs(own) },
          limit: rolloutLimit(own),
        },
      },
    ],
    needs: ['change.healthy'],
    onFail: 'undo',
  }
}

/** Undo of the upgrade: the revision that was found comes back, and what it serves is proven. */
function restoreSteps({ answers, present, beforeLeaf }: Feldera): Step[] {
  const own = felderaAnswers(answers)
  const at = placeInput(placeOfAnswers(own))
  const { secret, status, revision } = present.release
  const leaf = secret === '' ? '' : (beforeLeaf ?? present.leaf ?? '')
  const isNew = status === 'absent'
  const waitMs = rolloutMs(own)
  const restore: Step = {
    ...undoBase,
    id: 'undo.release',
    title: isNew ? 'Remove the release again' : `Bring revision ${revision} back`,
    look: {
      look: {
        do: 'op:helm.release',
        input: { place: at, release: own.release, at: secretValue },
        limit: '5m',
      },
      already: isNew
        ? [{ json: 'status', equals: 'absent' }]
        : [
            { json: 'status', equals: 'deployed' },
            { json: 'value', equals: secret },
          ],
    },
    act: {
      do: 'op:helm.restore',
      input: {
        place: at,
        release: own.release,
        revision: isNew ? 0 : revision,
        workloads: [...components],
        waitMs,
      },
      limit: rolloutLimit(own),
    },
  }
  if (isNew) return [restore]
  const ask = { name: 'localhost', path: '/healthz', expect: [200], waitMs: 120_000 }
  const served = [...servedBy].map(each => ({ ...each, probes: 'leaf' })) as unknown as Input
  return [
    restore,
    {
      ...undoBase,
      id: 'undo.rollout',
      title: 'Wait until all components run',
      act: {
        do: 'op:kubernetes.rollout',
        input: { place: at, workloads: [...components], waitMs },
        limit: rolloutLimit(own),
      },
    },
    undoProofStep(
      proofAct(secret === '' ? 'kubernetes.prove-pods-plain' : 'kubernetes.prove-pods', {
        place: at,
        served,
        ...ask,
        decides: 'report',
        ...(leaf === '' ? {} : { leaf }),
      }),
    ),
  ]
}

/** The licence goes by stdin alone: neither argv nor a file holds it. */
function licence({ answers }: Feldera): Input {
  const { accountId = '' } = felderaAnswers(answers)
  return {
    template: 'feldera/licence.yaml',
    values: { account: accountId },
    secrets: { key: 'target.licence' },
  }
}

/** Measured on the lab from 20 s on; the vendor's own control plane needs minutes to be scheduled. */
function priceOf({ answers, present }: Feldera, { verb }: Goal): Price {
  const { stop } = felderaAnswers(answers)
  const names = present.pipelines.map(({ name }) => name)
  const which =
    names.length === 0
      ? 'No pipeline runs now'
      : `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} stopped ${stop === 'force' ? 'by force' : 'with a checkpoint'} and started again`
  const clear = verb === 'disable' ? 'Clients speak in the clear again. ' : ''
  const text = `${clear}${which}; the API is away while all components restart together, about 20 s to 10 min.`
  const loses =
    stop === 'force' && names.length > 0
      ? { loses: `what ${names.join(', ')} did since the last checkpoint` }
      : {}
  return { text, downtime: [20, 600], ...loses }
}
