import { dirname } from 'node:path'
import { exitCodes } from '../../exit-codes.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { Api, Said } from './api.ts'
import { type Node, nodeLabel } from './cluster.ts'
import { alertsIn } from './flags.ts'
import type { Ports } from './listeners.ts'
import { ownLeaves } from './own-leaves.ts'
import { apiOf, leaderOf, type Place, placeOf } from './place.ts'
import { aistoreProblem } from './problems.ts'
import { loginProblem } from './said.ts'
import { shellPlace } from './shell.ts'
import { allServe, leafIn, lookAtListeners, type NodeServes, standingOf } from './standing.ts'

/** How often a node that stays stale is loaded alone. */
const tries = 3
const againMs = 1_000

/** Whether each listener serves the leaf of a chain, or what its node had of its own beside it: `{at, ports, chain}`. */
export const servedOp: Op = {
  changes: false,
  async run({ at, ports, chain }, ctx): Promise<Json> {
    const place = placeOf(at)
    const looking = await lookingFor(place, ports, chain, ctx)
    const serves = await lookAtListeners(place.nodes, looking)
    return {
      served: isDone(serves),
      down: serves.every(each => allServe(each, 'closed')),
      seen: countOf(serves),
    }
  },
  printed: ({ at }) =>
    placeOf(at as Json).nodes.map(node => `openssl s_client -connect ${node.public}`),
  shell: ({ at, ports, chain }, sh) => [
    `ais_served ${shellPlace(at, sh)} ${[ports, chain].map(sh.word).join(' ')}`,
  ],
}

/**
 * Has every node load the pair that lies on it: `{at, ports, chain, downToo}`. The cluster goes through its
 * nodes, says that all is done where a later one failed, and leaves those after a bad one: so each
 * listener is looked at, and a stale node is loaded alone. A node that does not run reads its files at
 * its start: with `downToo` that is enough.
 */
export const loadOp: Op = {
  changes: true,
  async run({ at, ports, chain, downToo }, ctx): Promise<Json> {
    const place = placeOf(at)
    const looking = await lookingFor(place, ports, chain, ctx)
    const { api } = looking
    const isStale = (each: NodeServes) =>
      !allServe(each, 'new') && !(downToo === true && allServe(each, 'closed'))
    const look = async (said: string) => {
      const serves = await lookAtListeners(place.nodes, looking)
      await sayRows(serves, api, said, ctx)
      return serves
    }
    const primary = await leaderOf(place, api)
    const all = await api.put(primary, '/v1/cluster/load-x509')
    const login = loginProblem(primary, all)
    if (login) throw login
    let serves = await look(all.status === 200 ? '' : `all nodes: ${all.seen}`)
    const said = new Map<string, Said>()
    for (let again = 1; again <= tries && serves.some(isStale); again += 1) {
      if (again > 1) await ctx.world.clock.sleep(againMs, ctx.signal)
      for (const { node } of serves.filter(isStale))
        said.set(node.id, await api.put(primary, `/v1/cluster/load-x509/${node.id}`))
      const stale = serves.filter(isStale).map(({ node }) => node.id)
      serves = await look(`${stale.join(', ')} loaded alone, try ${again} of ${tries}`)
    }
    const stale = serves.filter(isStale)
    if (stale.length > 0) throw await staleNodes(stale, said, api)
    return { loaded: true, seen: countOf(serves) }
  },
  printed: () => [
    'ais tls load-certificate',
    'looks at every listener, and loads a stale node alone',
  ],
  shell: ({ at, ports, chain }, sh) => [
    `ais_load ${shellPlace(at, sh)} ${[ports, chain].map(sh.word).join(' ')}`,
  ],
}

async function lookingFor(
  place: Place,
  ports: Json | undefined,
  chain: Json | undefined,
  ctx: Performing,
) {
  const path = String(chain)
  const [api, leaf, own] = await Promise.all([
    apiOf(place, ctx),
    leafIn(path),
    ownLeaves(dirname(path)),
  ])
  return { api, signal: ctx.signal, leaf, own, ports: ports as Ports }
}

function isDone(serves: readonly NodeServes[]): boolean {
  return serves.every(each => allServe(each, 'new'))
}

function countOf(serves: readonly NodeServes[]): string {
  const all = serves.flatMap(each => Object.values(each.serves))
  const good = all.filter(each => each === 'new').length
  return `${good} of ${all.length} ports serve the new leaf`
}

async function sayRows(
  serves: readonly NodeServes[],
  api: Api,
  says: string,
  ctx: Performing,
): Promise<void> {
  const rows = await Promise.all(
    serves.map(async each => {
      const status = await api.get(each.node.public, '/v1/daemon?what=node_status')
      const alert = alertsIn(Number(atPath(status.json, 'cluster.flags') ?? 0)).join(' ')
      const done = allServe(each, 'new')
      const state = done ? ('done' as const) : alert === '' ? ('runs' as const) : ('wrong' as const)
      return { ...each, state, files: 'in place', alert }
    }),
  )
  ctx.say(countOf(serves), { standing: standingOf(rows, oneLine(says)) })
}

/** Each stale node with its own words: the cluster says "Bad Request" at most. */
async function staleNodes(stale: readonly NodeServes[], said: ReadonlyMap<string, Said>, api: Api) {
  const words = await Promise.all(stale.map(each => wordsOf(each, said.get(each.node.id), api)))
  const names = stale.map(({ node }) => nodeLabel(node)).join(', ')
  if (stale.every(each => allServe(each, 'closed')))
    return aistoreProblem('aistore.node-down', exitCodes.unavailable, {
      subject: names,
      evidence: words.join('; '),
      fix: `Start ${names} as usual: a node reads its pair at its start. Then run the same command again.`,
    })
  return aistoreProblem('aistore.stale-node', exitCodes.failed, {
    subject: names,
    evidence: words.join('; '),
    fix: `Put the same pair onto ${names}, key first; its log says what it found there. Then run the same command again.`,
  })
}

/** The key has a dot in it. */
function publicError(json: Json): Json | undefined {
  return (json as { [key: string]: Json } | null)?.['pub.error']
}

async function wordsOf(
  { node, serves }: NodeServes,
  said: Said | undefined,
  api: Api,
): Promise<string> {
  const { json } = await api.get(node.public, '/v1/daemon?what=tls_certificate')
  const own = atPath(json, 'error') ?? publicError(json)
  const where = Object.entries(serves)
    .filter(([, each]) => each !== 'new')
    .map(([net, each]) => `${each} on ${net}`)
  const why = [typeof own === 'string' ? own : '', said && said.status !== 200 ? said.seen : '']
  return `${nodeLabel(node as Node)}: ${[...where, ...why].filter(Boolean).join(', ')}`
}
