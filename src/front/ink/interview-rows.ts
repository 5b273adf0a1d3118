import {
  answerTo,
  type Choice,
  choicesFor,
  type Origin,
  type Question,
} from '../../answers/question.ts'
import { oneLine } from '../../process/plain-text.ts'
import { typedForm } from '../words/answers.ts'
import { type FieldState, startField, textOf } from './field-state.ts'
import type { InterviewState } from './interview-state.ts'
import { type ListState, startList } from './list-state.ts'

/** A row of a question: what can be chosen, what was found, or the way to type another answer. */
export interface InterviewRow extends Choice {
  from: Origin
  /** Opens the field. */
  other?: true
  /** A folder: taking it goes into it. */
  folder?: true
}

/** How a question is asked now: by rows, by a field, or by a field with a list of files under it. */
export interface Standing {
  mode: 'rows' | 'field' | 'file'
  rows: InterviewRow[]
  list: ListState
  field: FieldState
  /** It is still looked for candidates. */
  looking: boolean
}

export function standing(state: InterviewState, question: Question): Standing {
  const { id, kind } = question
  const { draft } = state.interview
  const field = state.fields[id] ?? startField(typedForm(draft[id]?.value))
  const looked = state.looked[id]
  const looking = looked !== undefined && looked.found === undefined
  const found = (looked?.found?.choices ?? []).map(each => cleaned(each, 'found'))
  const choices = choicesFor(question, draft)
  const rows = rowsOf({ ...question, choices }, found, textOf(field), typedForm(draft[id]?.value))
  const asRows = kind === 'choice' || (kind !== 'file' && found.length > 0 && !state.typing[id])
  const mode = asRows ? 'rows' : kind === 'file' ? 'file' : 'field'
  const list = state.lists[id] ?? firstList(mode, rows, answerTo(question, draft))
  const cursor = Math.min(list.cursor, rows.length - 1)
  return { mode, rows, list: { ...list, cursor }, field, looking }
}

function rowsOf(
  question: Question,
  found: InterviewRow[],
  typed: string,
  answer: string,
): InterviewRow[] {
  if (question.kind === 'choice') return merged(question.choices ?? [], found)
  if (question.kind === 'file') return matching(found, typed, question.fallback !== undefined)
  const kept = answer !== '' && !found.some(({ value }) => value === answer) ? { note: answer } : {}
  return [...found, { value: '', title: 'Another one …', from: 'answer', other: true, ...kept }]
}

/** Fixed choices, each with what the machine knows of it, then those that only the machine knows. */
function merged(fixed: readonly Choice[], found: InterviewRow[]): InterviewRow[] {
  const known = fixed.map(choice => {
    const here = found.find(({ value }) => value === choice.value)
    return here ? { ...choice, ...here, from: 'answer' as const } : cleaned(choice, 'answer')
  })
  const more = found.filter(({ value }) => !fixed.some(choice => choice.value === value))
  return [...known, ...more]
}

/** The files that what is typed can still become; folders end in `/`. */
function matching(found: InterviewRow[], typed: string, optional: boolean): InterviewRow[] {
  const wanted = bare(typed)
  const rows = found
    .filter(({ value }) => bare(value).startsWith(wanted))
    .map(row => (row.value.endsWith('/') ? { ...row, folder: true as const } : row))
  const leave: InterviewRow = { value: '', title: 'Leave it out', from: 'answer' }
  return optional && typed === '' && rows.length > 0 ? [...rows, leave] : rows
}

function bare(path: string): string {
  return path.replace(/^(?:\.\/)+/, '')
}

function cleaned(choice: Choice, from: Origin): InterviewRow {
  const { note } = choice
  return {
    ...choice,
    title: oneLine(choice.title),
    ...(note === undefined ? {} : { note: oneLine(note) }),
    from,
  }
}

function firstList(mode: Standing['mode'], rows: InterviewRow[], answer: unknown): ListState {
  const at =
    answer === undefined
      ? -1
      : rows.findIndex(({ value, other, note }) => (other ? note : value) === answer)
  const taken = rows.some(({ impossible }) => impossible === undefined)
  if (mode === 'file' && at < 0 && !taken) return { cursor: -1, opened: false }
  return startList(rows, at)
}

/** Tab: as much as all rows that match have in common. */
export function completed(field: FieldState, rows: readonly InterviewRow[]): FieldState {
  const values = rows.filter(({ value }) => value !== '').map(({ value }) => value)
  const [first] = values
  if (first === undefined) return field
  const common = values.reduce((sofar, value) => {
    let length = 0
    while (length < sofar.length && sofar[length] === value[length]) length += 1
    return sofar.slice(0, length)
  }, first)
  return bare(common).length > bare(textOf(field)).length ? startField(common) : field
}
