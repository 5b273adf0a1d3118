import type { Probed } from '../../proof/result.ts'
import type { Api } from './api.ts'
import { nodeLabel } from './cluster.ts'
import type { Place } from './place.ts'
import { readState, wrongIn } from './state.ts'

/** `aistore.node-state`: each node says itself that it has started in this scheme, and is in the map. */
export async function probeStates(
  place: Place,
  api: Api,
  scheme: 'http' | 'https',
): Promise<Probed[]> {
  const wrong = wrongIn(await readState(place, api), place, scheme)
  const base = { id: 'aistore.node-state', expected: `started, in the map, ${scheme}` }
  const ofCluster = wrong.get('cluster')
  return place.nodes.map((node): Probed => {
    const bad = wrong.get(node.id) ?? ofCluster
    return bad === undefined
      ? { ...base, state: 'pass', seen: 'started and in the map', address: nodeLabel(node) }
      : {
          ...base,
          state: 'fail',
          seen: bad,
          address: nodeLabel(node),
          means: 'A node that is listed as online may be gone, or never join again.',
          fix: `Read the log of ${nodeLabel(node)}.`,
          transient: true,
        }
  })
}
