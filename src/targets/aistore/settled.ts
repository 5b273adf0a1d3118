import { cappedMs } from '../../plan/limit.ts'
import type { Performing } from '../../plan/op.ts'
import type { Api } from './api.ts'
import { type Cluster, clusterIn, type Node, nodeLabel } from './cluster.ts'
import { leaderOf, type Place } from './place.ts'

type Waiting = Pick<Performing, 'world' | 'signal' | 'say' | 'rehearsal'>

/** Milliseconds: nodes are dropped within 45 s, and another primary is elected; between two looks. */
const settleMs = 90_000
const lookMs = 500

/**
 * The public address of the primary, once it answers: where it has died, the other proxies elect one.
 * Of a single proxy nothing is awaited.
 */
export function untilLed(place: Place, api: Api, ctx: Waiting): Promise<string> {
  return whileUnsettled(place, api, ctx, async map => (map ? '' : 'no proxy leads the cluster yet'))
}

/**
 * The same, once the cluster has dropped each node that does not answer. A primary that is shut down
 * while it still tries to reach one closes its ports and never ends (AIStore 5.0, ais/kalive.go: `_run`
 * goes on after the stop that a retry has taken), so that nothing can be started in its place.
 */
export function untilSettled(place: Place, api: Api, ctx: Waiting): Promise<string> {
  return whileUnsettled(place, api, ctx, async map => {
    if (!map) return 'no proxy leads the cluster yet'
    const gone = await silentIn(map, api)
    return gone.length === 0
      ? ''
      : `waits until the cluster drops ${gone.map(nodeLabel).join(', ')}`
  })
}

async function whileUnsettled(
  place: Place,
  api: Api,
  ctx: Waiting,
  unsettled: (map: Cluster | undefined) => Promise<string>,
): Promise<string> {
  const { clock } = ctx.world
  const began = clock.elapsed()
  const limitMs = cappedMs(settleMs, ctx)
  for (;;) {
    const leader = await leaderOf(place, api)
    const { json } = await api.get(leader, '/v1/daemon?what=smap')
    const map = clusterIn(json)
    const why = await unsettled(map)
    if (why === '' || clock.elapsed() - began > limitMs) return leader
    if (!map && (await hasNoOther(place, leader, api))) return leader
    ctx.say(why)
    await clock.sleep(lookMs, ctx.signal)
  }
}

/** Whether no other proxy runs that could lead instead. */
async function hasNoOther({ nodes }: Place, leader: string, api: Api): Promise<boolean> {
  const others = nodes.filter(node => node.kind === 'proxy' && node.public !== leader)
  const schemes = await Promise.all(others.map(node => api.scheme(node.public)))
  return schemes.every(scheme => scheme === 'down')
}

async function silentIn({ nodes }: Cluster, api: Api): Promise<Node[]> {
  const schemes = await Promise.all(nodes.map(node => api.scheme(node.public)))
  return nodes.filter((_, index) => schemes[index] === 'down')
}
