import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { nodeLabel } from './cluster.ts'
import { apiOf, placeOf, primaryOf } from './place.ts'
import type { HttpSettings } from './present.ts'
import { clusterHolds, shellPlace } from './shell.ts'
import { type ClusterState, readState, wrongIn } from './state.ts'

/**
 * Looks at every node: `{at, settings}`. What it answers is what the steps hang on: the scheme of all
 * (`mixed` where they differ), whether the primary has the settings (`null` where it cannot be asked),
 * and whether all is well in HTTP, or in HTTPS.
 */
export const lookOp: Op = {
  changes: false,
  async run({ at, settings = {} }, ctx): Promise<Json> {
    const place = placeOf(at)
    const state = await readState(place, await apiOf(place, ctx))
    return {
      ...clusterAnswer(state, settings as Partial<HttpSettings>, place),
      seen: seenOf(state),
    }
  },
  printed: ({ at }, show) => [`curl ${show(lookUrl(at as Json))}`],
  shell: ({ at, settings = {} }, sh) => [
    `ais_look ${shellPlace(at, sh)} ${sh.word(clusterHolds(settings as Partial<HttpSettings>))}`,
  ],
}

function clusterAnswer(
  state: ClusterState,
  settings: Partial<HttpSettings>,
  place: ReturnType<typeof placeOf>,
): { [key: string]: Json } {
  const { scheme, settings: now, map } = state
  return {
    scheme,
    uuid: map?.uuid ?? '',
    useHttps: now?.use_https ?? null,
    settings: now ? hasSettings(now, settings) : null,
    wellPlain: wrongIn(state, place, 'http').size === 0,
    well: wrongIn(state, place, 'https').size === 0,
  }
}

/** Whether each of some settings is as wanted. */
export function hasSettings(now: HttpSettings, wanted: Partial<HttpSettings>): boolean {
  return Object.entries(wanted).every(([key, value]) => now[key as keyof HttpSettings] === value)
}

/** What is seen of a cluster, in a few words. */
function seenOf({ nodes, scheme }: ClusterState): string {
  const up = nodes.filter(each => each.started)
  const bad = nodes.find(each => !each.started)
  const count = `${up.length} of ${nodes.length} nodes have started`
  if (scheme === 'down') return 'no node listens'
  return bad ? `${count}; ${nodeLabel(bad.node)}: ${bad.seen}` : `${count}, ${scheme}`
}

function lookUrl(at: Json): string {
  return `http://${primaryOf(placeOf(at)).public}/v1/daemon?what=node_status`
}
