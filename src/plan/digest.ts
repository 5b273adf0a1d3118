import { createHash } from 'node:crypto'
import type { Step } from './plan.ts'

/**
 * SHA-256 (hex) over the canonical JSON of the steps alone. Steps hold no times, temporary names or
 * key material, so the three ways in give the same digest.
 */
export function digestOf(steps: readonly Step[]): string {
  return createHash('sha256').update(canonicalJson(steps)).digest('hex')
}

/** JSON with the keys of every object sorted and without white space. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, each) =>
    each !== null && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
