import { exitCodes } from '../../exit-codes.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import type { Api, Said } from './api.ts'
import { nodeLabel } from './cluster.ts'
import { hasSettings } from './ops-look.ts'
import { apiOf, type Place, placeOf } from './place.ts'
import type { HttpSettings } from './present.ts'
import { aistoreProblem } from './problems.ts'
import { refusal } from './said.ts'
import { untilLed } from './settled.ts'
import { shellPlace } from './shell.ts'
import { readState, settingsIn } from './state.ts'

/** Milliseconds: for seconds after its start a cluster answers 503 ("not ready yet"). */
const readyMs = 120_000
const againMs = 1_000

/**
 * Sets some of `net.http` for the whole cluster in one call: `{at, values}`. Key and certificate must
 * come together; `use_https` is refused before them. Nothing is opened: paths are taken as they are.
 */
export const setOp: Op = {
  changes: true,
  async run({ at, values }, ctx): Promise<Json> {
    const place = placeOf(at)
    await setSettings(place, values as Partial<HttpSettings>, await apiOf(place, ctx), ctx)
    return { set: true, seen: wordsOf(values as Partial<HttpSettings>).join(' ') }
  },
  printed: ({ values }) => [
    quoteCommand(['ais', 'config', 'cluster', ...wordsOf(values as Partial<HttpSettings>)]),
  ],
  shell: ({ at, values }, sh) => [
    `ais_set ${shellPlace(at, sh)} ${sh.word(query(values as Partial<HttpSettings>))}`,
  ],
}

/** Sets them, and reads them back from the primary. */
export async function setSettings(
  place: Place,
  values: Partial<HttpSettings>,
  api: Api,
  ctx: Pick<Performing, 'world' | 'signal' | 'say' | 'rehearsal'>,
): Promise<void> {
  const at = await untilLed(place, api, ctx)
  const said = await whileNotReady(
    () => api.put(at, `/v1/cluster/set-config?${query(values)}`),
    ctx,
  )
  const fix = 'See what the cluster says: ais show cluster; then run the same command again.'
  if (said.status === undefined) throw refusal(at, said, await fixForHalf(place, api))
  if (said.status !== 200) throw refusal(at, said, fix)
  const after = await api.get(at, '/v1/cluster?what=cluster_config')
  const now = settingsIn(after)
  if (!now) throw refusal(at, after, fix)
  if (!hasSettings(now, values))
    throw aistoreProblem('aistore.refused', exitCodes.failed, {
      subject: at,
      evidence: `it says 200, and its settings stay as they were`,
      fix,
    })
}

/** What helps where the primary does not answer: nodes that run without it keep their ports. */
async function fixForHalf(place: Place, api: Api): Promise<string> {
  const { nodes } = await readState(place, api)
  const running = nodes.filter(({ scheme }) => scheme !== 'down').map(({ node }) => node)
  const stop = running.map(node => `${nodeLabel(node)} (${node.public})`).join(', ')
  return stop === ''
    ? 'Run the same command again: it starts all nodes.'
    : `Stop ${stop} where it runs, with SIGTERM or by its service manager; then run the same command again: it starts all nodes.`
}

/** Asks again while the cluster says that it is not ready. */
export async function whileNotReady(
  ask: () => Promise<Said>,
  ctx: Pick<Performing, 'world' | 'signal' | 'say' | 'rehearsal'>,
): Promise<Said> {
  const { clock } = ctx.world
  const began = clock.elapsed()
  const limitMs = cappedMs(readyMs, ctx)
  for (;;) {
    const said = await ask()
    if (said.status !== 503 || clock.elapsed() - began > limitMs) return said
    ctx.say(said.seen)
    await clock.sleep(againMs, ctx.signal)
  }
}

function wordsOf(values: Partial<HttpSettings>): string[] {
  return Object.entries(values).map(([key, value]) => `net.http.${key}=${value}`)
}

function query(values: Partial<HttpSettings>): string {
  return Object.entries(values)
    .map(([key, value]) => `net.http.${key}=${encodeURIComponent(String(value))}`)
    .join('&')
}
