import type { Api, Scheme } from './api.ts'
import { type Cluster, clusterIn, type Node } from './cluster.ts'
import { rowsOf } from './ops-ready.ts'
import { type Looking, lookAtListeners } from './standing.ts'
import { type ClusterState, readState, wrongIn } from './state.ts'

/** What a cluster will be when it is whole. */
interface WantedCluster {
  /** Address of its primary. */
  gateway: string
  proxies: number
  targets: number
}

/** A cluster on its way from nothing. */
export interface NewCluster {
  /** What its gateway speaks. */
  scheme: Scheme
  /** The map, as far as nodes have joined. */
  cluster?: Cluster
  state?: ClusterState
  /** What keeps it from being whole, by node id; `cluster` for what no single node says. */
  wrong: Map<string, string>
  seen: string
}

/** Asks the gateway who has joined, and each of those how it stands. */
export async function lookAtNew(
  { gateway, ...wanted }: WantedCluster,
  api: Api,
): Promise<NewCluster> {
  const scheme = await api.scheme(gateway)
  const none = (seen: string): NewCluster => ({
    scheme,
    wrong: new Map([['cluster', seen]]),
    seen,
  })
  if (scheme === 'down') return none(`nothing listens at ${gateway}`)
  const map = await api.get(gateway, '/v1/daemon?what=smap')
  const cluster = clusterIn(map.json)
  if (!cluster) return none(`${gateway} shows no cluster map: ${map.seen}`)
  const state = await readState(cluster, api)
  const wrong = wrongIn(state, cluster, 'https')
  const short = [
    counted('proxy', wanted.proxies, cluster),
    counted('target', wanted.targets, cluster),
  ]
  const counts = short.filter(each => each !== '').join(', ')
  if (counts !== '') wrong.set('cluster', counts)
  const well = cluster.nodes.filter(({ id }) => !wrong.has(id)).length
  const all = wanted.proxies + wanted.targets
  return { scheme, cluster, state, wrong, seen: `${well} of ${all} nodes have joined and started` }
}

/** A line for each node that has joined. */
export async function rowsOfNew({ cluster, state, wrong }: NewCluster, looking: Looking) {
  if (!cluster || !state) return []
  return rowsOf(state, wrong, await lookAtListeners(cluster.nodes, looking), 'https')
}

function counted(kind: Node['kind'], wanted: number, { nodes }: Cluster): string {
  const there = nodes.filter(each => each.kind === kind).length
  if (there === wanted) return ''
  const noun = kind === 'proxy' ? 'proxies' : 'targets'
  return there < wanted
    ? `${there} of ${wanted} ${noun} have joined`
    : `${there} ${noun} have joined, and ${wanted} are expected`
}
