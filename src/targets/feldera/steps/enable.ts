import { stopsWhenAway } from '../../../kubernetes/steps.ts'
import type { Step } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { profile } from '../profile.ts'
import { changeSteps, type Feldera, type Goal } from './change.ts'
import { checkSteps } from './checks.ts'
import { felderaSecret, holdSteps, keepSteps, namespaceSteps, valuesStep } from './prepare.ts'
import { plainProofSteps, proofSteps } from './proof.ts'

/** From nothing, from HTTP, or from another pair, to HTTPS with the pair that the plan makes. */
export function enableSteps(wanted: Feldera): Step[] {
  const { answers, present } = wanted
  const goal: Goal = {
    secret: { capture: 'change.secret.name' },
    leaf: { capture: 'prepare.certificate.fingerprint' },
    verb: 'enable',
  }
  const isNew = present.release.status === 'absent'
  return stopsWhenAway([
    ...checkSteps(answers, present),
    ...namespaceSteps(wanted),
    ...holdSteps(wanted),
    certificateStep(wanted, profile(answers)),
    ...keepSteps(wanted),
    felderaSecret(wanted, ['prepare.certificate', 'prepare.repair']),
    valuesStep(wanted, 'enable', ['change.secret']),
    ...changeSteps(wanted, goal, ['change.values']),
    ...proofSteps(wanted, [isNew ? 'change.healthy' : 'change.start']),
  ])
}

/** Back to HTTP: the same release without its Secret; the Secrets stay, so that it can be enabled again. */
export function disableSteps(wanted: Feldera): Step[] {
  const { answers, present } = wanted
  const goal: Goal = { secret: '', leaf: '', verb: 'disable' }
  return stopsWhenAway([
    ...checkSteps(answers, present),
    ...holdSteps(wanted),
    valuesStep(wanted, 'disable', ['prepare.repair']),
    ...changeSteps(wanted, goal, ['change.values']),
    ...plainProofSteps(wanted, ['change.start']),
  ])
}
