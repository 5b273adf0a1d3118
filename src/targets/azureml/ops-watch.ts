import { setMaxListeners } from 'node:events'
import { parseAddress } from '../../net/address.ts'
import { handshake } from '../../net/handshake.ts'
import { request } from '../../net/request.ts'
import { lossWatch } from '../../ops/loss.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { type Answering, watchAnswering } from '../../proof/answering.ts'
import { addressIn } from './address.ts'
import { clusterOf } from './words.ts'

type Input = Record<string, Json>

/** What a client waits for an answer before it gives up. Milliseconds. */
const patienceMs = 2_000

/**
 * Counts from now on, beside the steps, what new connections to the endpoint lose: `{cluster, name,
 * plain, instead?, ingress?}`. With `plain` an answer over HTTP counts, too: the change leads from one
 * to the other. What it saw is said by `proof.loss`.
 */
export const watch: Op = {
  changes: false,
  endsWithRun: true,
  async run(input: Input, ctx): Promise<Json> {
    if (ctx.rehearsal) return { watching: false, seen: 'not in a rehearsal' }
    const stop = new AbortController()
    setMaxListeners(0, stop.signal) // every connection that is open listens for the stop
    const begun = begin(input, ctx, stop.signal)
    ctx.underway.set(lossWatch, async () => ((await begun)?.() ?? null) as unknown as Json)
    ctx.atEnd(async () => {
      stop.abort()
      await ctx.underway.get(lossWatch)?.()
    })
    return { watching: true, seen: 'a new connection every 250 ms' }
  },
  printed: () => [],
  shell: () => ["say '  not counted by a script'"],
}

/** Reads where the endpoint is and begins; undefined where nothing is served yet. */
async function begin(
  { cluster, name, plain, instead, ingress }: Input,
  ctx: Performing,
  signal: AbortSignal,
): Promise<(() => Promise<Answering>) | undefined> {
  // nobody's work depends on it: a cluster that says nothing ends other steps, not this one
  const of = (scheme: 'http' | 'https') =>
    addressIn(clusterOf(cluster), { instead, ingress }, scheme, ctx).catch(() => undefined)
  const [https, http] = await Promise.all([of('https'), plain === true ? of('http') : undefined])
  const address = https && parseAddress(https.address)
  if (!address) return undefined
  const ask = async () => {
    const to = { ...address, name: String(name), roots: [], timeoutMs: patienceMs, signal }
    if ((await handshake(to)).outcome === 'done') return true
    if (!http) return false
    const url = `http://${http.address}/`
    const answer = await request({ url, name: String(name), timeoutMs: patienceMs, signal })
    return answer.status !== undefined
  }
  return watchAnswering(ask, ctx.world.clock).end
}
