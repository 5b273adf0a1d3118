import { type Line, type Span, span } from './line.ts'
import { cells, cellsOfLine, head } from './width.ts'

/**
 * Breaks a line between words so that none is wider than `width`; the lines after the first begin with
 * `indent` blanks. A word that is too long alone is broken.
 */
export function wrapLine(line: Line, width: number, indent = 0): Line[] {
  if (cellsOfLine(line) <= width) return [line]
  const room = Math.max(indent + 1, width)
  const lines: Line[] = []
  let current: Span[] = []
  let used = 0
  let start = 0
  const next = () => {
    lines.push(current)
    current = indent > 0 ? [span(' '.repeat(indent))] : []
    used = indent
    start = indent
  }
  const put = (text: string, tone: Span['tone']) => {
    current.push(span(text, tone))
    used += cells(text)
  }
  for (const { text, tone } of line) {
    for (const word of text.split(/(\s+)/).filter(Boolean)) {
      if (used + cells(word) <= room) {
        put(word, tone)
        continue
      }
      if (word.trim() === '') continue
      if (used > start) next()
      let left = word
      while (cells(left) > room - used) {
        // a sign that is wider than the room would never fit
        const part = head(left, room - used) || ([...left][0] ?? '')
        put(part, tone)
        left = left.slice(part.length)
        if (left !== '') next()
      }
      put(left, tone)
    }
  }
  lines.push(current)
  return lines
}

/** A sentence as lines of at most `width` columns, all indented alike. */
export function wrapText(text: string, width: number, indent = 0, tone?: Span['tone']): Line[] {
  return wrapLine([span(' '.repeat(indent)), span(text, tone)], width, indent)
}
