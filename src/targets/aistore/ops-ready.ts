import { formatLimit } from '../../duration.ts'
import { exitCodes } from '../../exit-codes.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { nodeLabel } from './cluster.ts'
import { apiOf, type Place, placeOf } from './place.ts'
import { aistoreProblem } from './problems.ts'
import { shellPlace } from './shell.ts'
import { lookAtListeners, type NodeServes, type Serves, standingOf } from './standing.ts'
import { type ClusterState, readState, wrongIn } from './state.ts'

/** Milliseconds between two looks. */
const lookMs = 500

/**
 * Waits until the whole cluster is back in a scheme: `{at, scheme, leaf, ports, waitMs}`. Each node
 * must say itself that it has started, the map must have all nodes with URLs of the scheme, and the
 * UUID be the one from before. Health and `ais show cluster` say that all is well long before, and of
 * clusters that are broken.
 */
export const readyOp: Op = {
  changes: false,
  async run({ at, scheme, leaf, ports, waitMs }, ctx): Promise<Json> {
    const place = placeOf(at)
    const wanted = scheme as 'http' | 'https'
    const api = await apiOf(place, ctx)
    const { clock } = ctx.world
    const limitMs = cappedMs(Number(waitMs), ctx)
    const looking = {
      api,
      signal: ctx.signal,
      leaf: String(leaf ?? ''),
      ports: ports as 'all' | 'public',
    }
    const began = clock.elapsed()
    for (;;) {
      const state = await readState(place, api)
      const wrong = wrongIn(state, place, wanted)
      const serves = await lookAtListeners(place.nodes, looking)
      const seen = seenOf(state, wrong)
      ctx.say(seen, {
        standing: standingOf(rowsOf(state, wrong, serves, wanted), wrong.get('cluster')),
      })
      if (wrong.size === 0) return { ready: true, seen }
      // with settings of the other scheme it has come back for good, however long one waits
      const other = wanted === 'https' ? 'http' : 'https'
      if (wrongIn(state, place, other).size === 0)
        throw notBack(place, wrong, clock.elapsed() - began)
      if (clock.elapsed() - began > limitMs) throw notBack(place, wrong, limitMs)
      await clock.sleep(lookMs, ctx.signal)
    }
  },
  printed: ({ scheme }) => [
    `curl ${scheme}://NODE/v1/daemon?what=node_status | jq '.cluster.flags'   (each node: both of 2 and 4 are set)`,
  ],
  shell: ({ at, scheme, ports, waitMs }, sh) => [
    `ais_ready ${shellPlace(at, sh)} ${[scheme, ports].map(sh.word).join(' ')} ${Math.ceil(Number(waitMs) / 1000)}`,
  ],
}

/** Where each node stands on its way to a scheme. */
export function rowsOf(
  { nodes }: ClusterState,
  wrong: ReadonlyMap<string, string>,
  serves: readonly NodeServes[],
  scheme: 'http' | 'https',
) {
  return serves.map((each, index) => {
    const { node, alerts } = nodes[index] as ClusterState['nodes'][number]
    const state = wrong.has(node.id) ? ('runs' as const) : ('done' as const)
    const other: Serves = scheme === 'http' ? 'new' : 'HTTP'
    const bad = Object.values(each.serves).includes(other)
    const files = scheme === 'https' ? 'in place' : '–'
    return { ...each, state: bad ? ('runs' as const) : state, files, alert: alerts.join(' ') }
  })
}

function seenOf({ nodes }: ClusterState, wrong: ReadonlyMap<string, string>): string {
  const well = nodes.filter(({ node }) => !wrong.has(node.id)).length
  return `${well} of ${nodes.length} nodes are back`
}

function notBack(place: Place, wrong: ReadonlyMap<string, string>, limitMs: number) {
  const words = [...wrong].map(([id, why]) => {
    const node = place.nodes.find(each => each.id === id)
    return `${node ? nodeLabel(node) : 'the cluster'}: ${why}`
  })
  // a primary that was shut down while a node was away may spin for ever, its ports closed
  const left = [...wrong.values()].includes('nothing listens')
    ? ', and end its process where one runs that has no port'
    : ''
  return aistoreProblem('aistore.not-back', exitCodes.waited, {
    title: `The cluster has not come back after ${formatLimit(limitMs)}.`,
    subject: place.uuid,
    evidence: words.join('; '),
    fix: `Read the last lines of the log of each node that is named${left}; then run the same command again.`,
  })
}
