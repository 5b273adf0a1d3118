import { dayMs } from './dates.ts'

/**
 * Longest lifetime of a leaf of a public root in days, by its day of issue (CA/Browser Forum, ballot
 * SC-081v3 of April 2025), latest first.
 */
const limits: readonly (readonly [from: string, days: number])[] = [
  ['2029-03-15', 47],
  ['2027-03-15', 100],
  ['2026-03-15', 200],
  ['1970-01-01', 398],
]

/** Days that a leaf of a public root may live when it was issued at a time in milliseconds. */
export function longestLifetime(issued: number): number {
  return limits.find(([from]) => issued >= Date.parse(from))?.[1] ?? 398
}

/** Lifetime in days. Both ends count (RFC 5280, 4.1.2.5), so a second is added. */
export function lifetimeDays(notBefore: number, notAfter: number): number {
  return (notAfter - notBefore + 1000) / dayMs
}
