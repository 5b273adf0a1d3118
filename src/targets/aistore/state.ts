import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { Api, Said, Scheme } from './api.ts'
import { type Cluster, clusterIn, type Node, urlsAre } from './cluster.ts'
import { alertsIn, hasStarted, type NodeAlert } from './flags.ts'
import type { HttpSettings } from './present.ts'

/** One node as it says itself to be. */
interface NodeState {
  node: Node
  scheme: Scheme
  started: boolean
  alerts: NodeAlert[]
  /** The cluster's UUID in its own settings: another one never joins again after its next start. */
  uuid?: string
  /** What stands in the way of asking it. */
  seen: string
}

/** The cluster as its nodes say it to be, all asked at the same time. */
export interface ClusterState {
  nodes: NodeState[]
  /** The scheme of all, or `mixed`. */
  scheme: Scheme | 'mixed'
  map?: Cluster
  /** Whether each URL of the map has the scheme that the primary speaks. */
  urls: boolean
  settings?: HttpSettings
}

/** Asks every node for its state, and the primary for map and settings. */
export async function readState(cluster: Cluster, api: Api): Promise<ClusterState> {
  const nodes = await Promise.all(cluster.nodes.map(node => readNode(node, api)))
  const schemes = new Set(nodes.map(({ scheme }) => scheme))
  const proxy =
    nodes.find(({ node, scheme }) => node.id === cluster.primary && scheme !== 'down') ??
    nodes.find(({ node, scheme }) => node.kind === 'proxy' && scheme !== 'down')
  const only = nodes[0]?.scheme ?? 'down'
  const state: ClusterState = { nodes, scheme: schemes.size === 1 ? only : 'mixed', urls: false }
  if (!proxy) return state
  const [map, settings] = await Promise.all([
    api.get(proxy.node.public, '/v1/daemon?what=smap'),
    api.get(proxy.node.public, '/v1/cluster?what=cluster_config'),
  ])
  const found = clusterIn(map.json)
  const http = settingsIn(settings)
  return {
    ...state,
    urls: urlsAre(map.json, proxy.scheme),
    ...(found ? { map: found } : {}),
    ...(http ? { settings: http } : {}),
  }
}

async function readNode(node: Node, api: Api): Promise<NodeState> {
  const scheme = await api.scheme(node.public)
  if (scheme === 'down')
    return { node, scheme, started: false, alerts: [], seen: 'nothing listens' }
  const [status, config] = await Promise.all([
    api.get(node.public, '/v1/daemon?what=node_status'),
    api.get(node.public, '/v1/daemon?what=config'),
  ])
  const flags = atPath(status.json, 'cluster.flags')
  const uuid = atPath(config.json, 'uuid')
  const started = typeof flags === 'number' && hasStarted(flags)
  return {
    node,
    scheme,
    started,
    alerts: typeof flags === 'number' ? alertsIn(flags) : [],
    ...(typeof uuid === 'string' ? { uuid } : {}),
    seen: status.status === 200 ? (started ? '' : 'has not started yet') : status.seen,
  }
}

/** `net.http` of the settings that an answer holds. */
export function settingsIn({ status, json }: Said): HttpSettings | undefined {
  const http = atPath(json, 'net.http')
  if (status !== 200 || http === undefined || http === null) return undefined
  const text = (key: string) => String(atPath(http as Json, key) ?? '')
  return {
    use_https: atPath(http, 'use_https') === true,
    server_crt: text('server_crt'),
    server_key: text('server_key'),
    client_ca_tls: text('client_ca_tls'),
    client_auth_tls: Number(atPath(http, 'client_auth_tls') ?? 0),
    skip_verify: atPath(http, 'skip_verify') === true,
    'pub.server_crt': text('pub.server_crt'),
    'pub.server_key': text('pub.server_key'),
    'pub.client_ca_tls': text('pub.client_ca_tls'),
    'pub.client_auth_tls': Number(atPath(http, 'pub.client_auth_tls') ?? 0),
  }
}

/**
 * What keeps the whole cluster from being well in this scheme, by node id; the key `cluster` is for
 * what no single node says. Empty where all is well: each node has started, is in the map with URLs
 * of the scheme, and map and settings of all have the UUID from before.
 */
export function wrongIn(
  { nodes, map, urls }: ClusterState,
  cluster: Cluster,
  scheme: 'http' | 'https',
): Map<string, string> {
  const wrong = new Map<string, string>()
  for (const { node, uuid, ...state } of nodes) {
    if (state.scheme === 'down') wrong.set(node.id, 'nothing listens')
    else if (state.scheme !== scheme) wrong.set(node.id, `speaks ${state.scheme}`)
    else if (!state.started) wrong.set(node.id, state.seen)
    else if (uuid !== undefined && uuid !== cluster.uuid)
      wrong.set(node.id, `its settings are of cluster ${uuid}, not ${cluster.uuid}`)
    else if (map && !map.nodes.some(({ id }) => id === node.id))
      wrong.set(node.id, 'is not in the cluster map')
  }
  if (!map) wrong.set('cluster', 'no proxy shows the cluster map')
  else if (map.uuid !== cluster.uuid)
    wrong.set('cluster', `its UUID is ${map.uuid}, not ${cluster.uuid}`)
  else if (!urls) wrong.set('cluster', `the map has URLs that are not ${scheme}://`)
  return wrong
}
