import type { ShellWriter } from '../../plan/op.ts'
import type { Node } from './cluster.ts'
import type { HttpSettings } from './present.ts'

/** Where a cluster is, as the first words of a function of `aistore/functions.sh`. */
export function shellPlace(at: unknown, sh: ShellWriter): string {
  const { uuid, primary, nodes, roots } = at as {
    uuid: string
    primary: string
    nodes: Node[]
    roots: unknown[]
  }
  const first = nodes.find(({ id }) => id === primary) ?? nodes[0]
  const lines = nodes.map(each => [each.id, each.public, each.control, each.data].join(' '))
  const own = roots.slice(0, 2).map(sh.word).join(' ')
  return `${[uuid, first?.public ?? '', lines.join('\n')].map(sh.word).join(' ')} ${own}`
}

/** A jq expression over `net.http` that tells whether settings are as wanted. */
export function clusterHolds(settings: Partial<HttpSettings>): string {
  const each = Object.entries(settings).map(([key, value]) => `.${key} == ${JSON.stringify(value)}`)
  return each.join(' and ') || 'true'
}
