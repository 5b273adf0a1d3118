import { Interrupted, Problem } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { EventBody, Outcome } from './events.ts'
import type { Performing } from './op.ts'
import type { Plan, Step } from './plan.ts'
import { performStep, type StepEnd, stopsOn } from './run-step.ts'

/** What a failed step leads to where a person can be asked. */
export type Decision = 'again' | 'undo' | 'stop'

export interface RunInput {
  plan: Pick<Plan, 'endpoint' | 'verb' | 'target' | 'digest' | 'steps' | 'findings'>
  /** Everything but what belongs to one step. */
  ctx: Omit<Performing, 'say' | 'proof' | 'finding' | 'wait'>
  captures: Map<string, string>
  emit(event: EventBody): void
  /** Steps that an earlier, unfinished run of this plan has begun; told before each act. */
  begun: {
    has(id: string): boolean
    add(id: string): Promise<void>
    remove(id: string): Promise<void>
  }
  /** The commands of a step, as shown. */
  commands(step: Step): string[]
  pause: (ms: number, signal: AbortSignal) => Promise<'look' | 'leave'>
  decide?: (step: Step, problem: Problem) => Promise<Decision>
  rehearsal: boolean
}

export interface RunResult {
  outcome: Outcome
  exit: ExitCode
  /** The problem that ended it, when it was not done. */
  problem?: Problem
}

interface State {
  ended: Map<string, StepEnd['how']>
  /** When clients stopped getting an answer (ms since 1970). */
  awaySince: number | undefined
  /** Steps that have acted on the target, in order. */
  changed: Set<Step>
}

/**
 * Carries a plan out: each step looks first, acts where it must, and is told as events. A step that
 * fails ends the run by its rule: `stop`, or `undo` in reverse order of all that was begun.
 */
export async function runPlan(input: RunInput): Promise<RunResult> {
  const { plan, emit, ctx } = input
  const began = ctx.world.clock.elapsed()
  const state: State = { ended: new Map(), awaySince: undefined, changed: new Set() }
  const { endpoint, verb, target, digest } = plan
  const steps = plan.steps.length
  emit({ type: 'run.started', endpoint, verb, target, digest, steps, rehearsal: input.rehearsal })
  for (const found of plan.findings ?? []) emit({ type: 'finding', ...found })
  const finish = (result: RunResult): RunResult => {
    const tookMs = Math.round(ctx.world.clock.elapsed() - began)
    emit({
      type: 'run.finished',
      ...outcomeOf(result),
      tookMs,
      ...reached(plan.steps, state),
      now: result.outcome === 'done' ? '' : nowOf(state, input),
    })
    return result
  }
  for (const step of plan.steps) {
    const skipped = step.needs.find(id => state.ended.get(id) === 'skipped')
    if (skipped !== undefined) {
      const title = plan.steps.find(({ id }) => id === skipped)?.title ?? skipped
      emit({ type: 'step.skipped', id: step.id, title: step.title, why: `needs: ${title}` })
      state.ended.set(step.id, 'skipped')
      continue
    }
    // a step that did not notice the stop has come to its end; the next one is not begun
    const failure = ctx.signal.aborted ? 'interrupted' : await attempt(step, state, input)
    if (failure === undefined) continue
    if (failure === 'interrupted')
      return finish({ outcome: 'interrupted', exit: interruptExit(ctx.signal) })
    if (failure.rule === 'stop') {
      return finish({ outcome: 'failed', exit: failure.problem.exit, problem: failure.problem })
    }
    const undone = await undoAll(step, state, input)
    if (undone === 'interrupted')
      return finish({ outcome: 'interrupted', exit: interruptExit(ctx.signal) })
    const { exit } = failure.problem
    return finish({ outcome: undone ? 'rolled-back' : 'failed', exit, problem: failure.problem })
  }
  return finish({ outcome: 'done', exit: exitCodes.done })
}

/** Takes back what an unfinished run of a plan has begun, and tells it as events. */
export async function undoPlan(input: RunInput): Promise<RunResult> {
  const { plan, emit, ctx } = input
  const began = ctx.world.clock.elapsed()
  const state: State = { ended: new Map(), awaySince: undefined, changed: new Set() }
  const { endpoint, verb, target, digest, steps } = plan
  emit({
    type: 'run.started',
    endpoint,
    verb,
    target,
    digest,
    steps: steps.length,
    rehearsal: input.rehearsal,
  })
  const last = steps.at(-1)
  const undone = last ? await undoAll(last, state, input) : true
  const result: RunResult =
    undone === 'interrupted'
      ? { outcome: 'interrupted', exit: interruptExit(ctx.signal) }
      : {
          outcome: undone ? 'rolled-back' : 'failed',
          exit: undone ? exitCodes.done : exitCodes.failed,
        }
  const tookMs = Math.round(ctx.world.clock.elapsed() - began)
  emit({
    type: 'run.finished',
    ...outcomeOf(result),
    tookMs,
    done: [],
    notDone: [],
    now: nowOf(state, input),
  })
  return result
}

/** Runs one step, again as often as the user decides so. undefined when it went well. */
async function attempt(
  step: Step,
  state: State,
  input: RunInput,
): Promise<undefined | 'interrupted' | { rule: 'stop' | 'undo'; problem: Problem }> {
  for (;;) {
    const end = await performStep(step, input, {
      onAct: async () => {
        await input.begun.add(step.id)
        if (step.phase === 'change') state.changed.add(step)
        if (step.away === 'begins') state.awaySince ??= input.ctx.world.clock.now()
      },
    })
    if (end.how !== 'failed') {
      state.ended.set(step.id, end.how)
      if (step.away === 'begins' && end.how === 'already')
        state.awaySince ??= input.ctx.world.clock.now()
      if (step.away === 'ends' && end.how !== 'skipped') state.awaySince = undefined
      return undefined
    }
    if (end.error instanceof Interrupted) return 'interrupted'
    const problem = step.decides === 'report' ? asWaited(end.error) : end.error
    if (beganNothing(step, problem)) await input.begun.remove(step.id)
    const refused = stopsOn(step, problem)
    const canUndo = step.onFail === 'undo' && !refused && undoable(step, input).length > 0
    const asked =
      input.decide && step.phase === 'change' ? await input.decide(step, problem) : undefined
    if (asked === 'again') continue
    const rule = asked ?? (canUndo ? 'undo' : 'stop')
    return { rule: rule === 'undo' && !canUndo ? 'stop' : rule, problem }
  }
}

/** Whether the step's tool refused before it began anything. */
function beganNothing({ act }: Step, { findings }: Problem): boolean {
  const explains = 'explains' in act ? (act.explains ?? []) : []
  return explains.some(each => each.beganNothing && each.id === findings[0]?.id)
}

/** *Reachable* never undoes: what it misses may only need time, which is exit 124. */
function asWaited(problem: Problem): Problem {
  return problem.exit === exitCodes.failed
    ? new Problem(exitCodes.waited, problem.findings)
    : problem
}

/** The steps before (and with) the failed one that were begun and can be taken back, last first. */
function undoable(failed: Step, { plan, begun }: RunInput): Step[] {
  const upTo = plan.steps.findIndex(({ id }) => id === failed.id)
  return plan.steps
    .slice(0, upTo + 1)
    .filter(step => step.undo !== undefined && begun.has(step.id))
    .reverse()
}

/** Takes back what was begun. true when all of it worked. */
async function undoAll(
  failed: Step,
  state: State,
  input: RunInput,
): Promise<boolean | 'interrupted'> {
  const { emit, ctx } = input
  for (const step of undoable(failed, input)) {
    const began = ctx.world.clock.elapsed()
    for (const undo of step.undo ?? []) {
      const end = await performStep(undo, input, { undo: true })
      if (end.how !== 'failed') {
        if (undo.away === 'ends') state.awaySince = undefined
        continue
      }
      if (end.error instanceof Interrupted) return 'interrupted'
      return false
    }
    const tookMs = Math.round(ctx.world.clock.elapsed() - began)
    emit({ type: 'step.undone', id: step.id, title: step.title, tookMs })
    state.ended.delete(step.id)
  }
  state.changed.clear()
  return true
}

function outcomeOf({ outcome, exit }: RunResult): { outcome: Outcome; exit: number } {
  return { outcome, exit }
}

function reached(steps: readonly Step[], { ended }: State): { done: string[]; notDone: string[] } {
  const of = (wanted: boolean) =>
    steps
      .filter(({ id }) => ended.has(id) === wanted && ended.get(id) !== 'skipped')
      .map(({ title }) => title)
  return { done: of(true), notDone: of(false) }
}

/** What clients meet at the end of a run; empty where nothing was changed. */
function nowOf({ awaySince, changed, ended }: State, { plan }: RunInput): string {
  if (awaySince !== undefined) {
    const since = new Date(awaySince).toISOString().slice(11, 19)
    return `${plan.endpoint} is down: clients get no answer since ${since} UTC`
  }
  const last = [...changed].at(-1)
  if (!last) return ''
  const proven = plan.steps.some(
    ({ id, decides }) => decides === 'undo' && ended.get(id) === 'done',
  )
  return proven
    ? `what ${plan.endpoint} serves is proven`
    : `changed, not proven yet: ${last.title}`
}

function interruptExit(signal: AbortSignal): ExitCode {
  return signal.reason instanceof Interrupted ? signal.reason.exit : exitCodes.interrupted
}
