import { X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import { type Forward, type ForwardTo, takeForward } from '../../kubernetes/forward.ts'
import type { Calling, Place } from '../../kubernetes/place.ts'
import { handshake } from '../../net/handshake.ts'
import type { RequestOptions, RequestResult } from '../../net/request.ts'
import { canonicalJson } from '../../plan/digest.ts'
import type { Performing } from '../../plan/op.ts'
import type { World } from '../../world.ts'
import { inside } from './components.ts'

/** A way to the API server through a port-forward of ours, and what it is trusted by. */
export interface Way {
  ask(method: 'GET' | 'POST', path: string, headers: Record<string, string>): Promise<RequestResult>
  /** Whether no connection has cut it. */
  isWhole(): boolean
  /** Nobody asks for now, or somebody does again. */
  rest(): void
  wake(): void
  close(): Promise<void>
}

export type WayCalling = Calling & { world: Pick<World, 'api' | 'clock'> } & Partial<
    Pick<Performing, 'open' | 'atEnd'>
  >

/** Milliseconds for one answer. */
const answerMs = 20_000
/** kubectl ends a forward with a connection that was reset, and it is opened again: how long that may take. */
const reopensMs = 3_000
const lookEveryMs = 100

/** Which server it is: a pod that is made anew is another one. */
export interface ApiPod extends ForwardTo {
  place: Place
}

/**
 * The way that an earlier step has left to this very pod, else a new one.
 *
 * @param roots PEM certificates, any of which may end the served chain
 */
export async function takeWay(
  to: ApiPod,
  roots: readonly string[],
  calling: WayCalling,
): Promise<Way> {
  const key = keyOf(to)
  const left = calling.open?.get(key) as Way | undefined
  calling.open?.delete(key)
  if (left?.isWhole()) {
    left.wake()
    return left
  }
  await left?.close()
  return openWay(to, roots, calling)
}

/** Leaves a way for the next step that asks the same pod; it is closed at the end of the run. */
export function leaveWay(to: ApiPod, way: Way, { open, atEnd }: WayCalling): Promise<void> | void {
  if (!open || !atEnd) return way.close()
  way.rest()
  open.set(keyOf(to), way)
  atEnd(() => way.close())
}

function keyOf({ place, pod, uid = '' }: ApiPod): string {
  return `feldera api ${canonicalJson([place, pod, uid])}`
}

/** Mostly a kept root is what the server's chain ends with: then no other handshake is needed. */
async function openWay(to: ApiPod, roots: readonly string[], calling: WayCalling): Promise<Way> {
  const name = inside(to.place.namespace)
  const first = await takeForward(to.place, to, calling)
  if (roots.length > 0) {
    const way = wayThrough(first, { roots, name }, calling)
    const { status } = await way.ask('GET', '/healthz', {})
    if (status !== undefined) return way
  }
  // a handshake with a plain server ends its forward: the questions get another one
  const at = { host: '127.0.0.1', port: first.port, timeoutMs: 10_000, signal: calling.signal }
  const [probed, second] = await Promise.allSettled([
    handshake({ ...at, name, roots: [] }),
    takeForward(to.place, to, calling),
  ])
  await first.close()
  if (second.status === 'rejected') throw second.reason
  const chain = probed.status === 'fulfilled' ? probed.value.chain : []
  return wayThrough(second.value, trustOf(chain, roots, name) ?? { name }, calling)
}

interface Trust {
  /** None where the server speaks plain HTTP. */
  roots?: readonly string[]
  name: string
}

function wayThrough(forward: Forward, { roots, name }: Trust, calling: WayCalling): Way {
  // a connection for each question would be cut for each, and the forward now and then with it
  const agent = roots ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined
  return {
    ask: (method, path, headers) =>
      onceListening(calling, {
        url: `${roots ? 'https' : 'http'}://127.0.0.1:${forward.port}${path}`,
        name,
        method,
        headers,
        roots: roots ?? [],
        endsAnywhere: true,
        ...(agent ? { agent } : {}),
        timeoutMs: answerMs,
        signal: calling.signal,
      }),
    isWhole: forward.isWhole,
    rest: forward.rest,
    wake: forward.wake,
    close() {
      agent?.destroy()
      return forward.close()
    },
  }
}

/** Asks as soon as something listens: where a connection was refused, nothing has reached the server. */
async function onceListening(
  { world, signal }: WayCalling,
  options: RequestOptions,
): Promise<RequestResult> {
  const began = world.clock.elapsed()
  for (;;) {
    const result = await world.api(options)
    if (result.error !== 'ECONNREFUSED' || world.clock.elapsed() - began > reopensMs) return result
    await world.clock.sleep(lookEveryMs, signal)
  }
}

/**
 * What the API server is trusted by, and under which of its names; undefined on plain HTTP. The
 * cluster's own tunnel leads to this very pod, so the end of the chain that it serves itself is taken
 * beside the kept ones, root or not: after a Secret was changed by hand, or for a chain of somebody else
 * that lacks its root, nothing else would be known. This is never
 * a proof: what must be served is proven against the recorded leaf and roots.
 */
function trustOf(
  chain: readonly Buffer[],
  roots: readonly string[],
  wanted: string,
): Trust | undefined {
  const [leaf] = chain.map(der => new X509Certificate(der))
  const last = chain.at(-1)
  if (!leaf || !last) return undefined
  const own = /DNS:([^,\s]+)/.exec(leaf.subjectAltName ?? '')?.[1] ?? wanted
  const name = leaf.checkHost(wanted) ? wanted : own.replace(/^\*\./, 'feldera.')
  return { roots: [...roots, new X509Certificate(last).toString()], name }
}
