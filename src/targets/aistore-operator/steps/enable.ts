import type { Step } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { managedOf } from '../answers.ts'
import { profile } from '../profile.ts'
import { httpsPatch, plainPatch } from '../resource.ts'
import { checkSteps, holdSteps } from './checks.ts'
import { keepFound, load, resourceStep, rolloutStep } from './common.ts'
import { managedSteps } from './managed.ts'
import { proofSteps } from './proof.ts'
import { secretStep } from './secret.ts'
import { trustSteps } from './trust.ts'
import { type Operator, partsNodes } from './wanted.ts'

/**
 * From HTTP to HTTPS by the resource. Where it serves a pair already, another one is loaded without a
 * restart; one of another root only after all pods have started again with both roots.
 */
export function enableSteps(wanted: Operator): Step[] {
  const { answers, present, before } = wanted
  if (managedOf(answers)) return managedSteps(wanted)
  const { tls, secret } = present
  const serves = tls.useHttps && tls.secretName !== ''
  const parts = partsNodes(wanted)
  const loads = parts || (serves && tls.secretName === secret)
  const kept = before === undefined ? 'prepare.keep-found' : 'prepare.certificate'
  const https = { secretName: secret, useHttps: true, managed: false }
  return [
    ...checkSteps(answers),
    ...holdSteps(answers),
    certificateStep(wanted, profile(answers)),
    ...(before === undefined ? [keepFound(wanted, 'prepare.certificate')] : []),
    ...(parts ? trustSteps(wanted, kept) : []),
    secretStep(wanted, parts ? 'change.rollout' : kept, { loads }),
    ...(loads
      ? [
          {
            id: 'change.load',
            phase: 'change' as const,
            title: 'Load the new pair in each pod',
            act: load(wanted, { kept: 'chain.pem' }),
            needs: ['change.secret'],
            onFail: 'undo' as const,
          },
        ]
      : [
          resourceStep(wanted, httpsPatch(secret), https),
          rolloutStep(wanted, 'change.rollout', ['change.resource']),
        ]),
    ...proofSteps(wanted, 'https', [loads ? 'change.load' : 'change.rollout']),
  ]
}

/** Back to HTTP; the Secret stays, so that it can be enabled again. */
export function disableSteps(wanted: Operator): Step[] {
  const { answers, present } = wanted
  const http = { secretName: '', useHttps: false, managed: false }
  return [
    ...checkSteps(answers),
    ...holdSteps(answers),
    resourceStep(wanted, plainPatch(present.tls), http, ['prepare.hold']),
    rolloutStep(wanted, 'change.rollout', ['change.resource']),
    ...proofSteps(wanted, 'http', ['change.rollout']),
  ]
}
