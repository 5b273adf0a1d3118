import { cappedMs } from '../plan/limit.ts'
import type { Performing } from '../plan/op.ts'
import type { Calling, Cluster } from './place.ts'
import { isUnreachable } from './problems.ts'

/** Milliseconds that a run waits for an API server that is away, and between two tries. */
export const patienceMs = 120_000
const againMs = 2_000

/**
 * Calls again while the API server is away, and says so, as long as a run may wait for it. A caller
 * without a `say` of its own (what is read for a plan) gets the first answer: there it is more likely a
 * wrong address than an outage. Every call must be one that may be made twice.
 *
 * @param problemOf what an answer means; one that is thrown is judged, too
 */
export async function whileAway<T>(
  at: Cluster,
  calling: Calling,
  call: () => Promise<T>,
  problemOf: (answer: T) => unknown = () => undefined,
): Promise<T> {
  const { say, world, signal } = calling
  if (!say || !world) return call()
  let since: number | undefined
  for (;;) {
    const { answer, error } = await call().then(
      value => ({ answer: value, error: undefined }),
      (thrown: unknown) => ({ answer: undefined, error: thrown }),
    )
    const isAway = isUnreachable(error ?? problemOf(answer as T))
    since ??= world.clock.elapsed()
    if (!isAway || world.clock.elapsed() - since > patience(calling)) {
      if (error !== undefined) throw error
      return answer as T
    }
    signal.throwIfAborted()
    say(awayWords(at))
    await world.clock.sleep(againMs, signal)
  }
}

/** What is said while it is away. */
export function awayWords({ context }: Cluster): string {
  return `the API server of ${context} does not answer; waits for it, up to ${patienceMs / 60_000} minutes`
}

/** How long a run waits for it here; a rehearsal waits shortly. Milliseconds. */
export function patience(ctx: Partial<Pick<Performing, 'rehearsal'>>): number {
  return cappedMs(patienceMs, ctx)
}
