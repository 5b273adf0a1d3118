import { oneLine } from '../process/plain-text.ts'
import { whileAway } from './away.ts'
import { type Calling, kubectlArgv, type Place } from './place.ts'
import { kubernetesProblem } from './problems.ts'

/** A way from loopback to a pod, open until it is closed. */
interface Forward {
  /** The port on 127.0.0.1. */
  port: number
  close(): Promise<void>
}

/** Milliseconds that kubectl gets to open its port. */
const openMs = 20_000

/**
 * Opens a port-forward of ours to `pod/NAME`, on a free port of loopback, until it is closed or the
 * signal fires. kubectl ends the whole forward when a server resets one connection, as TLS servers do
 * with plain HTTP: it is opened again then, on the same port, as long as the pod is there.
 *
 * @param port the port of the pod
 */
async function openForward(
  place: Place,
  resource: string,
  port: number,
  { run, signal, userFolder }: Calling,
): Promise<Forward> {
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
  const ended = once.then(async () => {
    for (let again = 0; again < mostAgain && !ends.aborted; again += 1) await forward(String(first))
  })
  return {
    port: first,
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
  targets: readonly { pod: string; port: number }[],
  calling: Calling,
  use: (ports: number[]) => Promise<T>,
): Promise<T> {
  const settled = await Promise.allSettled(
    targets.map(({ pod, port }) =>
      whileAway(place, calling, () => openForward(place, `pod/${pod}`, port, calling)),
    ),
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
