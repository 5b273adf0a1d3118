import { placeInput } from '../../../kubernetes/place.ts'
import type { Input, Json, Op, Price, Step, Text } from '../../../plan/plan.ts'
import { undoBase } from '../../proof-steps.ts'
import {
  managedOf,
  managedSecret,
  operatorAnswers,
  placeOfAnswers,
  servedBy,
  waitLimit,
  waitMs,
  workloadsOf,
} from '../answers.ts'
import { patchTo } from '../resource.ts'
import { undoProof } from './proof.ts'
import type { Operator } from './wanted.ts'

/** What the resource served, where nothing is recorded yet. */
export function keepFound({ answers, present: { tls } }: Operator, needs: string): Step {
  const own = operatorAnswers(answers)
  const managed = tls.certificate !== undefined
  return {
    id: 'prepare.keep-found',
    phase: 'prepare',
    title: 'Keep what is there',
    act: {
      do: 'op:ais-operator.keep-found',
      input: {
        place: placeInput(placeOfAnswers(own)),
        secret: managed ? managedSecret(own.resource) : tls.secretName,
        managed,
      },
      limit: '1m',
    },
    needs: [needs],
    onFail: 'stop',
  }
}

/** The operator does the rest: it mounts the Secret, writes the settings and restarts the pods. */
export function resourceStep(
  wanted: Operator,
  patch: Json,
  goal: { useHttps: boolean; [key: string]: string | boolean },
  needs: string[] = ['change.secret'],
): Step {
  const base = resourceInput(wanted)
  const asked = managedOf(wanted.answers)
  const act = (of: Json): Op => ({
    do: 'op:ais-operator.patch',
    input: { ...base, patch: of as Input },
    limit: '5m',
  })
  const back: Step = {
    ...undoBase,
    id: 'undo.resource',
    title: 'Set what the resource said before',
    act: act(patchTo(wanted.present.tls, asked)),
  }
  // cert-manager has written over the pair that was served: there is none to be proven
  const isGone = goal.managed === true && wanted.present.tls.certificate !== undefined
  return {
    id: 'change.resource',
    phase: 'change',
    title: goal.useHttps ? 'Set spec.tls and use_https' : 'Clear spec.tls and use_https',
    look: {
      look: {
        do: 'op:ais-operator.look',
        input: {
          ...base,
          ...(asked ? { asked: { ...asked, issuerRef: { ...asked.issuerRef } } } : {}),
        },
        limit: '1m',
      },
      already: Object.entries(goal).map(([json, equals]) => ({ json, equals })),
    },
    act: act(patch),
    undo: isGone
      ? [back]
      : [back, { ...rolloutStep(wanted, 'undo.rollout', []), onFail: 'stop' }, undoProof(wanted)],
    needs,
    onFail: 'undo',
    // a Secret whose content alone becomes another one restarts no pod
    ...(isGone ? {} : { price: restarts, away: 'begins' as const }),
  }
}

/** What every op about the resource is given. */
export function resourceInput({ answers }: Operator): { [key: string]: Input } {
  const own = operatorAnswers(answers)
  return { place: placeInput(placeOfAnswers(own)), resource: own.resource }
}

const restarts: Price = {
  text: 'All pods of the cluster restart; until the last one has, some speak the other scheme.',
  downtime: [30, 600],
}

export function rolloutStep({ answers }: Operator, id: string, needs: string[]): Step {
  const own = operatorAnswers(answers)
  return {
    id,
    phase: 'change',
    title: 'Wait until all pods run with it',
    act: {
      do: 'op:kubernetes.rollout',
      input: {
        place: placeInput(placeOfAnswers(own)),
        workloads: workloadsOf(own),
        waitMs: waitMs(own),
      },
      limit: waitLimit(own),
    },
    needs,
    onFail: 'undo',
  }
}

/** Asked are nodes with either pair, and either may be of a root that this machine trusts. */
export function load({ answers, present }: Operator, chain: Text): Op {
  const own = operatorAnswers(answers)
  return {
    do: 'op:ais-operator.load',
    input: {
      place: placeInput(placeOfAnswers(own)),
      served: servedBy(own, present.tls.ports) as unknown as Input,
      chain,
      roots: [{ before: 'roots.pem' }, { kept: 'roots.pem' }],
      name: answers.domain,
      waitMs: waitMs(own),
    },
    limit: waitLimit(own),
  }
}
