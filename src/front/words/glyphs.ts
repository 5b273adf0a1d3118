import type { Span, Tone } from './line.ts'

export type State = 'done' | 'failed' | 'warns' | 'undone' | 'runs' | 'next' | 'skipped' | 'unknown'

const states: Record<State, { glyph: string; ascii: string; tone: Tone }> = {
  done: { glyph: '✔', ascii: '+', tone: 'good' },
  failed: { glyph: '✖', ascii: 'x', tone: 'bad' },
  warns: { glyph: '▲', ascii: '!', tone: 'warn' },
  undone: { glyph: '↺', ascii: '<', tone: 'warn' },
  runs: { glyph: '⠹', ascii: '*', tone: 'active' },
  next: { glyph: '○', ascii: '.', tone: 'quiet' },
  skipped: { glyph: '–', ascii: '-', tone: 'quiet' },
  unknown: { glyph: '?', ascii: '?', tone: 'warn' },
}

/** What is drawn with glyphs, in Unicode or ASCII. */
export interface Glyphs {
  state(state: State): Span
  cursor: string
  rest: string
  dot: string
  tree: string
  pipe: string
  arrow: string
  /** Where the next sign is typed. */
  caret: string
  /** One dot of a hidden text. */
  hidden: string
  bar(share: number, width: number): string
  spinner: readonly string[]
  /** Replaces what a terminal without Unicode cannot show. */
  text(text: string): string
}

/** What stands for a sign where only ASCII can be drawn; as wide as the sign, so nothing moves. */
const inAscii: Readonly<Record<string, string>> = {
  '…': '~',
  '·': '*',
  '•': '*',
  '–': '-',
  '→': '>',
  '❯': '>',
  '↑': '^',
  '↓': 'v',
  '▏': '_',
  '│': '|',
  '└': '\\',
  '─': '-',
  '█': '#',
  '░': '.',
  ...Object.fromEntries(Object.values(states).map(({ glyph, ascii }) => [glyph, ascii])),
}
const drawn = new RegExp(`[${Object.keys(inAscii).join('')}]`, 'g')

export const unicodeGlyphs: Glyphs = {
  state: state => ({ text: states[state].glyph, tone: states[state].tone }),
  cursor: '❯',
  rest: '…',
  dot: '·',
  tree: '└─',
  pipe: '│',
  arrow: '→',
  caret: '▏',
  hidden: '•',
  bar: (share, width) => bar(share, width, '█', '░'),
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧'],
  text: text => text,
}

export const asciiGlyphs: Glyphs = {
  state: state => ({ text: states[state].ascii, tone: states[state].tone }),
  cursor: '>',
  rest: '~',
  dot: '*',
  tree: '\\-',
  pipe: '|',
  arrow: '>',
  caret: '_',
  hidden: '*',
  bar: (share, width) => bar(share, width, '#', '.'),
  spinner: ['-', '\\', '|', '/'],
  text: text => text.replace(drawn, sign => inAscii[sign] ?? sign),
}

/** A bar with at least one block while any share is left. */
function bar(share: number, width: number, full: string, empty: string): string {
  if (width <= 0) return ''
  const blocks = share <= 0 ? 0 : Math.max(1, Math.min(width, Math.round(share * width)))
  return full.repeat(blocks) + empty.repeat(width - blocks)
}

/** ASCII where the locale is not UTF-8, on the Linux console, and on request. */
export function chooseGlyphs(
  env: Readonly<Record<string, string | undefined>>,
  ascii: boolean,
): Glyphs {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  const utf8 = /utf-?8/i.test(locale) || (locale === '' && process.platform !== 'linux')
  return ascii || env.TERM === 'linux' || !utf8 ? asciiGlyphs : unicodeGlyphs
}
