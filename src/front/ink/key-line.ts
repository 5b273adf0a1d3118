import { type Line, span } from '../words/line.ts'
import { cells } from '../words/width.ts'
import { type Hint, type KeyId, keyTable } from './keys.ts'
import type { Stage } from './stage.ts'

/** Keys that the narrow layout shows, beside `?`. */
const mostNarrow = 3

/**
 * The last line of a frame: the keys that work now. What does not fit is left to `?`.
 *
 * @param lead what stands before the keys
 */
export function keyLine(
  hints: readonly Hint[],
  { narrow, width }: Pick<Stage, 'narrow' | 'width'>,
  { lead = '', helps }: { lead?: string; helps: boolean },
): Line {
  const last = helps ? (narrow ? ['?'] : ['? keys']) : []
  const all = hints.map(hint => shown(hint, narrow)).filter(Boolean)
  const kept = narrow ? all.slice(0, mostNarrow) : all
  const room = width - (lead === '' ? 0 : cells(lead) + 3)
  while (kept.length > 0 && cells(line([...kept, ...last])) > room) kept.pop()
  const words = line([...kept, ...last])
  if (lead === '') return [span(words, 'quiet')]
  return [span(`  ${lead}`, 'warn'), span(` · ${words.trimStart()}`, 'quiet')]
}

function shown({ key, keys, word = '', narrow: short }: Hint, narrow: boolean): string {
  if (narrow && short !== undefined) return short
  return `${keys ?? keyTable[key].keys} ${word}`.trim()
}

function line(words: readonly string[]): string {
  return `  ${words.join(' · ')}`
}

/** What `?` shows: every key that works now, and those that work everywhere. */
export function helpLines(hints: readonly Hint[], everywhere: readonly KeyId[]): Line[] {
  const own = hints.flatMap(({ key, keys }): KeyId[] =>
    // rows with numbers
    key === 'move' && keys?.includes('1') ? ['move', 'choose'] : [key],
  )
  return [...new Set([...own, ...everywhere])].map(id => {
    const { keys, does } = keyTable[id]
    return [span(`  ${keys.padEnd(7)}`, 'bold'), span(does)]
  })
}

/** The hint of a list of rows: `↑↓ or 1–3`. */
export function rowsHint(possible: number, word = ''): Hint {
  const most = Math.min(9, possible)
  const numbers = most > 1 ? `1–${most}` : '1'
  return { key: 'move', keys: `↑↓ or ${numbers}`, word, narrow: numbers }
}
