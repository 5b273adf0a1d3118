import { type Line, type Span, span } from './line.ts'
import { cells, cellsOfLine, cutLine, head } from './width.ts'

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
    lines.push(withoutEnd(current))
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

/** The line without blanks at its end. */
function withoutEnd(line: Line): Span[] {
  const [last, ...before] = [...line].reverse()
  if (!last) return []
  const text = last.text.trimEnd()
  return text === '' ? withoutEnd(before.reverse()) : [...before.reverse(), { ...last, text }]
}

/** A sentence as lines of at most `width` columns, all indented alike. */
export function wrapText(text: string, width: number, indent = 0, tone?: Span['tone']): Line[] {
  return wrapLine([span(' '.repeat(indent)), span(text, tone)], width, indent)
}

/** At most `most` lines; what was left out is said by the end of the last one. */
export function clipLines(
  lines: readonly Line[],
  most: number,
  width: number,
  rest: string,
): Line[] {
  const kept = lines.slice(0, most)
  const last = kept.at(-1)
  if (kept.length === lines.length || !last) return kept
  const cut = withoutEnd(cutLine(last, width - cells(rest) - 1, ''))
  return [...kept.slice(0, -1), [...cut, span(` ${rest}`)]]
}
