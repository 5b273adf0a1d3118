import { join } from 'node:path'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Input, Json, Text } from './plan.ts'

/** Where the symbolic names of a plan's texts lead at run time. */
export interface Bindings {
  /** What earlier steps found out, by `STEP.NAME`. */
  captures: ReadonlyMap<string, string>
  /** Folder of the generation that this plan makes. */
  kept: string
  /** Folder of the generation that was current when the plan was made, and of any by number. */
  before(generation?: number): string
}

export function resolveText(text: Text, bindings: Bindings): string {
  if (typeof text === 'string') return text
  if ('join' in text) return text.join.map(each => resolveText(each, bindings)).join('')
  if ('kept' in text) return join(bindings.kept, text.kept)
  if ('before' in text) return join(bindings.before(text.generation), text.before)
  const value = bindings.captures.get(text.capture)
  if (value === undefined) {
    throw problem(exitCodes.bug, {
      id: 'plan.capture-missing',
      title: `No step has found out ${text.capture} yet.`,
      fix: 'Run the same command again; if it stays so, report it.',
    })
  }
  return text.slice ? value.slice(...text.slice) : value
}

/** Resolves every text inside an input. */
export function resolveInput(input: Input, bindings: Bindings): Json {
  if (input === null || typeof input !== 'object') return input
  if (Array.isArray(input)) return input.map(each => resolveInput(each, bindings))
  if (isText(input)) return resolveText(input, bindings)
  return Object.fromEntries(
    Object.entries(input).map(([key, each]) => [key, resolveInput(each, bindings)]),
  )
}

/** Whether an object is a late text and not plain data. */
export function isText(value: object): value is Exclude<Text, string> {
  const keys = Object.keys(value)
  const only = (...names: string[]) => keys.every(key => names.includes(key))
  if ('capture' in value) return typeof value.capture === 'string' && only('capture', 'slice')
  if ('join' in value) return Array.isArray(value.join) && only('join')
  if ('kept' in value) return typeof value.kept === 'string' && only('kept')
  return 'before' in value && typeof value.before === 'string' && only('before', 'generation')
}

/** The captures that a text or input names. */
export function capturesIn(input: unknown): string[] {
  if (input === null || typeof input !== 'object') return []
  if ('capture' in input && typeof input.capture === 'string') return [input.capture]
  return Object.values(input).flatMap(capturesIn)
}
