import type { ShellWriter } from '../../plan/op.ts'
import type { Node } from './cluster.ts'
import type { HttpSettings } from './present.ts'

/** Where a cluster is, as the first words of a function of `aistore/functions.sh`. */
export function shellPlace(at: unknown, sh: ShellWriter): string {
  const { uuid, primary, nodes, roots } = at as {
    uuid: unknown
    primary: unknown
    /** Of a new cluster a late text: only the run finds them out. */
    nodes: Node[] | object
    roots: unknown[]
  }
  const own = roots.slice(0, 2).map(sh.word).join(' ')
  if (!Array.isArray(nodes)) {
    const [all, first] = [nodes, primary].map(sh.word)
    return `${sh.word(uuid)} "$(ais_address ${all} ${first})" "$(ais_lines ${all})" ${own}`
  }
  const known = nodes as Node[]
  const first = known.find(({ id }) => id === primary) ?? known[0]
  const lines = known.map(each => [each.id, each.public, each.control, each.data].join(' '))
  return `${[uuid, first?.public ?? '', lines.join('\n')].map(sh.word).join(' ')} ${own}`
}

/** A jq expression over `net.http` that tells whether settings are as wanted. */
export function clusterHolds(settings: Partial<HttpSettings>): string {
  const each = Object.entries(settings).map(([key, value]) => `.${key} == ${JSON.stringify(value)}`)
  return each.join(' and ') || 'true'
}
