import type { Event } from '../../plan/events.ts'
import type { Decision } from '../../plan/run.ts'
import type { Row } from '../front.ts'
import { reduceChoice } from './choice-state.ts'
import { type Key, means } from './keys.ts'
import { scrollList } from './list-state.ts'
import { type Answer, afterEvent, type Question, type RunState, undoSteps } from './run-state.ts'

export type RunAction =
  | { is: 'event'; event: Event }
  | { is: 'stop' }
  | { is: 'notice'; text: string }
  | { is: 'question'; question: Question }
  | { is: 'pause'; until: number }
  /** The time of a pause is over. */
  | { is: 'elapsed' }
  /** A key in what is opened, with the heights of its rows as they are drawn. */
  | { is: 'scroll'; key: Key; heights: readonly number[]; room: number }
  /** The answer was passed on. */
  | { is: 'answered' }
  | Key

/** The run after an event, a key, or what the program asks. */
export function reduceRun(state: RunState, action: RunAction): RunState {
  switch (action.is) {
    case 'event':
      return afterEvent(state, action.event)
    case 'stop':
      return { ...state, stopping: true }
    case 'notice':
      return { ...state, notice: action.text }
    case 'question': {
      const { opened: _opened, ...rest } = state
      return { ...rest, question: action.question }
    }
    case 'pause':
      return { ...state, pauseUntil: action.until }
    case 'scroll':
      return state.opened
        ? { ...state, opened: scrollList(state.opened, action.key, action.heights, action.room) }
        : state
    case 'elapsed':
      return state.pauseUntil === undefined ? state : { ...state, answer: { pause: 'look' } }
    case 'answered': {
      const { answer: _answer, question: _question, pauseUntil: _until, ...rest } = state
      return rest
    }
    default:
      return onKey(withoutNotice(state), action)
  }
}

function withoutNotice(state: RunState): RunState {
  if (state.notice === undefined) return state
  const { notice: _notice, ...rest } = state
  return rest
}

function onKey(state: RunState, key: Key): RunState {
  if (state.opened) return inOpened(state, key)
  if (means(key, 'open') && state.current) {
    const { probes, lines } = state.current
    const failed = probes.findIndex(probe => probe.state === 'fail')
    const cursor = probes.length > 0 ? Math.max(0, failed) : Math.max(0, lines.length - 1)
    return { ...state, opened: { cursor, opened: false } }
  }
  if (state.question) return toQuestion(state, state.question, key)
  if (state.pauseUntil === undefined) return state
  if (means(key, 'again')) return { ...state, answer: { pause: 'look' } }
  if (means(key, 'leave') && mayLeave(state)) return { ...state, answer: { pause: 'leave' } }
  return state
}

function inOpened(state: RunState, key: Key): RunState {
  if (key.is === 'escape' || means(key, 'open')) {
    const { opened: _opened, ...rest } = state
    return rest
  }
  return state
}

function toQuestion(state: RunState, question: Question, key: Key): RunState {
  // a question in a run has no way back: it must be answered
  if (key.is === 'escape') return state
  const rows = questionRows(question, state)
  const choice = reduceChoice(rows)(question.choice, key)
  if (choice === question.choice) return state
  const { taken } = choice
  const value = typeof taken === 'number' ? rows[taken]?.value : undefined
  if (value === undefined) return { ...state, question: { ...question, choice } }
  return { ...state, answer: answerOf(value) }
}

function answerOf(value: Decision | 'yes' | 'no'): Answer {
  return value === 'yes' || value === 'no' ? { yes: value === 'yes' } : { decision: value }
}

/** The rows of a question, harmless ones included. */
export function questionRows(question: Question, state: RunState): Row<Decision | 'yes' | 'no'>[] {
  const { plan } = state
  if (question.about === 'ask') {
    return [
      { value: 'yes', title: 'Yes' },
      { value: 'no', title: 'No, not yet' },
    ]
  }
  const steps = undoSteps(state)
  const undo = [...new Set(steps.map(({ title }) => title.toLowerCase()))].join(', ')
  return [
    { value: 'again', title: 'Do this step again' },
    question.canUndo
      ? { value: 'undo', title: `Undo: ${undo || 'put back what was there'}` }
      : {
          value: 'undo',
          title: 'Undo',
          impossible: { reason: 'Nothing was changed that could be taken back.', fix: '' },
        },
    {
      value: 'stop',
      title: `Leave it so; later: secure-endpoint init --resume ${plan.endpoint}`,
    },
  ]
}

/** Leaving is safe where clients are served and nothing would be taken back. */
export function mayLeave({ plan, current, awaySince }: RunState): boolean {
  const step = plan.steps.find(({ id }) => id === current?.id)
  return awaySince === undefined && step?.onFail !== 'undo'
}
