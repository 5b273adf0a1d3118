import type { ShellWriter } from '../../plan/op.ts'
import type { Node } from './cluster.ts'
import type { HttpSettings } from './present.ts'

/** Where a cluster is, as the first words of a function of `aistore/functions.sh`. */
export function shellPlace(at: unknown, sh: ShellWriter): string {
  const { uuid, primary, nodes, roots, gateway, lines } = at as {
    uuid: unknown
    primary: string
    nodes: Node[]
    roots: unknown[]
    /** Of a new cluster, whose nodes only the run finds out. */
    gateway?: unknown
    lines?: unknown
  }
  const own = roots.slice(0, 2).map(sh.word).join(' ')
  if (lines !== undefined) return `${[uuid, gateway, lines].map(sh.word).join(' ')} ${own}`
  const first = nodes.find(({ id }) => id === primary) ?? nodes[0]
  return `${[uuid, first?.public ?? '', nodeLines(nodes)].map(sh.word).join(' ')} ${own}`
}

/** Each node as the script's functions read it: id, public, control and data address. */
export function nodeLines(nodes: readonly Node[]): string {
  return nodes.map(each => [each.id, each.public, each.control, each.data].join(' ')).join('\n')
}

/** A jq expression over `net.http` that tells whether settings are as wanted. */
export function clusterHolds(settings: Partial<HttpSettings>): string {
  const each = Object.entries(settings).map(([key, value]) => `.${key} == ${JSON.stringify(value)}`)
  return each.join(' and ') || 'true'
}
