import { canonicalJson } from '../plan/digest.ts'
import type { Performing } from '../plan/op.ts'
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
  /** Somebody does. */
  wake(): void
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
function openForward(place: Place, target: ForwardTo, calling: Calling): Promise<Forward> {
  return whileAway(place, calling, () => open(place, target, calling))
}

/** A port of a pod. */
export interface ForwardTo {
  pod: string
  /** Tells it from an earlier pod of the same name. */
  uid?: string
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
    wake() {
      rests = false
    },
    async close() {
      stop.abort()
      await ended
    },
  }
}

/** A pod that is gone ends every new forward at once: no more than so many. */
const mostAgain = 20

/** What a step may leave for later ones. */
type Leaving = Calling & Pick<Performing, 'open' | 'atEnd'>

/**
 * Opens forwards now that a later step will use: to open one takes a moment, which passes while
 * something else is waited for. One that nobody uses is closed at the end of the run.
 */
export function openAhead(place: Place, targets: readonly ForwardTo[], ctx: Leaving): void {
  for (const target of targets) {
    const { run, signal, userFolder } = ctx
    const opening = open(place, target, { run, signal, userFolder }).then(
      forward => {
        forward.rest()
        return forward
      },
      () => undefined, // whoever needs it opens it and says what is wrong
    )
    const key = aheadKey(place, target)
    ctx.open.set(key, [...((ctx.open.get(key) ?? []) as Ahead[]), opening])
    ctx.atEnd(async () => (await opening)?.close())
  }
}

type Ahead = Promise<Forward | undefined>

function aheadKey(place: Place, { pod, uid, port }: ForwardTo): string {
  return `forward ${canonicalJson([place, pod, uid ?? '', port])}`
}

/**
 * The forward that was opened ahead to this very pod, or to its name, and was not cut since; else a new
 * one. The end of a pod cuts it: a name leads to the pod that had it when it was opened.
 */
export async function takeForward(
  place: Place,
  target: ForwardTo,
  calling: Calling & Partial<Pick<Performing, 'open'>>,
): Promise<Forward> {
  const { pod, port } = target
  const ahead = [target, { pod, port }].map(
    each => calling.open?.get(aheadKey(place, each)) as Ahead[] | undefined,
  )
  const forward = await ahead.find(each => each && each.length > 0)?.shift()
  if (!forward?.isWhole()) return openForward(place, target, calling)
  forward.wake()
  return forward
}

/** Opens a forward to each, hands over their ports in order, and closes them whatever happens. */
export async function withForwards<T>(
  place: Place,
  targets: readonly ForwardTo[],
  calling: Calling & Partial<Pick<Performing, 'open'>>,
  use: (ports: number[]) => Promise<T>,
): Promise<T> {
  const settled = await Promise.allSettled(
    targets.map(target => takeForward(place, target, calling)),
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
