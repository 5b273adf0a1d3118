import type { Problem } from '../../errors.ts'
import type { Event, ProofResult, Standing } from '../../plan/events.ts'
import type { Phase, Plan, Step } from '../../plan/plan.ts'
import type { Decision } from '../../plan/run.ts'
import { type ChoiceState, startChoice } from './choice-state.ts'
import type { ListState } from './list-state.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** Lines of a tool that are kept to be opened. */
const mostLines = 2_000

/** The step that runs, waits or has just failed. */
export interface Current {
  id: string
  phase: Phase
  title: string
  command: readonly string[]
  limitMs: number
  /** Milliseconds since 1970. */
  startedAt: number
  seen: string
  /** When it last said something new. */
  saidAt: number
  lines: readonly string[]
  /** How many lines there were, also those that were dropped. */
  said: number
  wait?: Of<'wait'>
  /** Where each of several things stands that it waits for. */
  standing?: Standing
  probes: readonly ProofResult[]
  failed?: Of<'step.failed'>
}

type Ended = 'done' | 'skipped' | 'failed' | 'undone'

/** What a person is asked in the middle of a run. */
export type Question =
  | { about: 'decide'; step: Step; problem: Problem; choice: ChoiceState; canUndo: boolean }
  | { about: 'ask'; text: string; choice: ChoiceState }

/** What a person said to a question or in a wait. */
export type Answer = { decision: Decision } | { yes: boolean } | { pause: 'look' | 'leave' }

/** A run as it is seen: made from its events alone, and from what the person did. */
export interface RunState {
  plan: Plan
  run?: Of<'run.started'>
  startedAt?: number
  ended: Readonly<Record<string, Ended>>
  current?: Current
  /** What is taken back, once that has begun. */
  undo?: { startedAt: number; done: readonly { title: string; tookMs: number }[]; why: string }
  /** Since when clients get no answer: HH:MM:SS, UTC. */
  awaySince?: string
  question?: Question
  /** A wait passes until then (milliseconds since 1970). */
  pauseUntil?: number
  /** The whole output, or the probes, opened. */
  opened?: ListState
  stopping: boolean
  notice?: string
  answer?: Answer
  finished?: Of<'run.finished'>
}

export function startRun(plan: Plan): RunState {
  return { plan, ended: {}, stopping: false }
}

/** The run after an event. */
export function afterEvent(state: RunState, event: Event): RunState {
  const at = Date.parse(event.time)
  const { current } = state
  switch (event.type) {
    case 'run.started':
      return { ...state, run: event, startedAt: at }
    case 'step.started':
      return begun(state, event, at)
    case 'step.progress':
      return current?.id === event.id
        ? away({ ...state, current: afterProgress(current, event, at) }, event, false)
        : state
    case 'wait':
      return current?.id === event.id ? { ...state, current: afterWait(current, event, at) } : state
    case 'proof':
      return current?.id === event.step
        ? { ...state, current: { ...current, probes: withProbe(current.probes, event) } }
        : state
    case 'step.already':
    case 'step.done':
      return away(over(state, event, 'done'), event, true)
    case 'step.skipped':
      return over(state, event, 'skipped')
    case 'step.failed':
      return {
        ...state,
        ended: { ...state.ended, [event.id]: 'failed' },
        ...(current ? { current: { ...current, failed: event } } : {}),
      }
    case 'step.undone':
      return { ...state, ended: { ...state.ended, [event.id]: 'undone' } }
    case 'run.finished': {
      const { opened: _opened, question: _question, ...rest } = state
      return { ...rest, finished: event }
    }
    default:
      return state
  }
}

function begun(state: RunState, event: Of<'step.started'>, at: number): RunState {
  const { id, phase, title, command, limitMs } = event
  const current: Current = {
    id,
    phase,
    title,
    command,
    limitMs,
    startedAt: at,
    seen: '',
    saidAt: at,
    lines: [],
    said: 0,
    probes: [],
  }
  const { opened: _opened, pauseUntil: _until, ...rest } = state
  if (!event.undo) return { ...rest, current }
  const undo = state.undo ?? { startedAt: at, done: [], why: whyUndone(state) }
  return { ...rest, current, undo }
}

/** What led to the undo, in one line. */
function whyUndone({ current, run }: RunState): string {
  const probe = current?.probes.find(({ state }) => state === 'fail' || state === 'unknown')
  if (probe) return `${probe.id}   ${probe.seen}`
  const failed = current?.failed
  if (!failed) return `${run?.endpoint ?? 'What was begun'} goes back, as asked`
  return `${failed.title}: ${failed.findings[0]?.title ?? 'failed'}`
}

function afterProgress(current: Current, event: Of<'step.progress'>, at: number): Current {
  // a heartbeat says again what was seen: that is no word of the tool
  const isWord = event.line === true || event.seen !== current.seen
  if (!isWord) return current
  const { standing = current.standing } = event
  const said = { ...current, seen: event.seen, saidAt: at, ...(standing ? { standing } : {}) }
  if (!event.line) return said
  return {
    ...said,
    said: current.said + 1,
    lines: [...current.lines, event.seen].slice(-mostLines),
  }
}

function afterWait(current: Current, event: Of<'wait'>, at: number): Current {
  const changed = JSON.stringify(event.seen) !== JSON.stringify(current.wait?.seen)
  return { ...current, wait: event, ...(changed ? { saidAt: at } : {}) }
}

/** A probe that is tried again takes the place of what it said before. */
function withProbe(probes: readonly ProofResult[], event: Of<'proof'>): ProofResult[] {
  const same = (each: ProofResult) => each.id === event.id && each.address === event.address
  return [...probes.filter(each => !same(each)), event]
}

function over(
  state: RunState,
  event: Of<'step.done'> | Of<'step.already'> | Of<'step.skipped'>,
  how: Ended,
): RunState {
  const { current, pauseUntil: _until, ...rest } = state
  const isUndo = state.undo !== undefined && !state.plan.steps.some(({ id }) => id === event.id)
  if (isUndo && state.undo) {
    const tookMs = 'tookMs' in event ? event.tookMs : 0
    const done = [...state.undo.done, { title: event.title, tookMs }]
    return { ...rest, undo: { ...state.undo, done } }
  }
  return { ...rest, ended: { ...state.ended, [event.id]: how } }
}

/** Whether clients get an answer hangs on the steps that the plan marks so. */
function away(state: RunState, event: Event & { id: string }, over: boolean): RunState {
  const step = stepOf(state.plan, event.id)
  const acts = over || (event.type === 'step.progress' && event.line === true)
  if (step?.away === 'begins' && state.awaySince === undefined && acts) {
    return { ...state, awaySince: event.time.slice(11, 19) }
  }
  if (step?.away === 'ends' && over) {
    const { awaySince: _since, ...rest } = state
    return rest
  }
  return state
}

/** A step of the plan, or of what would take one of them back. */
function stepOf({ steps }: Plan, id: string): Step | undefined {
  return (
    steps.find(each => each.id === id) ??
    steps.flatMap(({ undo = [] }) => undo).find(each => each.id === id)
  )
}

/** The steps that would be taken back now, last first. */
export function undoSteps({ plan, ended, current }: RunState): Step[] {
  const began = (id: string) => id in ended || id === current?.id
  return plan.steps
    .filter(({ id, undo }) => undo !== undefined && began(id) && ended[id] !== 'skipped')
    .reverse()
    .flatMap(({ undo = [] }) => undo)
}

/** Rows of a question start at a harmless one. */
export function startQuestion(rows: number, at: number): ChoiceState {
  return startChoice(
    Array.from({ length: rows }, () => ({})),
    at,
  )
}
