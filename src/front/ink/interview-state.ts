import { currentQuestion, goBack, type Interview, takeAnswer } from '../../answers/interview.ts'
import type { Choice, Found, Origin, Question } from '../../answers/question.ts'
import type { Json } from '../../plan/plan.ts'
import { valueOfTyped } from '../words/answers.ts'
import { type FieldState, startField, textOf, typeInField } from './field-state.ts'
import { completed, type InterviewRow, standing } from './interview-rows.ts'
import type { Key } from './keys.ts'
import { type ListState, moveInList } from './list-state.ts'

/** What the machine found for a question; without `found` it is still looked for. */
interface Looked {
  typed: string
  found?: Found
}

/** An interview on the screen. What stands in it by question stays when one goes back and forth. */
export interface InterviewState {
  interview: Interview
  fields: Readonly<Record<string, FieldState>>
  lists: Readonly<Record<string, ListState>>
  looked: Readonly<Record<string, Looked>>
  /** Questions with candidates whose field is opened for another answer. */
  typing: Readonly<Record<string, boolean>>
  wrong?: { wrong: string; fix: string }
  /** No key came since the question came up: its help stands. */
  untouched: boolean
  taken?: Interview | 'back'
}

export type InterviewAction =
  | Key
  /** The last key is a while ago. */
  | { is: 'check' }
  | { is: 'looked'; id: string; looked: Looked }
  /** An answer that was not typed: the path of a pasted file. */
  | { is: 'answer'; value: Json }
  /** A pasted file could not be kept. */
  | { is: 'refused'; wrong: string; fix: string }

/** @param fields what was typed in an earlier interview and not taken */
export function startInterviewScreen(
  interview: Interview,
  fields: InterviewState['fields'] = {},
): InterviewState {
  const kept = Object.entries(fields).filter(([id]) => interview.draft[id] === undefined)
  return {
    interview,
    fields: Object.fromEntries(kept),
    lists: {},
    looked: {},
    typing: {},
    untouched: true,
  }
}

export function reduceInterview(questions: readonly Question[]) {
  return (state: InterviewState, action: InterviewAction): InterviewState => {
    const question = currentQuestion(state.interview, questions)
    if (!question) return state
    switch (action.is) {
      case 'looked':
        return withLooked(state, action.id, action.looked)
      case 'refused':
        return { ...state, wrong: { wrong: action.wrong, fix: action.fix } }
      case 'check':
        return checkTyped(state, question)
      case 'answer':
        return take(state, questions, { value: action.value, from: 'answer' })
      case 'escape':
        return back(state, question, questions)
      default:
        return onKey(state, question, questions, action)
    }
  }
}

/** What was found, unless another folder is looked at by now. */
function withLooked(state: InterviewState, id: string, looked: Looked): InterviewState {
  const stale = looked.found !== undefined && state.looked[id]?.typed !== looked.typed
  return stale ? state : { ...state, looked: { ...state.looked, [id]: looked } }
}

function onKey(
  state: InterviewState,
  question: Question,
  questions: readonly Question[],
  key: Key,
): InterviewState {
  const { mode, rows, list, field } = standing(state, question)
  const { id } = question
  const row = rows[list.cursor]
  if (key.is === 'enter') {
    if (mode !== 'field' && row) return takeRow(state, question, questions, row, list)
    return take(state, questions, { value: valueOfTyped(question, textOf(field)), from: 'answer' })
  }
  if (mode === 'rows') {
    const moved = moveInList(list, key, rows)
    return moved === list ? state : { ...touched(state), lists: { ...state.lists, [id]: moved } }
  }
  if (mode === 'file' && movesOnly(key)) {
    const onField = key.is === 'up' && list.cursor <= 0
    const moved = onField ? { cursor: -1, opened: false } : moveInList(list, key, rows)
    return { ...touched(state), lists: { ...state.lists, [id]: moved } }
  }
  const typed = key.is === 'tab' ? completed(field, rows) : typeInField(field, key)
  // once something is typed, what is found later must not take its place
  const typing = { ...state.typing, [id]: true }
  return typed === field ? state : withField({ ...state, typing }, question, typed)
}

/** In a file question letters and digits are typed; only these keys move the cursor of its list. */
function movesOnly({ is }: Key): boolean {
  return is === 'up' || is === 'down' || is === 'page-up' || is === 'page-down'
}

function withField(
  state: InterviewState,
  { id, kind }: Question,
  field: FieldState,
): InterviewState {
  const { [id]: _list, ...others } = state.lists
  // the files that are listed hang on what is typed
  const lists = kind === 'file' ? others : state.lists
  return { ...touched(state), lists, fields: { ...state.fields, [id]: field } }
}

function touched(state: InterviewState): InterviewState {
  const { wrong: _wrong, ...rest } = state
  return { ...rest, untouched: false }
}

function takeRow(
  state: InterviewState,
  question: Question,
  questions: readonly Question[],
  row: InterviewRow,
  list: ListState,
): InterviewState {
  const { id } = question
  if (row.impossible) {
    const lists = { ...state.lists, [id]: { ...list, opened: !list.opened } }
    return { ...touched(state), lists }
  }
  if (row.other) return { ...touched(state), typing: { ...state.typing, [id]: true } }
  if (row.folder) return withField(state, question, startField(row.value))
  const isFile = question.kind === 'file'
  const fields = isFile ? { ...state.fields, [id]: startField(row.value) } : state.fields
  return take({ ...state, fields }, questions, row)
}

function take(
  state: InterviewState,
  questions: readonly Question[],
  given: { value: Json; from: Origin; also?: Choice['also'] },
): InterviewState {
  const next = takeAnswer(state.interview, questions, given)
  if ('wrong' in next) return { ...state, untouched: false, wrong: next }
  if (next.at === undefined) return { ...touched(state), interview: next, taken: next }
  return { ...touched(state), interview: next, untouched: true }
}

/** Says what is wrong with what is typed; nothing about an empty field. */
function checkTyped(state: InterviewState, question: Question): InterviewState {
  const { mode, field, rows } = standing(state, question)
  const text = textOf(field).trim()
  if (mode === 'rows' || text === '' || (mode === 'file' && rows.length > 0)) return state
  const checked = question.check(valueOfTyped(question, text))
  return 'wrong' in checked ? { ...state, wrong: checked } : state
}

function back(
  state: InterviewState,
  question: Question,
  questions: readonly Question[],
): InterviewState {
  const { id } = question
  const hasRows = question.kind !== 'file' && (state.looked[id]?.found?.choices.length ?? 0) > 0
  if (state.typing[id] && hasRows) {
    return { ...touched(state), typing: { ...state.typing, [id]: false } }
  }
  const before = goBack(state.interview, questions)
  if (!before) return { ...state, taken: 'back' }
  return { ...touched(state), interview: before, untouched: true }
}
