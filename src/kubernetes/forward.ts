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
  const first = await Promise.race([isOpen, once]).finally(() => clearTimeout(limit))
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
  // nobody waits for it until it is closed, and then its end is enough
  ended.catch(() => {})
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
      await ended.catch(() => {})
    },
  }
}

/** A pod that is gone ends every new forward at once: no more than so many. */
const mostAgain = 20

/** What a step may leave for later ones. */
type Leaving = Omit<Calling, 'signal'> & Pick<Performing, 'runSignal' | 'open' | 'atEnd'>

/**
 * Opens forwards now that a later step will use: to open one takes a moment, which passes while
 * something else is waited for. One that nobody uses is closed at the end of the run. What is open to
 * the same already counts: each is opened as often as it stands here, and no more.
 */
export function openAhead(place: Place, targets: readonly ForwardTo[], ctx: Leaving): void {
  const used = new Map<string, number>()
  for (const target of targets) {
    const key = aheadKey(place, target)
    const opened = (ctx.open.get(key) ?? []) as Ahead[]
    const number = (used.get(key) ?? 0) + 1
    used.set(key, number)
    if (opened.filter(each => !each.isCut()).length >= number) continue
    const { run, runSignal, userFolder } = ctx
    const stop = new AbortController()
    const signal = AbortSignal.any([runSignal, stop.signal])
    let isCut = () => false
    const opening = open(place, target, { run, signal, userFolder }).then(
      forward => {
        forward.rest()
        isCut = () => !forward.isWhole()
        return forward
      },
      () => {
        isCut = () => true // whoever needs it opens it and says what is wrong
        return undefined
      },
    )
    ctx.open.set(key, [...opened, { opening, isCut: () => isCut() }])
    ctx.atEnd(async () => {
      stop.abort()
      await (await opening)?.close()
    })
  }
}

interface Ahead {
  opening: Promise<Forward | undefined>
  isCut(): boolean
}

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
  for (let next = shifted(ahead); next; next = shifted(ahead)) {
    const forward = await next.opening
    if (!forward?.isWhole()) continue
    forward.wake()
    return forward
  }
  return openForward(place, target, calling)
}

function shifted(ahead: readonly (Ahead[] | undefined)[]): Ahead | undefined {
  return ahead.find(each => each && each.length > 0)?.shift()
}

/** Opens a forward to each, hands over their ports in order, and closes them whatever happens. */
export function withForwards<T>(
  place: Place,
  targets: readonly ForwardTo[],
  calling: Calling & Partial<Pick<Performing, 'open'>>,
  use: (ports: number[]) => Promise<T>,
): Promise<T> {
  return withSettledForwards(place, targets, calling, settled => {
    const failed = settled.find(each => each.status === 'rejected')
    if (failed) throw failed.reason
    return use(settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : [])))
  })
}

/** The same for whoever goes on with those that could be opened: a port for each, or why there is none. */
export async function withSettledForwards<T>(
  place: Place,
  targets: readonly ForwardTo[],
  calling: Calling & Partial<Pick<Performing, 'open'>>,
  use: (settled: PromiseSettledResult<number>[]) => Promise<T>,
): Promise<T> {
  const settled = await Promise.allSettled(
    targets.map(target => takeForward(place, target, calling)),
  )
  const open = settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  try {
    const ports = settled.map(each =>
      each.status === 'fulfilled' ? { ...each, value: each.value.port } : each,
    )
    return await use(ports)
  } finally {
    await Promise.all(open.map(forward => forward.close()))
  }
}
