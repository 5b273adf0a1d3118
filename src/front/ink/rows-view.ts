import { oneLine } from '../../process/plain-text.ts'
import { type Line, type Span, span } from '../words/line.ts'
import { cells } from '../words/width.ts'
import { wrapLine, wrapText } from '../words/wrap.ts'
import type { Part } from './fit.ts'
import { type ListState, numberOf } from './list-state.ts'
import type { Stage } from './stage.ts'

export interface ShownRow {
  title: string
  note?: string
  impossible?: { reason: string; fix: string }
}

/** Columns up to which a title pushes the notes to the right. */
const widestTitle = 34

/** Blanks between a title and its note. */
const gap = 3

interface RowsDrawing {
  /** Files have none: digits are typed there, and the reason alone says that one cannot be taken. */
  numbers?: boolean
}

/** Rows to choose from: number, title, note; those that cannot be taken with their reason. */
export function rowsPart(
  rows: readonly ShownRow[],
  list: ListState,
  stage: Stage,
  { numbers = true }: RowsDrawing = {},
): Part {
  const clean = rows.map(row => ({ ...row, title: oneLine(row.title), said: saidOf(row, numbers) }))
  const begins = clean.map((row, index) => beginOf(row, index, rows, numbers))
  const ends = clean.map(({ title }, index) => cells(begins[index] ?? '') + cells(title))
  const noted = ends.filter((end, index) => end <= widestTitle + 4 && clean[index]?.said !== '')
  const column = Math.max(0, ...noted) + gap
  return {
    kind: 'list',
    cursor: list.cursor,
    rows: clean.map((row, index) => {
      const at = index === list.cursor
      const begin: Span[] = [
        at ? span(`${stage.glyphs.cursor} `, 'active') : span('  '),
        span(begins[index] ?? '', row.impossible ? 'quiet' : undefined),
      ]
      return rowLines(row, begin, { at, opened: at && list.opened, column, stage })
    }),
  }
}

/** The number of a row, or the dash of one that cannot be taken. */
function beginOf(
  { impossible }: ShownRow,
  index: number,
  rows: readonly ShownRow[],
  numbers: boolean,
): string {
  if (impossible) return '– '
  return numbers ? `${numberOf(rows, index).padEnd(1)} ` : ''
}

function saidOf({ note = '', impossible }: ShownRow, numbers: boolean): string {
  if (!impossible) return oneLine(note)
  return numbers ? `not possible: ${reasonOf(impossible)}` : reasonOf(impossible)
}

interface RowDrawing {
  at: boolean
  opened: boolean
  /** Where the notes begin, without the two columns of the cursor. */
  column: number
  stage: Stage
}

function rowLines(row: ShownRow & { said: string }, begin: Span[], drawing: RowDrawing): Line[] {
  const { at, opened, column, stage } = drawing
  const { narrow, width } = stage
  const { title, said, impossible } = row
  const tone = impossible ? 'quiet' : at ? 'bold' : undefined
  const under = impossible && opened ? openedLines(impossible, width) : []
  if (narrow) {
    const told = at && said !== '' && !opened ? wrapText(said, width, 4, 'quiet').slice(0, 2) : []
    const head: Line = [...begin, span(title, tone)]
    return [...(at ? wrapLine(head, width, 4).slice(0, 2) : [head]), ...told, ...under]
  }
  if (said === '') return [[...begin, span(title, tone)], ...under]
  const end = cells(begin[1]?.text ?? '') + cells(title)
  const blanks = ' '.repeat(Math.max(gap, column - end))
  const line: Line = [...begin, span(title, tone), span(`${blanks}${said}`, 'quiet')]
  return [line, ...under]
}

function openedLines({ reason, fix }: { reason: string; fix: string }, width: number): Line[] {
  return [
    ...wrapText(oneLine(reason), width, 4),
    ...(fix === '' ? [] : wrapText(oneLine(fix), width, 4, 'bold')),
  ]
}

/** A reason as a part of a sentence: `It is going.` becomes `it is going`. */
function reasonOf({ reason }: { reason: string }): string {
  return oneLine(reason)
    .replace(/\.$/, '')
    .replace(/^[A-Z](?=[a-z ])/, letter => letter.toLowerCase())
}
