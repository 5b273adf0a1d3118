import { placeInput } from '../../../kubernetes/place.ts'
import type { Input, Json, Op, Step, Text } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { undoBase } from '../../proof-steps.ts'
import type { Wanted } from '../../target.ts'
import {
  operatorAnswers,
  placeOfAnswers,
  servedBy,
  waitLimit,
  waitMs,
  workloadsOf,
} from '../answers.ts'
import type { OperatorPresent } from '../discover.ts'
import { profile } from '../profile.ts'
import { httpsPatch, patchTo, plainPatch } from '../resource.ts'
import { checkSteps, holdSteps } from './checks.ts'
import { proofSteps, undoProof } from './proof.ts'

export type Operator = Wanted<OperatorPresent>

/** From HTTP to HTTPS by the resource; where it has the Secret already, another pair without a restart. */
export function enableSteps(wanted: Operator): Step[] {
  const { answers, present, before } = wanted
  const own = operatorAnswers(answers)
  const place = placeInput(placeOfAnswers(own))
  const { tls } = present
  const loads = tls.useHttps && tls.secretName === own.secret
  return [
    ...checkSteps(answers),
    ...holdSteps(answers),
    certificateStep(wanted, profile(answers)),
    ...(before === undefined ? [keepFound(wanted)] : []),
    secretStep(wanted, before === undefined ? 'prepare.keep-found' : 'prepare.certificate'),
    ...(loads
      ? [
          {
            id: 'change.load',
            phase: 'change' as const,
            title: 'Load the new pair in each pod',
            act: load(wanted, { kept: 'chain.pem' }),
            undo: [
              {
                ...undoBase,
                id: 'undo.load',
                title: 'Load the pair of before in each pod',
                act: load(wanted, { before: 'chain.pem' }),
              },
            ],
            needs: ['change.secret'],
            onFail: 'undo' as const,
          },
        ]
      : [
          resourceStep(wanted, httpsPatch(own.secret), { secretName: own.secret, useHttps: true }),
          rolloutStep(wanted, 'change.rollout', ['change.resource']),
        ]),
    ...proofSteps(wanted, 'https', [loads ? 'change.load' : 'change.rollout']),
  ]

  function keepFound({ present: found }: Operator): Step {
    return {
      id: 'prepare.keep-found',
      phase: 'prepare',
      title: 'Keep what is there',
      act: {
        do: 'op:ais-operator.keep-found',
        input: { place, secret: found.tls.secretName },
        limit: '1m',
      },
      needs: ['prepare.certificate'],
      onFail: 'stop',
    }
  }
}

/** Back to HTTP; the Secret stays, so that it can be enabled again. */
export function disableSteps(wanted: Operator): Step[] {
  const { answers } = wanted
  return [
    ...checkSteps(answers),
    ...holdSteps(answers),
    resourceStep(wanted, plainPatch(), { secretName: '', useHttps: false }, ['prepare.hold']),
    rolloutStep(wanted, 'change.rollout', ['change.resource']),
    ...proofSteps(wanted, 'http', ['change.rollout']),
  ]
}

/** The pair in the Secret of always the same name; its undo puts the pair of before back. */
function secretStep({ answers, privateRoot, present }: Operator, needs: string): Step {
  const own = operatorAnswers(answers)
  const place = placeInput(placeOfAnswers(own))
  const base = { place, endpoint: answers.endpoint, name: own.secret }
  const files = (of: (name: string) => Text): { [key: string]: Input } => ({
    'tls.crt': of('chain.pem'),
    'tls.key': of('key.pem'),
    // the operator sets client_ca_tls whatever the root is, and no node starts without that file
    'ca.crt': of(privateRoot ? 'roots.pem' : 'chain.pem'),
  })
  const adopt = present.tls.secretName === own.secret
  const input = { ...base, adopt, files: files(name => ({ kept: name })) }
  const old = { ...base, adopt, files: files(name => ({ before: name })) }
  return {
    id: 'change.secret',
    phase: 'change',
    title: 'Put the pair into the Secret of the pods',
    look: {
      look: { do: 'op:ais-operator.secret-look', input, limit: '1m' },
      already: [{ json: 'held', equals: true }],
    },
    act: { do: 'op:ais-operator.secret-put', input, limit: '5m' },
    // where nothing mounts it yet there is nothing to take back
    ...(adopt
      ? {
          undo: [
            {
              ...undoBase,
              id: 'undo.secret',
              title: 'Put the pair of before back into the Secret',
              act: { do: 'op:ais-operator.secret-put', input: old, limit: '5m' },
            },
          ],
        }
      : {}),
    needs: [needs],
    onFail: 'undo',
  }
}

/** The operator does the rest: it mounts the Secret, writes the settings and restarts the pods. */
function resourceStep(
  wanted: Operator,
  patch: Json,
  goal: { secretName: string; useHttps: boolean },
  needs: string[] = ['change.secret'],
): Step {
  const own = operatorAnswers(wanted.answers)
  const base = { place: placeInput(placeOfAnswers(own)), resource: own.resource }
  const act = (of: Json): Op => ({
    do: 'op:ais-operator.patch',
    input: { ...base, patch: of as Input },
    limit: '5m',
  })
  return {
    id: 'change.resource',
    phase: 'change',
    title: goal.useHttps ? 'Set spec.tls and use_https' : 'Clear spec.tls and use_https',
    price: {
      text: 'All pods of the cluster restart; until the last one has, some speak the other scheme.',
      downtime: [30, 600],
    },
    look: {
      look: { do: 'op:ais-operator.look', input: base, limit: '1m' },
      already: [
        { json: 'secretName', equals: goal.secretName },
        { json: 'useHttps', equals: goal.useHttps },
      ],
    },
    act: act(patch),
    undo: [
      {
        ...undoBase,
        id: 'undo.resource',
        title: 'Set what the resource said before',
        act: act(patchTo(wanted.present.tls)),
      },
      { ...rolloutStep(wanted, 'undo.rollout', []), onFail: 'stop' },
      undoProof(wanted),
    ],
    needs,
    onFail: 'undo',
    away: 'begins',
  }
}

function rolloutStep({ answers }: Operator, id: string, needs: string[]): Step {
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

function load({ answers, present, privateRoot }: Operator, chain: Text): Op {
  const own = operatorAnswers(answers)
  return {
    do: 'op:ais-operator.load',
    input: {
      place: placeInput(placeOfAnswers(own)),
      served: servedBy(own, present.tls.ports) as unknown as Input,
      chain,
      roots: privateRoot ? [{ before: 'roots.pem' }, { kept: 'roots.pem' }] : [],
      name: answers.domain,
      waitMs: waitMs(own),
    },
    limit: waitLimit(own),
  }
}
