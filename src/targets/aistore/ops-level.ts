import { Problem } from '../../errors.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { restoreStates } from './backup.ts'
import { clientRulesAt, clientsOf, differs } from './client-probe.ts'
import { takeDown } from './ops-down.ts'
import { setSettings } from './ops-settings.ts'
import { accessOf, apiOf, type Place, placeOf } from './place.ts'
import type { HttpSettings } from './present.ts'
import { shellPlace } from './shell.ts'
import { reachedOf } from './standing.ts'
import { readState } from './state.ts'

type Ports = 'all' | 'public'

/**
 * Whether every listener treats its clients as a level says: `{at, ports, level}`. The settings do not
 * tell: they are new at once, and listeners follow at a start alone.
 */
export const actsOp: Op = {
  changes: false,
  async run({ at, ports, level }, ctx): Promise<Json> {
    const place = placeOf(at)
    const { scheme } = await readState(place, await apiOf(place, ctx))
    if (scheme !== 'https') return { scheme, acts: false, seen: scheme }
    const wrong = await firstDiffering(place, ports as Ports, Number(level), ctx)
    return { scheme, acts: wrong === undefined, seen: wrong ?? `as level ${level} says` }
  },
  printed: ({ at }) =>
    placeOf(at as Json).nodes.map(node => `curl https://${node.public}/v1/health   (no --cert)`),
  shell: ({ at, ports, level }, sh) => [
    `ais_acts ${shellPlace(at, sh)} ${[ports, String(level)].map(sh.word).join(' ')}`,
  ],
}

/**
 * Takes the cluster down so that it starts with other settings: `{at, ports, values, of}`. Where it
 * takes none any more, the .ais.conf of every node that were kept before are put back.
 */
export const leaveLevelOp: Op = {
  changes: true,
  async run({ at, ports, values, of }, ctx): Promise<Json> {
    const place = placeOf(at)
    const api = await apiOf(place, ctx)
    const state = await readState(place, api)
    const told = state.settings
      ? await tell(place, values as Partial<HttpSettings>, api, ctx)
      : false
    if (state.scheme !== 'down') await takeDown(place, ports as Ports, api, ctx)
    const whole = told && state.nodes.every(({ scheme }) => scheme !== 'down')
    const restored = whole ? '' : await restoreStates(place, ctx, of)
    return { down: true, seen: restored || 'every port is closed' }
  },
  printed: () => [
    'ais cluster shutdown -y',
    'puts the kept .ais.conf of every node back where not all of them can be told',
  ],
  shell: ({ at, ports, values }, sh) => [
    `ais_leave_level ${shellPlace(at, sh)} ${[ports, JSON.stringify(values)].map(sh.word).join(' ')}`,
  ],
}

async function tell(
  place: Place,
  values: Partial<HttpSettings>,
  api: Awaited<ReturnType<typeof apiOf>>,
  ctx: Performing,
): Promise<boolean> {
  try {
    await setSettings(place, values, api, ctx)
    return true
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    ctx.say(error.findings[0]?.evidence ?? '')
    return false
  }
}

async function firstDiffering(
  place: Place,
  ports: Ports,
  level: number,
  ctx: Performing,
): Promise<string | undefined> {
  const clients = await clientsOf(await accessOf(place, ctx), ctx.world)
  const reached = place.nodes.flatMap(node => reachedOf(node, ports))
  const wrong = await Promise.all(
    reached.map(async ({ address }) => {
      const seen = differs(await clientRulesAt(address, clients, ctx.signal), level)
      return seen === '' ? '' : `${address}: ${seen}`
    }),
  )
  return wrong.find(each => each !== '')
}
