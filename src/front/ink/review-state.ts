import type { Verb } from '../../plan/plan.ts'
import type { ReviewChoice, Reviewed } from '../front.ts'
import { type ChoiceState, reduceChoice, startChoice } from './choice-state.ts'
import type { Key } from './keys.ts'
import { means } from './keys.ts'
import { type ListState, scrollList, startList } from './list-state.ts'
import { reduceText, startText, type TextState } from './text-state.ts'

/** What can be done with a plan, in the order of the rows. */
export function reviewChoices({ saveAs }: Pick<Reviewed, 'saveAs'>): readonly ReviewChoice[] {
  return saveAs === undefined ? ['run', 'rehearse', 'back'] : ['run', 'rehearse', 'change', 'save']
}

/** Where the review stands: at its rows, in the opened commands, or at the name to be typed. */
export interface ReviewState {
  choice: ChoiceState
  opened?: ListState
  /** What is lost makes the endpoint's name be typed. */
  agreeing?: TextState
  taken?: ReviewChoice
}

export interface ReviewFacts {
  choices: readonly ReviewChoice[]
  /** The endpoint's name; typed to agree where something is lost. */
  endpoint: string
  loses: boolean
  /** Lines of each opened step as it is drawn, and of the window that they are in. */
  heights: readonly number[]
  room: number
  /** Where each phase begins among them. */
  phaseStarts: readonly number[]
}

/**
 * The cursor starts on "Run it" only where that costs nothing, or after a rehearsal that passed; where
 * HTTPS would be given up, on what keeps it.
 */
export function startReview(
  { verb, priced, rehearsed }: { verb: Verb; priced: boolean; rehearsed: boolean },
  choices: readonly ReviewChoice[],
): ReviewState {
  const careful = verb === 'disable' ? choices.length - 1 : 1
  return { choice: startChoice(rowsOf(choices.length), priced && !rehearsed ? careful : 0) }
}

export function reduceReview(facts: ReviewFacts) {
  return (state: ReviewState, key: Key): ReviewState => {
    if (state.agreeing) return agree(state, state.agreeing, key, facts)
    if (state.opened) return inOpened(state, state.opened, key, facts)
    if (means(key, 'open')) return { ...state, opened: startList([]) }
    const choice = reduceChoice(rowsOf(facts.choices.length))(state.choice, key)
    if (choice.taken === undefined) return choice === state.choice ? state : { ...state, choice }
    const taken = choice.taken === 'back' ? 'back' : (facts.choices[choice.taken] ?? 'back')
    if (taken === 'run' && facts.loses) return { ...state, agreeing: startText('') }
    return { ...state, taken }
  }
}

function agree(
  state: ReviewState,
  agreeing: TextState,
  key: Key,
  { endpoint }: ReviewFacts,
): ReviewState {
  const check = (text: string) =>
    text.trim() === endpoint ? undefined : `This is not ${endpoint}. Nothing was started.`
  const next = reduceText(check)(agreeing, key)
  if (next.taken === 'back') {
    const { agreeing: _agreeing, ...rest } = state
    return rest
  }
  return next.taken ? { ...state, taken: 'run' } : { ...state, agreeing: next }
}

function inOpened(
  state: ReviewState,
  opened: ListState,
  key: Key,
  { heights, room, phaseStarts }: ReviewFacts,
): ReviewState {
  if (key.is === 'escape' || means(key, 'open')) {
    const { opened: _opened, ...rest } = state
    return rest
  }
  const { cursor } = opened
  if (key.is === 'page-down') {
    const next = phaseStarts.find(start => start > cursor) ?? heights.length - 1
    return { ...state, opened: { cursor: next, opened: false } }
  }
  if (key.is === 'page-up') {
    const before = phaseStarts.findLast(start => start < cursor) ?? 0
    return { ...state, opened: { cursor: before, opened: false } }
  }
  return { ...state, opened: scrollList(opened, key, heights, room) }
}

function rowsOf(count: number): object[] {
  return Array.from({ length: count }, () => ({}))
}
