import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseAddress } from '../../net/address.ts'
import { handshake } from '../../net/handshake.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Standing } from '../../plan/events.ts'
import type { Api } from './api.ts'
import { listenersOf, type Node, nodeLabel } from './cluster.ts'
import type { Ports } from './listeners.ts'
import type { OwnLeaves } from './own-leaves.ts'

/** What a listener does now: nothing, plain HTTP, or TLS with the wanted leaf or another one. */
export type Serves = 'closed' | 'HTTP' | 'new' | 'old'

/** One node, listener by listener. */
export interface NodeServes {
  node: Node
  serves: Readonly<Partial<Record<'public' | 'control' | 'data', Serves>>>
}

export interface Looking {
  api: Api
  signal: AbortSignal
  /** The fingerprint that counts as new. */
  leaf: string
  /** What counts as new at nodes with a certificate of their own. */
  own?: OwnLeaves
  ports: Ports
}

/** The listeners that this machine is said to reach. */
export function reachedOf(node: Node, ports: Looking['ports']): ReturnType<typeof listenersOf> {
  return listenersOf(node).filter(
    ({ net }) => ports === 'all' || (net === 'public') === (ports === 'public'),
  )
}

/** Looks at each listener of some nodes, all at the same time. */
export function lookAtListeners(nodes: readonly Node[], looking: Looking): Promise<NodeServes[]> {
  return Promise.all(
    nodes.map(async node => {
      const reached = reachedOf(node, looking.ports)
      const seen = await Promise.all(
        reached.map(async ({ net, address }) => {
          const leaf = looking.own?.[node.id] ?? looking.leaf
          return [net, await servesAt(address, { ...looking, leaf })] as const
        }),
      )
      return { node, serves: Object.fromEntries(seen) }
    }),
  )
}

async function servesAt(address: string, { api, signal, leaf }: Looking): Promise<Serves> {
  const scheme = await api.scheme(address)
  if (scheme !== 'https') return scheme === 'http' ? 'HTTP' : 'closed'
  const served = await leafAt(address, signal)
  return served === '' ? 'closed' : served === leaf ? 'new' : 'old'
}

/** Fingerprint of the leaf that a listener serves; empty where it speaks no TLS. */
export async function leafAt(address: string, signal: AbortSignal): Promise<string> {
  const at = parseAddress(address) ?? { host: address, port: 0 }
  const asked = { ...at, name: at.host, roots: [], timeoutMs: 5_000, signal }
  const { chain } = await handshake({ ...asked, reads: 'leaf' })
  return chain[0] ? new X509Certificate(chain[0]).fingerprint256 : ''
}

/** Whether each listener that is reached does this. */
export function allServe({ serves }: NodeServes, wanted: Serves): boolean {
  return Object.values(serves).every(each => each === wanted)
}

/** Fingerprint of the first certificate in a PEM file. */
export async function leafIn(path: string): Promise<string> {
  const [pem = ''] = pemCertificates(await readFile(path, 'utf8'))
  return new X509Certificate(pem).fingerprint256
}

interface NodeRow extends NodeServes {
  state: Standing['rows'][number]['state']
  /** Whether key and certificate lie on it, in words. */
  files: string
  alert: string
}

/** The rows of a screen: `node | files | public | control | data | alert`. */
export function standingOf(rows: readonly NodeRow[], says?: string): Standing {
  return {
    head: ['node', 'files', 'public', 'control', 'data', 'alert'],
    rows: rows.map(({ node, state, files, serves, alert }) => ({
      state,
      cells: [
        nodeLabel(node),
        files,
        ...(['public', 'control', 'data'] as const).map(net => serves[net] ?? '–'),
        alert === '' ? '–' : alert,
      ],
    })),
    ...(says === undefined || says === '' ? {} : { says }),
  }
}
