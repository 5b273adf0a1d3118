import { formatAddress, parseAddress } from '../../net/address.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'

/** One node of a cluster, with its three listeners as `host:port`; they may be the same. */
export interface Node {
  id: string
  kind: 'proxy' | 'target'
  public: string
  control: string
  data: string
}

/** The cluster map: who belongs to the cluster. */
export interface Cluster {
  uuid: string
  /** Id of the proxy that decides. */
  primary: string
  nodes: Node[]
}

/** Whether each URL in a cluster map begins with this scheme. */
export function urlsAre(smap: Json, scheme: string): boolean {
  const urls = entries(smap).flatMap(({ entry }) =>
    nets.map(net => String(atPath(entry, `${net}.direct_url`) ?? '')),
  )
  return urls.length > 0 && urls.every(url => url.startsWith(`${scheme}://`))
}

/** What AIStore makes for ids; they stand in paths and URLs of ours. */
const idPattern = /^[A-Za-z0-9_-]{1,64}$/

/** Reads `what=smap`; undefined where that is no cluster map. */
export function clusterIn(smap: Json): Cluster | undefined {
  const uuid = atPath(smap, 'uuid')
  const primary = atPath(smap, 'proxy_si.daemon_id')
  if (typeof uuid !== 'string' || typeof primary !== 'string') return undefined
  const nodes = entries(smap).map(({ kind, entry }): Node => {
    const [open = '', control = '', data = ''] = nets.map(net => addressIn(entry, net))
    const id = String(atPath(entry, 'daemon_id') ?? '')
    return { id, kind, public: open, control: control || open, data: data || open }
  })
  if (nodes.length === 0 || nodes.some(node => node.public === '')) return undefined
  if (![uuid, primary, ...nodes.map(({ id }) => id)].every(id => idPattern.test(id)))
    return undefined
  return { uuid, primary, nodes: nodes.sort(order) }
}

/** `p labproxy1`, as the vendor's tables begin. */
export function nodeLabel({ kind, id }: Pick<Node, 'kind' | 'id'>): string {
  return `${kind === 'proxy' ? 'p' : 't'} ${id}`
}

/** The listeners of a node, each address once. */
export function listenersOf(node: Node): { net: 'public' | 'control' | 'data'; address: string }[] {
  const all = (['public', 'control', 'data'] as const).map(net => ({ net, address: node[net] }))
  return all.filter(
    ({ address }, index) => all.findIndex(each => each.address === address) === index,
  )
}

const nets = ['public_net', 'intra_control_net', 'intra_data_net'] as const

function entries(smap: Json): { kind: Node['kind']; entry: Json }[] {
  const of = (map: 'pmap' | 'tmap', kind: Node['kind']) =>
    Object.values((atPath(smap, map) ?? {}) as { [id: string]: Json }).map(entry => ({
      kind,
      entry,
    }))
  return [...of('pmap', 'proxy'), ...of('tmap', 'target')]
}

function addressIn(entry: Json, net: string): string {
  const url = atPath(entry, `${net}.direct_url`)
  const address =
    typeof url === 'string' ? parseAddress(url.replace(/^https?:\/\//, '')) : undefined
  return address ? formatAddress(address) : ''
}

/** Proxies first, by id: the order in which the cluster loads certificates. */
function order(a: Node, b: Node): number {
  return a.kind === b.kind ? (a.id < b.id ? -1 : 1) : a.kind === 'proxy' ? -1 : 1
}
