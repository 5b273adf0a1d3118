import { plainText } from '../../process/plain-text.ts'

/** What a piece of text says beside its words; the theme makes a colour of it. */
export type Tone = 'good' | 'bad' | 'warn' | 'active' | 'quiet' | 'bold'

export interface Span {
  text: string
  tone?: Tone
}

/** One line of a screen or a log, before anybody decided how to colour it. */
export type Line = readonly Span[]

export function span(text: string, tone?: Tone): Span {
  return tone ? { text, tone } : { text }
}

export function plain(line: Line): string {
  return line.map(({ text }) => text).join('')
}

const codes: Record<Tone, [number, number]> = {
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  active: [36, 39],
  quiet: [2, 22],
  bold: [1, 22],
}

/**
 * The line with ANSI colours, or without. Only the 16 colours: the user's theme decides. Whatever the
 * text holds, it does nothing else to a terminal.
 */
export function paint(line: Line, colour: boolean): string {
  if (!colour) return plainText(plain(line))
  return line
    .map(({ text, tone }) => {
      const code = tone && codes[tone]
      const safe = plainText(text)
      return code ? `\u001b[${code[0]}m${safe}\u001b[${code[1]}m` : safe
    })
    .join('')
}
