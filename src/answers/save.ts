import { isAbsolute, relative, resolve } from 'node:path'
import { stringify } from 'yaml'
import type { Answers } from './answers.ts'
import type { Question } from './question.ts'

const header =
  '# Answers for secure-endpoint. Run again with: secure-endpoint init --answers FILE\n'

/**
 * The text of an answers file that replays a run. What a default or a discovery filled in is written
 * out, so that the replay does not hang on the machine. YAML 1.1 quoting: `no` and `on` stay text in
 * every reader.
 */
export function answersText(answers: Answers): string {
  return header + stringify(answers, { version: '1.1', lineWidth: 0 })
}

/**
 * Answers whose relative paths hang on another folder: relative where the file lies below it, else
 * absolute.
 */
export function rebased(
  answers: Answers,
  questions: readonly Question[],
  from: string,
  to: string,
): Answers {
  if (from === to) return answers
  const copy = structuredClone(answers)
  for (const { id, kind } of questions) {
    if (kind !== 'file' && kind !== 'secret') continue
    const [group = '', key = ''] = id.split('.')
    const holder = (copy as unknown as Record<string, Record<string, unknown>>)[group]
    const value = holder?.[key]
    if (holder && typeof value === 'string') holder[key] = rebasedPath(value, from, to)
    if (isFileSecret(value)) value.file = rebasedPath(value.file, from, to)
  }
  return copy
}

function isFileSecret(value: unknown): value is { file: string } {
  return typeof (value as { file?: unknown } | null | undefined)?.file === 'string'
}

function rebasedPath(path: string, from: string, to: string): string {
  const absolute = resolve(from, path)
  const below = relative(to, absolute)
  return below === '' ? '.' : below.startsWith('..') || isAbsolute(below) ? absolute : `./${below}`
}
