import { currentQuestion, type Interview } from '../../answers/interview.ts'
import type { Question } from '../../answers/question.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { Asking } from '../front.ts'
import { type GivenAnswer, givenAnswers, typedForm } from '../words/answers.ts'
import { type Line, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { cells, padText } from '../words/width.ts'
import { wrapText } from '../words/wrap.ts'
import { errorLines, fieldLine } from './field-view.ts'
import type { Part } from './fit.ts'
import { type Standing, standing } from './interview-rows.ts'
import type { InterviewState } from './interview-state.ts'
import { rowsHint } from './key-line.ts'
import type { Hint } from './keys.ts'
import { numbered } from './list-state.ts'
import { rowsPart } from './rows-view.ts'
import type { Stage } from './stage.ts'

/** The interview as it stands: answers above, the question, its field or rows, its help. */
export function interviewParts(
  state: InterviewState,
  { questions, all = questions }: Pick<Asking, 'questions' | 'all'>,
  stage: Stage,
  ticks: number,
): Part[] {
  const question = currentQuestion(state.interview, questions)
  if (!question) return []
  const now = standing(state, question)
  const above = answersAbove(state.interview, question, all, stage)
  const { width, glyphs } = stage
  const text = oneLine(question.text)
  const room = stage.narrow ? 0 : width - 2 - cells(text) - 2
  // the question is never cut for what stands beside it
  const aside = asidesOf(state, question, now, stage, ticks).find(each => cells(each) <= room) ?? ''
  const head = withRight([span('  '), span(text, 'bold')], aside, width, glyphs)
  const asked = aside === '' ? wrapText(text, width, 2, 'bold') : [head]
  const { wrong } = state
  return [
    { kind: 'context', lines: above.given },
    // the answer that one came back to stays when rows are short
    { kind: 'line', lines: above.here },
    { kind: 'context', lines: above.later },
    ...(Object.values(above).flat().length > 0 ? [{ kind: 'gap' } as const] : []),
    { kind: 'line', lines: asked },
    ...(now.mode === 'rows' ? [] : [fieldPart(state, question, now, stage)]),
    ...(now.mode === 'field'
      ? []
      : [rowsPart(now.rows, now.list, stage, { numbers: now.mode === 'rows' })]),
    { kind: 'line', lines: wrong ? errorLines(wrong.wrong, wrong.fix, stage) : [] },
    {
      kind: 'help',
      lines: state.untouched ? wrapText(oneLine(question.help), width, 2, 'quiet') : [],
    },
  ]
}

function fieldPart(
  state: InterviewState,
  question: Question,
  { field, rows, mode }: Standing,
  stage: Stage,
): Part {
  const fallback = typedForm(question.fallback?.(state.interview.draft))
  const empty =
    question.fallback === undefined
      ? ''
      : fallback === ''
        ? '(Enter leaves it out)'
        : `${fallback} (Enter takes it)`
  const line = fieldLine(question.noun, field, stage, { empty: mode === 'file' ? '' : empty })
  const files = rows.filter(({ value }) => value !== '')
  const able = files.filter(({ impossible }) => !impossible).length
  const counted =
    mode !== 'file' || stage.narrow || files.length === 0
      ? ''
      : able === files.length
        ? `${files.length} found`
        : `${files.length} found, ${able} can be used`
  return { kind: 'line', lines: [withRight(line, counted, stage.width, stage.glyphs)] }
}

/** Where the candidates come from, or that they are still looked for: the long form first. */
function asidesOf(
  { looked }: InterviewState,
  question: Question,
  { looking, mode }: Standing,
  { glyphs }: Stage,
  ticks: number,
): string[] {
  if (looking && question.find) {
    return [`${glyphs.spinner[ticks % glyphs.spinner.length]} looks what is here`]
  }
  const source = looked[question.id]?.found?.source
  // of files it is said beside the field, as far as what is typed leaves them
  if (source === undefined || mode === 'file') return []
  const from = oneLine(source)
  return mode === 'rows' ? [`${from} · r reads again`, from] : [from]
}

/** The answers so far; once somebody went back also those that come after. */
function answersAbove(
  { draft }: Interview,
  question: Question,
  questions: readonly Question[],
  stage: Stage,
): Record<Where, Line[]> {
  const lines: Record<Where, Line[]> = { given: [], here: [], later: [] }
  const place = (id: string | undefined) => questions.findIndex(each => each.id === id)
  for (const each of givenAnswers(draft, questions)) {
    const here = each.ids.includes(question.id)
    const later = place(each.ids[0]) > place(question.id)
    const where = here ? 'here' : later ? 'later' : 'given'
    lines[where].push(answerLine(each, where, stage))
  }
  return lines
}

/** Whether an answer belongs to a question before this one, to this one, or to one after it. */
type Where = 'given' | 'here' | 'later'

function answerLine(
  { label, text, looked }: GivenAnswer,
  where: Where,
  { glyphs, width, narrow }: Stage,
): Line {
  const kept =
    where === 'here'
      ? 'Enter keeps it'
      : where === 'later'
        ? `kept${looked ? ', is checked again' : ''}`
        : ''
  const line: Line = [
    where === 'here' ? span(`${glyphs.cursor} `, 'active') : span('  '),
    glyphs.state(where === 'later' ? 'next' : 'done'),
    span(` ${padText(label, narrow ? 11 : 16)} `),
    span(text === '' ? 'left out' : text, text === '' ? 'quiet' : undefined),
  ]
  return withRight(line, narrow ? '' : kept, width, glyphs)
}

/** The keys of the question as it is asked now. */
export function interviewHints(state: InterviewState, question: Question): Hint[] {
  const { mode, rows, list } = standing(state, question)
  const back: Hint = { key: 'back', word: 'back' }
  if (mode === 'field') {
    return [{ key: 'accept', word: 'takes it when it is right', narrow: 'Enter takes it' }, back]
  }
  if (mode === 'file') {
    return [
      { key: 'complete', word: 'completes', narrow: 'Tab' },
      { key: 'move', keys: '↑↓ Enter', word: 'takes it', narrow: '↑↓ Enter' },
      { key: 'accept', keys: 'a pasted PEM', word: 'is taken too', narrow: 'Esc back' },
      back,
    ]
  }
  const at = rows[list.cursor]
  const word = at?.impossible ? (list.opened ? 'closes' : 'tells why') : 'continue'
  const again: Hint[] = question.find ? [{ key: 'again', word: 'reads again' }] : []
  return [rowsHint(numbered(rows).length), { key: 'accept', word }, back, ...again]
}
