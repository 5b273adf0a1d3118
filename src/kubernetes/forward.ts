import { oneLine } from '../process/plain-text.ts'
import { whileAway } from './away.ts'
import { type Calling, kubectlArgv, type Place } from './place.ts'
import { kubernetesProblem } from './problems.ts'

/** A way from loopback to a pod, open until it is closed. */
export interface Forward {
  /** The port on 127.0.0.1. */
  port: number
  /** Whether it never was cut. */
  isWhole(): boolean
  /** Nobody uses it now: it is not opened again when it is cut. */
  rest(): void
  close(): Promise<void>
}

/** Milliseconds that kubectl gets to open its port. */
const openMs = 20_000

/**
 * Opens a port-forward of ours to `pod/NAME`, on a free port of loopback, until it is closed or the
 * signal fires. kubectl ends the whole forward when a server resets one connection, as TLS servers do
 * with plain HTTP: it is opened again then, on the same port, as long as the pod is there.
 *
 * An API server that is away is waited for.
 */
export function openForward(place: Place, target: ForwardTo, calling: Calling): Promise<Forward> {
  return whileAway(place, calling, () => open(place, target, calling))
}

/** A port of a pod. */
export interface ForwardTo {
  pod: string
  port: number
}

async function open(
  place: Place,
  { pod, port }: ForwardTo,
  { run, signal, userFolder }: Calling,
): Promise<Forward> {
  const resource = `pod/${pod}`
  const stop = new AbortController()
  const ends = AbortSignal.any([signal, stop.signal])
  const limit = setTimeout(() => stop.abort(), openMs)
  let opened: (port: number) => void = () => {}
  const isOpen = new Promise<number>(resolve => {
    opened = resolve
  })
  const forward = (local: string) =>
    run({
      argv: kubectlArgv(
        place,
        'port-forward',
        '--address',
        '127.0.0.1',
        resource,
        `${local}:${port}`,
      ),
      limitMs: 2 ** 31 - 1,
      cwd: userFolder,
      signal: ends,
      lasting: true,
      onLine(line) {
        const match = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(oneLine(line))
        if (match?.[1]) opened(Number(match[1]))
      },
    })
  const once = forward('')
  const first = await Promise.race([isOpen, once])
  clearTimeout(limit)
  if (typeof first !== 'number') {
    signal.throwIfAborted()
    throw kubernetesProblem(
      first.outcome === 'aborted' ? { ...first, outcome: 'timed-out' } : first,
      place,
      openMs,
    )
  }
  let wasCut = false
  let rests = false
  const ended = once.then(async () => {
    wasCut = true
    for (let again = 0; again < mostAgain && !ends.aborted && !rests; again += 1)
      await forward(String(first))
  })
  return {
    port: first,
    isWhole: () => !wasCut,
    rest() {
      rests = true
    },
    async close() {
      stop.abort()
      await ended
    },
  }
}

/** A pod that is gone ends every new forward at once: no more than so many. */
const mostAgain = 20

/** Opens a forward to each, hands over their ports in order, and closes them whatever happens. */
export async function withForwards<T>(
  place: Place,
  targets: readonly ForwardTo[],
  calling: Calling,
  use: (ports: number[]) => Promise<T>,
): Promise<T> {
  const settled = await Promise.allSettled(
    targets.map(target => openForward(place, target, calling)),
  )
  const open = settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  try {
    const failed = settled.find(each => each.status === 'rejected')
    if (failed) throw failed.reason
    return await use(open.map(({ port }) => port))
  } finally {
    await Promise.all(open.map(forward => forward.close()))
  }
}
