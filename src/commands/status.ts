import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Front } from '../front/front.ts'
import { endpointLines } from '../front/words/endpoint.ts'
import { type Line, span } from '../front/words/line.ts'
import {
  alertWords,
  partLines,
  stateOf,
  statusRow,
  unseenLines,
  worstFirst,
} from '../front/words/status.ts'
import { listEndpoints } from '../record/endpoint.ts'
import { type Alert, alerts, type EndpointStatus } from '../status/endpoint-status.ts'
import { lookAtEndpoint, recordedStatus } from '../status/look.ts'
import type { World } from '../world.ts'
import { createFront } from './create-front.ts'
import { recordOf } from './endpoint-of.ts'
import { type Io, printJson, printOut, widthOf } from './io.ts'
import { waysOf } from './ways.ts'

export interface StatusOptions {
  once?: boolean
  json?: boolean
  failOn?: string
}

/** How many endpoints are looked at at the same time. */
const atOnce = 64

/** The state of recorded endpoints: once, or live until the user leaves. */
export async function status(names: string[], options: StatusOptions, io: Io): Promise<ExitCode> {
  const failOn = alertsIn(options.failOn)
  for (const name of names) await recordOf(name, io.world)
  const wanted = names.length > 0 ? names : await listEndpoints(io.world.stateFolder)
  const live = io.meet === 'ink' && !options.once && !options.json && wanted.length > 0
  if (live) {
    await watchEndpoints(await createFront(io), wanted, io)
    return exitCodes.done
  }
  const seen = await lookAtAll(wanted, io)
  const sorted = seen.sort(worstFirst(io.world.clock.now()))
  if (options.json) printJson(io, { schema: 'secure-endpoint/status@1', endpoints: sorted })
  else printOut(io, statusLines(sorted, names.length === 1, io))
  const bad = sorted.some(({ alerts: found }) => found.some(alert => failOn.includes(alert)))
  return bad ? exitCodes.failed : exitCodes.done
}

/** The alerts that make `--once` end with 1: by default the ones that clients feel. */
function alertsIn(text: string | undefined): Alert[] {
  if (text === undefined)
    return ['tls-cert-expired', 'tls-cert-invalid', 'drift', 'secret-drift', 'unreachable']
  const known = alerts.map(({ alert }) => alert)
  const names = text === 'none' ? [] : text === 'any' ? known : text.split(',')
  const wrong = names.find(name => !known.includes(name as Alert))
  if (wrong !== undefined)
    throw usage(
      `--fail-on: ${wrong} is no alert.`,
      `Name some of: ${known.join(', ')}, any or none.`,
    )
  return names as Alert[]
}

export async function watchEndpoints(
  front: Front,
  names: readonly string[],
  { world }: Io,
): Promise<void> {
  const recorded = await Promise.all(names.map(name => recordedStatus(name, world)))
  await front.watch({
    names,
    recorded,
    look: (name, signal) => lookAt(name, world, signal),
    now: world.clock.now,
  })
}

/** A record without a finished run has no answers yet: it is looked at as far as it goes. */
async function lookAt(name: string, world: World, signal: AbortSignal): Promise<EndpointStatus> {
  const ways = await waysOf(name, world, signal).catch(() => ({}))
  return lookAtEndpoint(name, world, signal, ways)
}

async function lookAtAll(
  names: readonly string[],
  { world, signal }: Io,
): Promise<EndpointStatus[]> {
  const seen: EndpointStatus[] = []
  const queue = [...names]
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      seen.push(await lookAt(name, world, signal))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return seen
}

function statusLines(all: EndpointStatus[], whole: boolean, io: Io): Line[] {
  const { glyphs, world } = io
  const now = world.clock.now()
  if (all.length === 0) {
    return [[span('No endpoint is recorded on this machine. Make one: secure-endpoint init')]]
  }
  const [only] = all
  if (whole && only) {
    const head: Line = [
      glyphs.state(stateOf(only)),
      span(` ${only.name}`, 'bold'),
      span(`  ${only.target}`, 'quiet'),
    ]
    const said = only.alerts.map(
      (alert): Line => [span(`  ${alert.padEnd(11)} `, 'warn'), span(alertWords(alert, only))],
    )
    return [
      head,
      ...(only.record ? endpointLines(only.record, only.leaf, now, glyphs) : []),
      ...partLines(only, now, glyphs),
      ...said,
      ...unseenLines(only),
    ]
  }
  return all.map(each => statusRow(each, now, glyphs, widthOf(io)))
}
