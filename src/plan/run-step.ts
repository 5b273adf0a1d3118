import { durationMs } from '../duration.ts'
import { Interrupted, Problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { oneLine } from '../process/plain-text.ts'
import type { EventBody, Standing } from './events.ts'
import { limitOf } from './limit.ts'
import type { Performing } from './op.ts'
import { tooLong } from './perform/limits.ts'
import { look } from './perform/look.ts'
import { forgetChanged, perform } from './perform/perform.ts'
import { isWritten } from './perform/write.ts'
import type { Look, Step } from './plan.ts'
import { type Answer, allHold, atPath, type Predicate } from './predicate.ts'
import type { RunInput } from './run.ts'
import { resolveInput } from './text.ts'

export type StepEnd =
  | { how: 'done' | 'already' | 'skipped' }
  | { how: 'failed'; error: Problem | Interrupted }

/** After this long without a word, a step says that it still runs. Milliseconds. */
const heartbeatMs = 10_000

/** Looks, acts, captures; tells all of it as events. Never throws but for bugs of ours. */
export async function performStep(
  step: Step,
  input: RunInput,
  { onAct, undo = false }: { onAct?: () => Promise<void>; undo?: boolean } = {},
): Promise<StepEnd> {
  const { emit } = input
  const { clock } = input.ctx.world
  const { id, phase, title, price } = step
  const began = clock.elapsed()
  const took = () => Math.round(clock.elapsed() - began)
  const command = input.commands(step)
  const limitMs = limitOf(step)
  emit({
    type: 'step.started',
    id,
    phase,
    title,
    command,
    limitMs,
    ...(price ? { price } : {}),
    ...(undo ? { undo } : {}),
  })
  const speaking = speaker(step, input, took)
  try {
    const already = await lookFirst(step, speaking.ctx)
    if (already) {
      capture(step, already, input.captures)
      emit({ type: 'step.already', id, title, seen: already.seen, tookMs: took() })
      return { how: 'already' }
    }
    await onAct?.()
    let failed = true
    const answer = await perform(step.act, speaking.ctx)
      .then(said => {
        failed = false
        return said
      })
      .finally(() => {
        // a check asks, whatever tool it uses
        if (phase !== 'check') forgetChanged(step.act, speaking.ctx, { failed })
      })
    if (step.act.do === 'manual' && isDone(answer) === false) {
      emit({ type: 'step.skipped', id, title, why: answer.seen })
      return { how: 'skipped' }
    }
    capture(step, answer, input.captures)
    const notRun = input.rehearsal && step.act.do === 'exec' ? { notRun: true } : {}
    emit({
      type: 'step.done',
      id,
      title,
      tookMs: took(),
      seen: seenOf(step, answer, input),
      ...notRun,
    })
    return { how: 'done' }
  } catch (thrown) {
    const error = asEnd(thrown, input.ctx.signal)
    if (error instanceof Interrupted) return { how: 'failed', error }
    const { findings, exit } = error
    const rule = stopsOn(step, error) ? 'stop' : step.onFail
    const output = speaking.lines.slice(-40)
    emit({
      type: 'step.failed',
      id,
      title,
      tookMs: took(),
      exit,
      findings: [...findings],
      output,
      rule,
    })
    return { how: 'failed', error }
  } finally {
    speaking.end()
  }
}

/** Whether a step's failure ends the run as it is: nothing was changed, or nothing can be taken back. */
export function stopsOn({ stopOn = [] }: Step, { exit, findings }: Problem): boolean {
  return stopOn.includes(exit) || findings.some(({ id }) => stopOn.includes(id))
}

/** A tool that answers JSON has no last line worth showing: what was captured is shown instead. */
function seenOf(step: Step, answer: Answer, { captures }: RunInput): string {
  if (step.act.do !== 'exec' || answer.json === undefined) return answer.seen
  const names = Object.keys(step.captures ?? {})
  return names.map(name => captures.get(`${step.id}.${name}`)).join(', ')
}

/** What a step says while it runs, with a heartbeat when it is silent. */
function speaker(step: Step, input: RunInput, took: () => number) {
  const { emit } = input
  const { id } = step
  const limitMs = limitOf(step)
  const lines: string[] = []
  let seen = ''
  const clean = (text: string) => oneLine(input.ctx.redact(text)).slice(0, 400)
  const progress = (more: { line?: boolean; standing?: Standing }) =>
    emit({ type: 'step.progress', id, elapsedMs: took(), limitMs, seen, ...more })
  const timer = setInterval(() => progress({}), heartbeatMs)
  timer.unref()
  const ctx: Performing = {
    ...input.ctx,
    say(text, { line, standing } = {}) {
      seen = clean(text)
      if (line) lines.push(seen)
      progress({
        ...(line ? { line } : {}),
        ...(standing ? { standing: cleanStanding(standing, clean) } : {}),
      })
    },
    proof: result => emit({ type: 'proof', step: id, ...result }),
    finding: found => emit({ type: 'finding', ...found }),
    async wait(state) {
      emit({ type: 'wait', id, ...state } as Extract<EventBody, { type: 'wait' }>)
      return input.pause(state.nextMs, input.ctx.signal)
    },
  }
  return { ctx, lines, end: () => clearInterval(timer) }
}

function cleanStanding({ head, rows, says }: Standing, clean: (text: string) => string): Standing {
  return {
    head,
    rows: rows.map(({ state, cells }) => ({ state, cells: cells.map(clean) })),
    ...(says === undefined ? {} : { says: clean(says) }),
  }
}

/** The answer that shows the world to be as wanted already; undefined when the step must act. */
async function lookFirst(step: Step, ctx: Performing): Promise<Answer | undefined> {
  if (step.act.do === 'write') {
    return (await isWritten(step.act, ctx)) ? { text: '', seen: 'as wanted' } : undefined
  }
  if (!step.look) return undefined
  const { every = '2s', limit = '10m' } = step.look
  const { already, busy } = resolved(step.look, ctx)
  const began = ctx.world.clock.elapsed()
  for (;;) {
    const answer = await look(step.look.look, ctx)
    if (allHold(already, answer)) return answer
    if (busy === undefined || !allHold(busy, answer)) return undefined
    if (ctx.world.clock.elapsed() - began > durationMs(limit))
      throw tooLong(durationMs(limit), answer.seen)
    ctx.say(`waits for what is under way: ${answer.seen}`)
    await ctx.world.clock.sleep(durationMs(every), ctx.signal)
    ctx.recent.clear()
  }
}

function resolved(
  step: Look,
  { bindings }: Performing,
): { already: Predicate[]; busy?: Predicate[] } {
  const both = (predicates: Predicate[]) =>
    resolveInput(predicates as never, bindings) as unknown as Predicate[]
  return { already: both(step.already), ...(step.busy ? { busy: both(step.busy) } : {}) }
}

function capture(step: Step, answer: Answer, into: Map<string, string>): void {
  for (const [name, from] of Object.entries(step.captures ?? {})) {
    const value =
      'json' in from
        ? atPath(answer.json, from.json)
        : new RegExp(from.regex, 'm').exec(answer.text)?.[1]
    if (value === undefined || value === null) throw notFound(step, name, answer)
    into.set(`${step.id}.${name}`, String(value))
  }
}

function notFound(step: Step, name: string, answer: Answer): Problem {
  const title = `${step.title}: the answer has no ${name}.`
  const found = { id: 'step.capture-missing', severity: 'blocks', title, subject: step.id } as const
  const why = 'A later step needs it.'
  const fix = 'Look at what is seen; the same command takes it up again.'
  return new Problem(exitCodes.unavailable, [{ ...found, evidence: answer.seen, why, fix }])
}

function isDone({ json }: Answer): boolean | undefined {
  return json !== null &&
    typeof json === 'object' &&
    !Array.isArray(json) &&
    typeof json?.done === 'boolean'
    ? json.done
    : undefined
}

/** A stop by the user counts as that, whatever the step made of it; a bug goes on up. */
function asEnd(thrown: unknown, signal: AbortSignal): Problem | Interrupted {
  if (signal.aborted || thrown instanceof Interrupted) return new Interrupted()
  if (thrown instanceof Problem) return thrown
  throw thrown
}
