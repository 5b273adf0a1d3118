import type { ExitCode } from '../../exit-codes.ts'
import { type Line, span, type Tone } from './line.ts'

const words: Record<ExitCode, readonly [string, Tone]> = {
  0: ['done', 'good'],
  1: ['failed', 'bad'],
  2: ['unasked', 'bad'],
  65: ['refused', 'bad'],
  69: ['lacking', 'bad'],
  70: ['bug', 'bad'],
  73: ['unwritten', 'bad'],
  75: ['later', 'warn'],
  77: ['login', 'bad'],
  124: ['waited', 'warn'],
  130: ['stopped', 'warn'],
  143: ['ended', 'warn'],
}

/** The last line of a command, on stderr: a word for the exit, what it was about, the code. */
export function lastLine(exit: ExitCode, text: string): Line {
  const [word, tone] = words[exit]
  const code = `exit ${exit}`
  const room = Math.max(1, 80 - 10 - text.length - code.length)
  return [span(word.padEnd(10), tone), span(text), span(' '.repeat(room)), span(code, 'quiet')]
}
