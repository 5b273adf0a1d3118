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

/**
 * The last line of a command, on stderr: a word for the exit, what it was about, the code.
 *
 * @param columns of the terminal; where not all fits the code follows the text
 */
export function lastLine(exit: ExitCode, text: string, columns = 80): Line {
  const [word, tone] = words[exit]
  const code = `exit ${exit}`
  const room = Math.min(80, columns) - 10 - text.length - code.length
  if (room < 1) return [span(`${word}: `, tone), span(text), span(` (${code})`, 'quiet')]
  return [span(word.padEnd(10), tone), span(text), span(' '.repeat(room)), span(code, 'quiet')]
}
