import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import type { Finding } from '../../findings.ts'
import type { Performing } from '../op.ts'
import type { Act, Explanation, Json, Op } from '../plan.ts'
import { type Answer, allHold, atPath, holds, type Predicate } from '../predicate.ts'
import { forget } from '../recent.ts'
import { resolveInput } from '../text.ts'
import { execAct } from './exec.ts'
import { explained } from './explained.ts'
import { answerOf, look, opNamed, runOp } from './look.ts'
import { manualAct, waitAct } from './wait.ts'
import { writeAct } from './write.ts'

/**
 * Performs one act of a plan.
 *
 * @throws Problem when it did not do what the plan expects of it; Interrupted when the user stopped it
 */
export async function perform(act: Act, ctx: Performing): Promise<Answer> {
  switch (act.do) {
    case 'exec':
      return execAct(act, ctx)
    case 'write':
      return writeAct(act, ctx)
    case 'wait':
      return waitAct(act, ctx)
    case 'manual':
      return manualAct(act, ctx)
    case 'http':
    case 'handshake':
      return expected(act, await look(act, ctx), ctx)
    default:
      return opAct(act as Op, ctx)
  }
}

async function opAct(act: Op, ctx: Performing): Promise<Answer> {
  const input = resolveInput(act.input, ctx.bindings) as Record<string, Json>
  return expected(act, answerOf(await runOp(act, input, ctx)), ctx)
}

function expected(
  { expect = [], explains = [] }: { expect?: Predicate[]; explains?: Explanation[] },
  answer: Answer,
  { bindings }: Performing,
): Answer {
  const resolved = resolveInput(expect as never, bindings) as unknown as Predicate[]
  if (allHold(resolved, answer)) return answer
  const known = explains.find(({ when }) => holds(when, answer))
  if (known) throw explained(known, '', answer.seen)
  throw new Problem(exitCodes.failed, [notAsWanted(answer)])
}

/** A proof names the probes that did not pass; anything else says what is seen. */
function notAsWanted({ json, seen }: Answer): Finding {
  const failed = atPath(json, 'failed')
  const ids = Array.isArray(failed) ? failed.join(', ') : ''
  return {
    id: ids === '' ? 'step.not-as-wanted' : 'proof.failed',
    severity: 'blocks',
    title: ids === '' ? 'It is not as wanted.' : `${ids} did not pass.`,
    subject: '',
    evidence: seen,
    why: 'Clients would not get what the plan promises.',
    fix: 'Look at what is seen; the same command takes it up again.',
  }
}

/** Forgets of what was read a moment ago all that an act may have changed. */
export function forgetChanged(act: Act, ctx: Performing, { failed }: { failed: boolean }): void {
  const op = act.do.startsWith('op:') ? opNamed(act.do, ctx) : undefined
  if (act.do === 'exec' || act.do === 'manual') forget(ctx.recent)
  else if (op?.changes && (failed || !op.forgets)) forget(ctx.recent, op.changesOnly)
}
