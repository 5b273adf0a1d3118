import type { Check } from '../../../answers/question.ts'
import { Problem } from '../../../errors.ts'
import { exitCodes } from '../../../exit-codes.ts'
import { finding } from '../../../findings.ts'
import { parseAddress, urlHost } from '../../../net/address.ts'
import { oneLine } from '../../../process/plain-text.ts'
import type { Node } from '../cluster.ts'
import { hostFindings } from './findings.ts'

/** A host that gets files, and the nodes on it. */
export interface Host {
  /** As ssh takes it: `[user@]host`, `ssh://[user@]host[:port]`, or a Host of the user's configuration. */
  to: string
  nodes: string[]
}

/** The nodes where nobody says: as the user's own ssh would be typed. */
export const byHost = '{host}'

/** Nothing that ssh could read as an option, and nothing that a ProxyCommand could hand to a shell. */
const destination = /^(?!-)(?:ssh:\/\/)?(?:[\w.+][\w.+-]*@)?[\w.:[\]%][\w.:[\]%-]*$/
const named = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})=(.*)$/

/** One entry of `target.ssh`: a pattern for all nodes, or `NODE=DESTINATION`. */
export const checkDestination: Check = value => {
  const text = typeof value === 'string' ? value.trim() : ''
  const to = named.exec(text)?.[2] ?? text
  return destination.test(filled(to, { host: 'host', id: 'node' }))
    ? { value: text }
    : {
        wrong: 'This is no destination of ssh.',
        fix: 'Write for example ais@{host}, or t1=ais@10.0.0.6; anything more goes into ~/.ssh/config as a Host.',
      }
}

/**
 * The hosts of some nodes, each destination once.
 *
 * @param entries `target.ssh`: one that names a node goes before the pattern
 * @throws Problem where an entry names no node, or the cluster's own map gives no host that ssh may get
 */
export function hostsOf(
  nodes: readonly Pick<Node, 'id' | 'public'>[],
  entries: readonly string[],
): Host[] {
  const { own, pattern } = readEntries(entries)
  const ids = nodes.map(({ id }) => id)
  const strange = [...own.keys()].filter(id => !ids.includes(id))
  if (strange.length > 0)
    throw refused(strange.join(', '), `the nodes are ${ids.join(', ')}`, 'Name nodes by their ids')
  return grouped(
    nodes.map(({ id, public: address }) => {
      const host = parseAddress(address)?.host ?? address
      return { to: own.get(id) ?? filled(pattern, { host, id }), nodes: [id] }
    }),
  )
}

/** The same for a cluster that has no nodes yet: the hosts that it will have, or the named destinations. */
export function hostsAhead(hosts: readonly string[], entries: readonly string[]): Host[] {
  const { own, pattern } = readEntries(entries)
  const all =
    own.size > 0 ? [...own.values()] : hosts.map(host => filled(pattern, { host, id: '' }))
  return grouped(all.map(to => ({ to, nodes: [] })))
}

function readEntries(entries: readonly string[]): { own: Map<string, string>; pattern: string } {
  const pairs = entries.flatMap((each): [string, string][] => {
    const [, id, to] = named.exec(each) ?? []
    return id === undefined || to === undefined ? [] : [[id, to]]
  })
  return { own: new Map(pairs), pattern: entries.find(each => !named.test(each)) ?? byHost }
}

function filled(pattern: string, { host, id }: { host: string; id: string }): string {
  const written = pattern.startsWith('ssh://') ? urlHost(host) : host
  return pattern.replaceAll('{host}', written).replaceAll('{node}', id)
}

function grouped(hosts: readonly Host[]): Host[] {
  for (const { to, nodes } of hosts)
    if (!destination.test(to))
      throw refused(nodes.join(', '), `it would be ${oneLine(to)}`, 'Name where it runs')
  return [...new Set(hosts.map(({ to }) => to))].map(to => ({
    to,
    nodes: hosts.filter(each => each.to === to).flatMap(({ nodes }) => nodes),
  }))
}

function refused(subject: string, evidence: string, fix: string): Problem {
  const more = ': target.ssh: ["ais@{host}", "t1=ais@10.0.0.6"]'
  return new Problem(exitCodes.data, [
    finding(hostFindings, 'ssh.destination', { subject, evidence, fix: `${fix}${more}` }),
  ])
}
