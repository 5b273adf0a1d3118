import type { Line, Span } from './line.ts'

// East Asian Width W and F (Unicode 16); what is only ambiguous is narrow in most terminals.
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const narrowest = /[\p{Mn}\p{Me}\p{Cf}]/u
const ascii = /^[\x20-\x7e]*$/

/**
 * Columns that a text takes in a terminal. Terminals differ where characters are joined to one sign;
 * each is counted for itself then, so the figure is never too small.
 */
export function cells(text: string): number {
  if (ascii.test(text)) return text.length
  let sum = 0
  for (const sign of text) sum += cellsOf(sign)
  return sum
}

function cellsOf(sign: string): number {
  // U+FE0F makes an emoji, two columns wide, of the sign before it
  if (sign === '\ufe0f') return 1
  // many terminals know no combining marks beyond U+FFFF
  if (narrowest.test(sign) && sign.length === 1) return 0
  return wide.test(sign) ? 2 : 1
}

export function cellsOfLine(line: Line): number {
  return line.reduce((sum, { text }) => sum + cells(text), 0)
}

/** The text in at most `width` columns; what does not fit ends in `rest`. */
export function cutText(text: string, width: number, rest: string): string {
  return cells(text) <= width ? text : `${head(text, width - cells(rest))}${rest}`
}

/** The end of a text in at most `width` columns, for a field whose end is typed at. */
export function cutStart(text: string, width: number, rest: string): string {
  if (cells(text) <= width) return text
  const kept = head([...text].reverse().join(''), width - cells(rest))
  return `${rest}${[...kept].reverse().join('')}`
}

/** As many signs as fit into `width` columns. */
export function head(text: string, width: number): string {
  let used = 0
  let kept = ''
  for (const sign of text) {
    used += cellsOf(sign)
    if (used > width) break
    kept += sign
  }
  return kept
}

export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)))
}

/** A line in at most `width` columns; what does not fit ends in `rest`. */
export function cutLine(line: Line, width: number, rest: string): Line {
  if (cellsOfLine(line) <= width) return line
  const kept: Span[] = []
  let room = Math.max(0, width - cells(rest))
  for (const each of line) {
    const text = head(each.text, room)
    if (text !== '') kept.push({ ...each, text })
    room -= cells(text)
    if (text !== each.text) break
  }
  return [...kept, { text: rest }]
}
