import type { Op, Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { quoteCommand } from '../process/quote.ts'
import { kubectl } from './kubectl.ts'
import { leaseSeconds } from './lease.ts'
import { kubectlArgv, type Place, placeOf, shellPlace } from './place.ts'
import { ownSelector } from './secret.ts'

/** How many Secrets of older leaves stay for going back. */
const olderKept = 2

/** The list of an endpoint's Secrets, asked for while something else is waited for. */
const ownList = 'kubernetes.own-secrets'

/** Names and times only: what the Secrets hold is nobody's business here. */
async function listOwn(place: Place, endpoint: Json | undefined, ctx: Performing): Promise<string> {
  const path =
    '-o=jsonpath={range .items[*]}{.metadata.creationTimestamp}{" "}{.metadata.name}{"\\n"}{end}'
  const selector = ['-l', ownSelector(String(endpoint))]
  return (await kubectl(place, ['get', 'secrets', ...selector, path], ctx)).stdout
}

/**
 * Asks for the list now; whoever wants it later gets null where it failed, or is older than the Lease
 * lasts under which nobody else adds a Secret.
 */
export function listMeanwhile(place: Place, endpoint: string, ctx: Performing): void {
  const { clock } = ctx.world
  const began = clock.elapsed()
  const listing = listOwn(place, endpoint, ctx).catch(() => null)
  ctx.underway.set(ownList, async () => {
    const list = await listing
    return clock.elapsed() - began < leaseSeconds * 1000 ? list : null
  })
}

/** Removes Secrets of this endpoint but the current one and the two youngest others: `{place, endpoint, name}`. */
export const prune: Op = {
  changes: true,
  async run({ place: at, endpoint, name }, ctx): Promise<Json> {
    const place = placeOf(at)
    const listed = ctx.underway.get(ownList)
    const stdout =
      ((await listed?.()) as string | null | undefined) ?? (await listOwn(place, endpoint, ctx))
    const names = stdout.split('\n').filter(Boolean).sort().reverse()
    const older = names.map(line => line.split(' ')[1] ?? '').filter(each => each !== name)
    const gone = older.slice(olderKept)
    if (gone.length > 0)
      await kubectl(place, ['delete', 'secret', '--ignore-not-found', ...gone], ctx)
    const kept = Math.min(older.length, olderKept)
    return { gone, seen: gone.length > 0 ? `${gone.join(', ')} gone` : `${kept} older kept` }
  },
  printed: ({ place, endpoint }, show) => [
    quoteCommand(
      kubectlArgv(placeOf(place as Json), 'get', 'secrets', '-l', ownSelector(show(endpoint))),
    ),
    `kubectl delete secret … (all but the current one and ${olderKept} older)`,
  ],
  shell: ({ place, endpoint, name }, sh) => [
    `kube_prune ${shellPlace(place, sh)} ${sh.word(endpoint)} ${sh.word(name)}`,
  ],
}
