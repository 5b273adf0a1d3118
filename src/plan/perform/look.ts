import { setMaxListeners } from 'node:events'
import { durationMs } from '../../duration.ts'
import { oneLine } from '../../process/plain-text.ts'
import { canonicalJson } from '../digest.ts'
import type { Op, Performing } from '../op.ts'
import type { Exec, Handshake, Http, Json, Op as OpAct } from '../plan.ts'
import type { Answer } from '../predicate.ts'
import { recently } from '../recent.ts'
import { resolveInput } from '../text.ts'
import { execLook } from './exec.ts'
import { tooLong } from './limits.ts'
import { handshakeLook, httpLook } from './network.ts'

/** A read-only act. What it answers is judged by predicates; only what prevents an answer throws. */
export async function look(act: Exec | Http | Handshake | OpAct, ctx: Performing): Promise<Answer> {
  if (act.do === 'exec') return execLook(act, ctx)
  if (act.do === 'http') return httpLook(act, ctx)
  if (act.do === 'handshake') return handshakeLook(act, ctx)
  return opLook(act, ctx)
}

/** How long an answer stands in for asking again, while nothing was changed. Milliseconds. */
const recentMs = 3_000

async function opLook(act: OpAct, ctx: Performing): Promise<Answer> {
  const input = resolveInput(act.input, ctx.bindings) as Record<string, Json>
  const key = canonicalJson([act.do, input])
  return answerOf(await recently(key, recentMs, ctx, () => runOp(act, input, ctx)))
}

/** Runs an op within its limit. */
export async function runOp(
  act: OpAct,
  input: Record<string, Json>,
  ctx: Performing,
): Promise<Json> {
  const limitMs = durationMs(act.limit)
  const limit = AbortSignal.timeout(Math.min(limitMs, 2 ** 31 - 1))
  let seen = ''
  const say: Performing['say'] = (text, more) => {
    seen = text
    ctx.say(text, more)
  }
  try {
    const signal = AbortSignal.any([ctx.signal, limit])
    setMaxListeners(0, signal) // every server and address that is asked listens for the stop
    return await opNamed(act.do, ctx).run(input, { ...ctx, signal, say })
  } catch (error) {
    if (limit.aborted && !ctx.signal.aborted) throw tooLong(limitMs, oneLine(ctx.redact(seen)))
    throw error
  }
}

export function opNamed(name: string, ctx: Pick<Performing, 'ops'>): Op {
  const op = ctx.ops[name.replace(/^op:/, '')]
  if (!op) throw new TypeError(`no such op: ${name}`)
  return op
}

/** An op's output as an answer; its `seen` is what is shown. */
export function answerOf(output: Json): Answer {
  const seen =
    output !== null && typeof output === 'object' && !Array.isArray(output) ? output.seen : ''
  return { json: output, text: JSON.stringify(output), seen: oneLine(String(seen ?? '')) }
}
