import { durationMs } from '../duration.ts'
import type { Performing } from './op.ts'
import type { Step } from './plan.ts'

/** How long a step may take by its own limit, in milliseconds; 0 where it has none. */
export function limitOf(step: Step): number {
  return 'limit' in step.act ? durationMs(step.act.limit) : 0
}

/** How long a wait of these milliseconds may take here: a rehearsal waits shortly. */
export function cappedMs(
  waitMs: number,
  { rehearsal }: Partial<Pick<Performing, 'rehearsal'>>,
): number {
  return Math.min(waitMs, rehearsal?.limitCapMs ?? Number.POSITIVE_INFINITY)
}
