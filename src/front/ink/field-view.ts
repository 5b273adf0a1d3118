import { oneLine, plainText } from '../../process/plain-text.ts'
import { type Line, span } from '../words/line.ts'
import { cells, cutStart, cutText } from '../words/width.ts'
import { wrapLine } from '../words/wrap.ts'
import { type FieldState, textOf } from './field-state.ts'
import type { Stage } from './stage.ts'

/** Dots of a hidden text, whatever its length: their number would tell it. */
const dots = 8

interface FieldDrawing {
  hidden?: boolean
  /** What an empty field stands for. */
  empty?: string
}

/** `  Domain: fraud.ml.exam▏`: of a text that is too long, the part around the caret. */
export function fieldLine(
  noun: string,
  field: FieldState,
  { width, glyphs }: Pick<Stage, 'width' | 'glyphs'>,
  { hidden = false, empty = '' }: FieldDrawing = {},
): Line {
  const label = span(`  ${oneLine(noun)}: `)
  const caret = span(glyphs.caret, 'active')
  if (textOf(field) === '') {
    return [label, caret, ...(empty === '' ? [] : [span(` ${oneLine(empty)}`, 'quiet')])]
  }
  if (hidden) return [label, span(glyphs.hidden.repeat(dots)), caret]
  const room = Math.max(4, width - cells(label.text) - 1)
  const before = plainText(field.before)
  const after = plainText(field.after)
  const shownAfter = cutText(
    after,
    Math.max(1, room - cells(before), Math.floor(room / 3)),
    glyphs.rest,
  )
  const shownBefore = cutStart(before, room - cells(shownAfter), glyphs.rest)
  return [label, span(shownBefore), caret, span(shownAfter)]
}

/** What is wrong, and what to write instead. */
export function errorLines(
  wrong: string,
  fix: string,
  { width, glyphs }: Pick<Stage, 'width' | 'glyphs'>,
): Line[] {
  const text = oneLine(`${wrong} ${fix}`)
  return wrapLine([span('  '), glyphs.state('failed'), span(' '), span(text)], width, 4)
}
