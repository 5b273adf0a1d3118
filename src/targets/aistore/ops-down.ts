import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { parseAddress } from '../../net/address.ts'
import { takesConnections } from '../../net/port.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import type { Api } from './api.ts'
import { restoreStates } from './backup.ts'
import { nodeLabel } from './cluster.ts'
import { setSettings, whileNotReady } from './ops-settings.ts'
import { apiOf, type Place, placeOf } from './place.ts'
import { aistoreProblem } from './problems.ts'
import { refusal } from './said.ts'
import { untilSettled } from './settled.ts'
import { shellPlace } from './shell.ts'
import { lookAtListeners, reachedOf, standingOf } from './standing.ts'
import { readState } from './state.ts'

type Ports = 'all' | 'public'

/** Milliseconds: nodes end 3 s after the cluster says that it is shut down; and between two looks. */
const closeMs = 60_000
const lookMs = 200
/** So long the end of a shutdown is awaited, where the run is stopped in it. */
const leaveMs = 10_000

/**
 * Shuts the whole cluster down and waits until none of its ports is open: `{at, ports}`. The answer
 * comes before the nodes end, and the primary says 200 for seconds more.
 */
export const shutdownOp: Op = {
  changes: true,
  async run({ at, ports }, ctx): Promise<Json> {
    const place = placeOf(at)
    await takeDown(place, ports as Ports, await apiOf(place, ctx), ctx)
    return { down: true, seen: 'every port is closed' }
  },
  printed: () => ['ais cluster shutdown -y', 'waits until every port is closed'],
  shell: ({ at, ports }, sh) => [`ais_shutdown ${shellPlace(at, sh)} ${sh.word(ports)}`],
}

/**
 * Takes the cluster down so that it starts in another scheme: `{at, ports, scheme}`. Where not every
 * node can be told, the kept .ais.conf of all nodes are put back: it starts as it was before.
 */
export const leaveOp: Op = {
  changes: true,
  async run({ at, ports, scheme }, ctx): Promise<Json> {
    const place = placeOf(at)
    const api = await apiOf(place, ctx)
    const state = await readState(place, api)
    const heard =
      state.settings !== undefined &&
      (await isTold(() => setSettings(place, { use_https: scheme === 'https' }, api, ctx)))
    if (state.scheme === scheme) return { down: false, seen: `every node speaks ${scheme} still` }
    if (state.scheme !== 'down') await takeDown(place, ports as Ports, api, ctx)
    const told = heard && state.nodes.every(each => each.scheme !== 'down')
    const restored = scheme === 'http' && !told ? await restoreStates(place, ctx) : ''
    return { down: true, seen: restored || 'every port is closed' }
  },
  printed: ({ scheme }) => [
    `ais config cluster net.http.use_https=${scheme === 'https'}`,
    'ais cluster shutdown -y',
    'puts the kept .ais.conf of every node back where not all of them can be told',
  ],
  shell: ({ at, ports, scheme }, sh) => [
    `ais_leave ${shellPlace(at, sh)} ${sh.word(ports)} ${sh.word(scheme === 'https')}`,
  ],
}

/** A primary that finds no targets ends while it is asked: then the kept settings go back instead. */
async function isTold(tell: () => Promise<void>): Promise<boolean> {
  try {
    await tell()
    return true
  } catch (error) {
    const away = ['aistore.no-cluster', 'aistore.refused']
    if (error instanceof Problem && error.findings.some(({ id }) => away.includes(id))) return false
    throw error
  }
}

/** Shuts the cluster down and waits until every port that is reached is closed. */
export async function takeDown(
  place: Place,
  ports: Ports,
  api: Api,
  ctx: Performing,
): Promise<void> {
  const at = await untilSettled(place, api, ctx)
  const said = await whileNotReady(() => api.put(at, '/v1/cluster', { action: 'shutdown' }), ctx)
  // no answer may well be the end of who should give it
  if (said.status !== undefined && said.status !== 200)
    throw refusal(at, said, 'See what the cluster says: ais show cluster; then run it again.')
  await untilClosed(place, ports, api, ctx)
}

async function untilClosed(place: Place, ports: Ports, api: Api, ctx: Performing): Promise<void> {
  const { clock } = ctx.world
  const began = clock.elapsed()
  const reached = place.nodes.flatMap(node =>
    reachedOf(node, ports).map(({ address }) => ({ node, address })),
  )
  let open = reached
  for (;;) {
    const still = await Promise.all(
      open.map(async each => {
        const at = parseAddress(each.address)
        return at !== undefined && (await takesConnections(at))
      }),
    )
    open = open.filter((_, index) => still[index])
    const { aborted } = ctx.signal
    if (!aborted) await sayOpen(place, ports, open.length, reached.length, api, ctx)
    const over = clock.elapsed() - began > cappedMs(aborted ? leaveMs : closeMs, ctx)
    if (open.length === 0 || over) ctx.signal.throwIfAborted()
    if (open.length === 0) return
    if (over) throw stillOpen(open)
    // who takes up a run that was stopped here must not find nodes that answer, and then end
    await clock.sleep(lookMs, aborted ? undefined : ctx.signal).catch(error => {
      if (!ctx.signal.aborted) throw error
    })
  }
}

async function sayOpen(
  { nodes }: Place,
  ports: Ports,
  open: number,
  all: number,
  api: Api,
  { say, signal }: Performing,
): Promise<void> {
  const seen = await lookAtListeners(nodes, { api, signal, leaf: '', ports })
  const rows = seen.map(each => {
    const ended = Object.values(each.serves).every(serves => serves === 'closed')
    const state = ended ? ('done' as const) : ('runs' as const)
    return { ...each, state, files: '–', alert: '' }
  })
  say(`${all - open} of ${all} ports are closed`, { standing: standingOf(rows) })
}

function stillOpen(open: readonly { node: Parameters<typeof nodeLabel>[0]; address: string }[]) {
  const [first] = open
  const evidence = open.map(({ node, address }) => `${nodeLabel(node)} at ${address}`).join(', ')
  return aistoreProblem('aistore.still-open', exitCodes.failed, {
    subject: first ? nodeLabel(first.node) : '',
    evidence,
    fix: 'Stop it where it runs, with SIGTERM or by its service manager; then run the same command again.',
  })
}
