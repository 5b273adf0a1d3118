import type { Answered } from '../answers/answers.ts'
import type { Secrets } from '../answers/secret.ts'
import { problem, usage } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Plan, Verb } from '../plan/plan.ts'
import type { StageFault } from '../rehearsal/faults.ts'
import type { Rehearsal } from '../rehearsal/rehearse.ts'
import { mustHaveSecrets } from '../road/given-secrets.ts'
import { makePlan, type PlanInput, type Planned } from '../road/make-plan.ts'
import { takeUp, unfinishedOf } from '../road/resume.ts'
import { clearUnfinished, hasTouched, isSameRun, type Unfinished } from '../road/unfinished.ts'
import { aboutTarget, targets } from '../targets/index.ts'
import type { Target } from '../targets/target.ts'
import { fetchLine } from './fetch-line.ts'
import { type Io, printErr } from './io.ts'

export interface GoOptions {
  yes?: boolean
  json?: boolean
  /** Stop after the plan. */
  plan?: boolean
  expectPlan?: string
  abandon?: boolean
  /** `rotate --undo`: bring the generation before back. */
  bringBack?: boolean
  /** `disable --offline`: without a word from the target. */
  offline?: boolean
  rehearse?: boolean
  stageFault?: StageFault
}

/** The target that answers name, loaded. */
export function targetOf({ answers }: Answered): Promise<Target> {
  return aboutTarget(answers.target.kind).load()
}

/** The target of a run that another version may have begun, loaded. */
export function targetOfUnfinished({ plan }: Unfinished): Promise<Target> {
  const listed = targets.find(({ kind }) => kind === plan.target)
  if (listed) return listed.load()
  throw problem(exitCodes.data, {
    id: 'record.unknown-target',
    title: `This secure-endpoint does not know the target ${plan.target}.`,
    fix: 'npx secure-endpoint@latest …',
  })
}

/** Starts the loopback stage for these answers. */
export async function rehearse(
  { answers }: Answered,
  target: Target,
  { stageFault }: GoOptions,
  { world }: Io,
): Promise<Rehearsal> {
  const { startRehearsal } = await import('../rehearsal/rehearse.ts')
  return startRehearsal({ answers, target, world, ...(stageFault ? { fault: stageFault } : {}) })
}

/** The plan of an unfinished run with the same answers, else a new one. */
export async function takenUpOrPlanned(
  verb: Verb,
  answered: Answered,
  target: Target,
  io: Io,
  { abandon, bringBack = false, offline = false }: GoOptions,
  secrets: Secrets,
): Promise<Planned> {
  const { world } = io
  const unfinished = await unfinishedOf(answered.answers.endpoint, world)
  if (unfinished && isSameRun(unfinished, { verb, answered, offline })) {
    await mustHaveSecrets(unfinished, target, secrets, world)
    return takeUp(unfinished, target, world)
  }
  // what comes back offline does so from wherever another run has stopped
  if (unfinished && !abandon && !offline && hasTouched(unfinished))
    throw otherUnfinished(answered.answers.endpoint, unfinished.verb)
  const onFetch = tellFetch(io)
  const planned = await makePlan({
    ...{ verb, answered, target, world, bringBack, offline, secrets },
    ...(onFetch ? { onFetch } : {}),
  })
  if (unfinished) await clearUnfinished(planned.paths)
  return planned
}

/** Says whom a gate asks for a certificate; where Ink draws, a question has said it before. */
export function tellFetch(io: Io): PlanInput['onFetch'] {
  return io.meet === 'ink' ? undefined : place => printErr(io, [fetchLine(place)])
}

function otherUnfinished(endpoint: string, verb: Verb) {
  return problem(exitCodes.later, {
    id: 'record.unfinished',
    title: `A run (${verb}) of ${endpoint} with other answers is not finished.`,
    subject: endpoint,
    evidence: '',
    why: 'Its steps may be half done.',
    fix: `Finish it: secure-endpoint init --resume ${endpoint}, or leave it so and go on with these answers: add --abandon`,
  })
}

/** Refuses to run another plan than the one that somebody agreed to. */
export function mustBeExpected({ digest }: Plan, expected: string | undefined): void {
  if (expected === undefined || (expected.length >= 8 && digest.startsWith(expected))) return
  throw usage(
    `The plan is ${digest.slice(0, 16)}, not ${expected.slice(0, 16)}: something changed since it was agreed to.`,
    'Look at it with secure-endpoint plan, then name its digest.',
    'What was agreed to would not be what runs.',
  )
}
