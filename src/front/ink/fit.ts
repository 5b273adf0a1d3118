import { type Line, span } from '../words/line.ts'

/** A piece of a frame. Its kind says what happens to it when rows are short. */
export type Part =
  /** The question, the error, the key line: stays. */
  | { kind: 'line'; lines: readonly Line[] }
  /** A blank line. */
  | { kind: 'gap' }
  /** What a tool says: its newest lines stay longest. */
  | { kind: 'output'; lines: readonly Line[] }
  /** What stands above the question and was answered before: its newest lines stay longest. */
  | { kind: 'context'; lines: readonly Line[] }
  /** Rows, of which a window around the cursor is shown; `of` stands behind `1–5 of 20` then. */
  | { kind: 'list'; rows: readonly (readonly Line[])[]; cursor: number; of?: string; skip?: number }
  | { kind: 'help'; lines: readonly Line[] }

type Kind = Part['kind']

/** What gives way first, and how little of it stays: the order of the storyboard's rules. */
const order: readonly (readonly [Kind, least: number])[] = [
  ['gap', 0],
  ['output', 1],
  ['context', 0],
  ['output', 0],
  ['list', 3],
  ['help', 0],
  ['list', 1],
  ['list', 0],
  ['line', 1],
]

/** Lines of a list that stay where even its one row is too high. */
const fewestLines = 2

/** The lines of a frame that is at most `rows` high. */
export function fitParts(parts: readonly Part[], rows: number): Line[] {
  const high = parts.map(heightOf)
  let over = high.reduce((sum, each) => sum + each, 0) - rows
  for (const [kind, least] of order) {
    for (const [index, part] of parts.entries()) {
      if (over <= 0) break
      if (part.kind !== kind) continue
      const now = high[index] ?? 0
      const smallest = part.kind === 'list' ? leastOf(part, least) : least
      const less = Math.max(0, Math.min(over, now - smallest))
      high[index] = now - less
      over -= less
    }
  }
  return parts.flatMap((part, index) => shown(part, high[index] ?? 0)).slice(-rows)
}

function heightOf(part: Part): number {
  if (part.kind === 'gap') return 1
  if (part.kind === 'list') {
    const counted = part.of === undefined ? 0 : 1
    return part.rows.reduce((sum, row) => sum + row.length, counted)
  }
  return part.lines.length
}

function leastOf({ rows, cursor }: Extract<Part, { kind: 'list' }>, least: number): number {
  // a row that is opened may be higher than all there is: its first lines stay
  if (least === 0) return Math.min(fewestLines, rows.flat().length)
  const { from, to } = around(
    cursor,
    rows.map(() => 1),
    least,
  )
  return rows.slice(from, to).reduce((sum, row) => sum + row.length, 0)
}

function shown(part: Part, high: number): Line[] {
  if (high <= 0) return []
  switch (part.kind) {
    case 'gap':
      return [[span('')]]
    case 'list':
      return windowOf(part, high)
    case 'output':
    case 'context':
      return part.lines.slice(-high)
    default:
      return part.lines.slice(0, high)
  }
}

function windowOf(part: Extract<Part, { kind: 'list' }>, high: number): Line[] {
  const { rows, cursor, of = '', skip = 0 } = part
  const heights = rows.map(row => row.length)
  const whole = heightOf(part) <= high && part.of === undefined
  // which rows are shown is said where that leaves three of them
  const counts = !whole && high > 3
  const { from, to } = around(cursor, heights, counts ? high - 1 : high)
  const lines = rows
    .slice(from, to)
    .flat()
    .slice(to - from === 1 ? skip : 0)
  if (!counts) return lines.slice(0, high)
  const count = `${(from + 1).toLocaleString('en')}–${to.toLocaleString('en')} of ${rows.length.toLocaleString('en')}`
  return [...lines.slice(0, high - 1), [span(`  ${count}${of}`, 'quiet')]]
}

/**
 * The window of rows that is shown: the cursor's row, and as many around it as fit, the cursor in the
 * middle where that is possible.
 *
 * @param heights lines of each row
 */
export function around(
  cursor: number,
  heights: readonly number[],
  room: number,
): { from: number; to: number } {
  const at = Math.max(0, Math.min(heights.length - 1, cursor))
  let from = at
  let to = Math.min(heights.length, at + 1)
  let left = room - (heights[at] ?? 0)
  for (;;) {
    const above = heights[from - 1]
    const below = heights[to]
    const fitsAbove = above !== undefined && above <= left
    const fitsBelow = below !== undefined && below <= left
    if (!fitsAbove && !fitsBelow) return { from, to }
    // the side with fewer rows first keeps the cursor in the middle
    if (fitsBelow && (!fitsAbove || to - at - 1 <= at - from)) {
      to += 1
      left -= below
    } else if (above !== undefined) {
      from -= 1
      left -= above
    }
  }
}
