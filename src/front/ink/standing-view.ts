import type { Standing } from '../../plan/events.ts'
import { outputLines } from '../words/finished.ts'
import { type Line, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { cells, cutText, padText } from '../words/width.ts'
import type { Part } from './fit.ts'
import { spinner } from './spinner.ts'
import type { Stage } from './stage.ts'

/** Columns that the first cell has at most, and the others but the last. */
const firstMost = 32
const otherMost = 24

/** Row by row where each thing stands that is waited for; what is not well stays longest. */
export function standingParts(standing: Standing, stage: Stage, ticks: number): Part[] {
  const { head, rows, says } = standing
  const { narrow, glyphs } = stage
  const glyphOf = (state: Standing['rows'][number]['state']) =>
    state === 'runs' ? spinner(stage, ticks) : glyphs.state(state === 'done' ? 'done' : 'warns')
  const columns = columnsOf(standing, stage)
  const lines = rows.map(({ state, cells: texts }): Line[] =>
    narrow
      ? underEachOther(texts, glyphOf(state), stage)
      : [
          withRight(
            [span('  '), glyphOf(state), span(` ${columns(texts)}`)],
            '',
            stage.width,
            glyphs,
          ),
        ],
  )
  const first = (wanted: string) => rows.findIndex(({ state }) => state === wanted)
  return [
    { kind: 'help', lines: narrow ? [] : [[span(`    ${columns(head)}`, 'quiet')]] },
    { kind: 'list', rows: lines, cursor: Math.max(0, first('wrong'), first('runs')) },
    { kind: 'output', lines: says === undefined ? [] : outputLines([says], stage) },
  ]
}

/** Puts texts into columns that are as wide as what stands in them; the last is cut by the screen. */
function columnsOf({ head, rows }: Standing, { glyphs }: Stage) {
  const all = [head, ...rows.map(row => row.cells)]
  const widths = head.map((_, column) =>
    Math.min(
      column === 0 ? firstMost : otherMost,
      Math.max(...all.map(texts => cells(texts[column] ?? ''))),
    ),
  )
  return (texts: readonly string[]) =>
    texts
      .map((text, column) => {
        const width = widths[column] ?? 0
        return column === texts.length - 1
          ? text
          : padText(cutText(text, width, glyphs.rest), width)
      })
      .join('  ')
}

/** The name and the number after it; what it does now comes below. */
function underEachOther(
  [name = '', count = '', ...rest]: readonly string[],
  glyph: Line[number],
  { width, glyphs }: Stage,
): Line[] {
  const now = rest.filter(Boolean).join(' ')
  return [
    withRight([span('  '), glyph, span(` ${name}`)], count, width, glyphs),
    ...(now === '' ? [] : [withRight([span(`    ${now}`)], '', width, glyphs)]),
  ]
}
