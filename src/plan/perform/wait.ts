import { durationMs } from '../../duration.ts'
import { cappedMs } from '../limit.ts'
import type { Performing } from '../op.ts'
import type { Json, Manual, Wait } from '../plan.ts'
import { type Answer, allHold, type Predicate } from '../predicate.ts'
import { resolveInput, resolveText } from '../text.ts'
import { isTooLong, left, tooLong } from './limits.ts'
import { look } from './look.ts'

/** Looks until the predicates hold. At the limit it fails (124), or goes on where the plan says so. */
export async function waitAct(act: Wait, ctx: Performing): Promise<Answer> {
  return orGoOn(act, () => lookUntil(act, act, ctx))
}

async function orGoOn(
  { atLimit }: { atLimit?: 'fail' | 'go-on' },
  wait: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await wait()
  } catch (error) {
    if (atLimit === 'go-on' && isTooLong(error)) return { text: '', seen: 'not yet, going on' }
    throw error
  }
}

/** Something that a person does, over when the look sees it, or when the person says so. */
export async function manualAct(act: Manual, ctx: Performing): Promise<Answer> {
  const text = act.text.map(each => resolveText(each, ctx.bindings))
  const copy = act.copy === undefined ? undefined : resolveText(act.copy, ctx.bindings)
  const manual = { text, ...(copy === undefined ? {} : { copy }) }
  const { look: looking } = act
  if (looking) return orGoOn(act, () => lookUntil(looking, act, ctx, manual))
  if (!ctx.ask) return { text: 'nobody', seen: 'nobody is there to ask', json: { done: false } }
  const done = await ctx.ask([...text, act.ask ?? 'Is this done?'].join('\n'))
  return { text: '', seen: done ? 'said to be done' : 'not done yet', json: { done } }
}

interface Looking {
  look: Wait['look']
  until: Predicate[]
  every: string
}

async function lookUntil(
  { look: what, until, every }: Looking,
  { limit }: { limit: string },
  ctx: Performing,
  manual?: { text: string[]; copy?: string },
): Promise<Answer> {
  const { clock } = ctx.world
  const limitMs = cappedMs(durationMs(limit), ctx)
  const predicates = resolveInput(until as never, ctx.bindings) as unknown as Predicate[]
  const began = clock.elapsed()
  for (;;) {
    const answer = await look(what, ctx)
    if (allHold(predicates, answer)) return answer
    ctx.recent.clear()
    const elapsedMs = clock.elapsed() - began
    if (elapsedMs >= limitMs) throw tooLong(limitMs, answer.seen)
    const state = { elapsedMs, limitMs, nextMs: durationMs(every), seen: shown(answer) }
    const next = await ctx.wait(
      manual ? { ...state, manual: { ...manual, ...found(answer) } } : state,
    )
    if (next === 'leave') throw left(answer.seen)
  }
}

/** What only the look knows of what a person has to do: the exact record to create. */
function found({ json }: Answer): { text?: string[]; copy?: string } {
  if (json === null || typeof json !== 'object' || Array.isArray(json) || json === undefined)
    return {}
  const { text, copy } = json
  return {
    ...(Array.isArray(text) ? { text: text.map(String) } : {}),
    ...(typeof copy === 'string' ? { copy } : {}),
  }
}

/** A look that names servers is shown as a list of them, any other as words. */
function shown({ json, seen }: Answer): Json {
  const servers = json !== null && typeof json === 'object' && !Array.isArray(json) && json?.servers
  return Array.isArray(servers) ? servers : seen
}
