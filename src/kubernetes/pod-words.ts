import type { Performing } from '../plan/op.ts'
import { oneLine, plainText } from '../process/plain-text.ts'
import { succeeded } from '../process/tool.ts'
import { tryKubectl } from './kubectl.ts'
import type { Calling, Place } from './place.ts'
import type { RolloutState } from './rollout-state.ts'

/** The warnings of stuck pods, and the last lines of those that end again and again. */
export async function readDetails(
  place: Place,
  stuck: RolloutState['stuck'],
  ctx: Performing,
): Promise<string[]> {
  const [crashed] = stuck.filter(({ container }) => container !== undefined)
  const [events, logs] = await Promise.all([
    readEvents(place, stuck, ctx),
    crashed ? readLog(place, crashed, ctx) : [],
  ])
  return [...events, ...logs]
}

function readEvents(place: Place, stuck: RolloutState['stuck'], ctx: Calling): Promise<string[]> {
  // an earlier pod of a stateful set had the same name
  const isOwn = (name: string, id: string) =>
    stuck.some(({ pod, uid }) => pod === name && (uid === undefined || uid === id))
  return readWarnings(place, isOwn, ctx)
}

/** The last warnings about some objects of a namespace; none where they cannot be read. */
export async function readWarnings(
  place: Place,
  isAbout: (name: string, uid: string) => boolean,
  ctx: Calling,
): Promise<string[]> {
  const path =
    '-o=jsonpath={range .items[*]}{.involvedObject.uid}{"\\t"}{.involvedObject.name}{"\\t"}{.reason}{"\\t"}{.message}{"\\n"}{end}'
  const words = ['get', 'events', '--field-selector=type=Warning', path]
  const result = await tryKubectl(place, words, ctx, { limitMs: 15_000 })
  if (!succeeded(result)) return []
  const own = plainText(result.stdout)
    .split('\n')
    .map(line => line.split('\t'))
    .filter(([uid = '', name = '', reason]) => isAbout(name, uid) && reason !== 'MissingClusterDNS')
  const unique = [...new Set(own.map(([, , ...said]) => oneLine(said.join(': '))))]
  return unique.slice(-4).map(line => line.slice(0, 300))
}

async function readLog(
  place: Place,
  { pod, container }: RolloutState['stuck'][number],
  ctx: Performing,
): Promise<string[]> {
  const words = ['logs', pod, '-c', String(container), '--tail=6']
  const before = await tryKubectl(place, [...words, '--previous'], ctx, { limitMs: 15_000 })
  const result = succeeded(before)
    ? before
    : await tryKubectl(place, words, ctx, { limitMs: 15_000 })
  if (!succeeded(result)) return []
  const lines = plainText(ctx.redact(result.stdout)).split('\n').map(oneLine).filter(Boolean)
  return lines.slice(-6).map(line => `${pod}: ${line}`.slice(0, 300))
}
