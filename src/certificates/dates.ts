import { formatLeft } from '../duration.ts'

/** `2027-02-16` */
export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** `2027-02-16 09:00 UTC` */
export function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export const dayMs = 86_400_000

/** Life that is left, for one line: `87 of 90 days left`, `31 h left`, `expired 3 days ago`. */
export function lifeLeft(notBefore: number, notAfter: number, now: number): string {
  const left = formatLeft(notAfter - now)
  if (now > notAfter) return left
  const whole = Math.round((notAfter - notBefore) / dayMs)
  return left.endsWith(' days') ? `${left.slice(0, -5)} of ${whole} days left` : `${left} left`
}
