import type { EndpointStatus } from '../../status/endpoint-status.ts'
import { pollingInterval } from '../../status/polling-interval.ts'
import { leftMs } from './watch-state.ts'

/** Endpoints that are looked at at the same time. */
const atOnce = 32

/** How often it is seen who is due. Milliseconds. */
const stepMs = 1_000

export interface Polling {
  names: readonly string[]
  look(name: string, signal: AbortSignal): Promise<EndpointStatus>
  /** Milliseconds since 1970. */
  now(): number
  signal: AbortSignal
  /** Told before and after each look, and once a step. */
  onLook(name: string): void
  onSeen(status: EndpointStatus): void
  onStep(): void
}

/**
 * Looks at each endpoint at once and then again and again: the less time its leaf has left, the sooner.
 *
 * @returns what looks at one endpoint now
 */
export function poll(polling: Polling): (name: string) => void {
  const { names, look, now, signal, onLook, onSeen, onStep } = polling
  const due = new Map(names.map(name => [name, 0]))
  const busy = new Set<string>()
  const queue: string[] = []

  const one = async (name: string) => {
    busy.add(name)
    onLook(name)
    try {
      const status = await look(name, signal)
      if (signal.aborted) return
      onSeen(status)
      const left = leftMs(status, now())
      const never = left === Number.MAX_SAFE_INTEGER
      due.set(name, now() + pollingInterval(never ? 0 : left))
    } catch (error) {
      if (signal.aborted) return
      due.set(name, now() + pollingInterval(0))
      const seen = error instanceof Error ? error.message : String(error)
      onSeen({ name, target: '', alerts: ['unreachable'], seen })
    } finally {
      busy.delete(name)
      next()
    }
  }
  const next = () => {
    if (signal.aborted) return
    while (busy.size < atOnce) {
      const name = queue.shift()
      if (name === undefined) return
      if (!busy.has(name)) void one(name)
    }
  }
  const step = () => {
    const at = now()
    for (const [name, when] of due) {
      if (when > at) continue
      due.set(name, Number.POSITIVE_INFINITY)
      queue.push(name)
    }
    next()
    onStep()
  }
  const timer = setInterval(step, stepMs)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  step()
  return name => {
    if (busy.has(name) || !due.has(name)) return
    due.set(name, Number.POSITIVE_INFINITY)
    queue.unshift(name)
    next()
  }
}
