import { placeInput } from '../../../kubernetes/place.ts'
import type { Input, Step, Text } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { undoBase } from '../../proof-steps.ts'
import { managedOf, operatorAnswers, placeOfAnswers } from '../answers.ts'
import { profile } from '../profile.ts'
import { httpsPatch, plainPatch } from '../resource.ts'
import { checkSteps, holdSteps } from './checks.ts'
import { keepFound, load, resourceStep, rolloutStep } from './common.ts'
import { managedSteps } from './managed.ts'
import { proofSteps } from './proof.ts'
import type { Operator } from './wanted.ts'

/** From HTTP to HTTPS by the resource; where it has the Secret already, another pair without a restart. */
export function enableSteps(wanted: Operator): Step[] {
  const { answers, present, before } = wanted
  if (managedOf(answers)) return managedSteps(wanted)
  const own = operatorAnswers(answers)
  const { tls } = present
  const loads = tls.useHttps && tls.secretName === own.secret
  return [
    ...checkSteps(answers),
    ...holdSteps(answers),
    certificateStep(wanted, profile(answers)),
    ...(before === undefined ? [keepFound(wanted, 'prepare.certificate')] : []),
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
          resourceStep(wanted, httpsPatch(own.secret), {
            secretName: own.secret,
            useHttps: true,
            managed: false,
          }),
          rolloutStep(wanted, 'change.rollout', ['change.resource']),
        ]),
    ...proofSteps(wanted, 'https', [loads ? 'change.load' : 'change.rollout']),
  ]
}

/** Back to HTTP; the Secret stays, so that it can be enabled again. */
export function disableSteps(wanted: Operator): Step[] {
  const { answers } = wanted
  return [
    ...checkSteps(answers),
    ...holdSteps(answers),
    resourceStep(wanted, plainPatch(), { secretName: '', useHttps: false, managed: false }, [
      'prepare.hold',
    ]),
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
