import { durationMs } from '../duration.ts'
import type { Step } from './plan.ts'

/** How long a step may take by its own limit, in milliseconds; 0 where it has none. */
export function limitOf(step: Step): number {
  return 'limit' in step.act ? durationMs(step.act.limit) : 0
}
