import { exitCodes } from '../../exit-codes.ts'
import type { Op, OpTable, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { succeeded } from '../../process/tool.ts'
import { type Place, placeOf, shellPlace } from '../place.ts'
import { helmArgv } from './argv.ts'
import { helmFinding, helmProblem } from './problems.ts'
import { isOwnPending, isPending, readRelease, releaseOp } from './release.ts'
import { upgradeOp } from './upgrade.ts'

/** Brings a revision back, or removes what was installed: `{place, release, revision, waitMs}`; 0 is nothing. */
const restore: Op = {
  changes: true,
  async run({ place: at, release, revision, waitMs }, ctx): Promise<Json> {
    const place = placeOf(at)
    await goTo(place, String(release), Number(revision), Number(waitMs), ctx)
    return {
      restored: true,
      seen: Number(revision) === 0 ? 'removed' : `as in revision ${revision}`,
    }
  },
  printed: ({ place, release, revision, waitMs }, show) => [
    quoteCommand(
      helmArgv(
        placeOf(place as Json),
        ...wordsBack(show(release), Number(revision), Number(waitMs)),
      ),
    ),
  ],
  shell: ({ place, release, revision, waitMs }, sh) => [
    `helm_restore ${shellPlace(place, sh)} ${[release, revision, Math.ceil(Number(waitMs) / 1000)].map(sh.word).join(' ')}`,
  ],
}

/**
 * Repairs a release that a killed helm of ours has left pending: `{place, release, waitMs}`. One that
 * somebody else is at is left alone.
 */
const repair: Op = {
  changes: true,
  async run({ place: at, release: name, waitMs }, ctx): Promise<Json> {
    const place = placeOf(at)
    const release = await readRelease(place, String(name), ctx, [])
    if (!isPending(release)) return { repaired: true, seen: release.status }
    if (
      !(await isOwnPending(place, String(name), release, ctx)) &&
      release.status !== 'pending-rollback'
    ) {
      throw helmFinding('helm.pending', exitCodes.later, {
        title: `Helm says that the release ${name} is in ${release.status}, and this run has not begun that.`,
        subject: String(name),
        evidence: `${release.status}, revision ${release.revision}`,
        place,
      })
    }
    const last = await lastGood(place, String(name), ctx)
    await goTo(place, String(name), last, Number(waitMs), ctx)
    return { repaired: true, seen: last === 0 ? 'removed' : `as in revision ${last} again` }
  },
  printed: ({ place, release }, show) => [
    quoteCommand(helmArgv(placeOf(place as Json), 'rollback', show(release))),
    '  (only where a killed helm has left it pending)',
  ],
  shell: ({ place, release }, sh) => [`helm_repair ${shellPlace(place, sh)} ${sh.word(release)}`],
}

function wordsBack(release: string, revision: number, waitMs: number): string[] {
  const timeout = ['--wait', '--timeout', `${Math.ceil(waitMs / 1000)}s`]
  return revision === 0
    ? ['uninstall', release, ...timeout]
    : ['rollback', release, String(revision), ...timeout]
}

async function goTo(
  place: Place,
  release: string,
  revision: number,
  waitMs: number,
  ctx: Performing,
): Promise<void> {
  const argv = helmArgv(place, ...wordsBack(release, revision, waitMs))
  const limitMs = waitMs + 60_000
  const result = await ctx.run({ argv, limitMs, signal: ctx.signal, cwd: ctx.userFolder })
  if (!succeeded(result)) throw helmProblem(result, place, release, limitMs)
}

/** The youngest revision that once worked; 0 where there is none. */
async function lastGood(place: Place, release: string, ctx: Performing): Promise<number> {
  const argv = helmArgv(place, 'history', release, '--output', 'json')
  const result = await ctx.run({ argv, limitMs: 60_000, signal: ctx.signal, cwd: ctx.userFolder })
  if (!succeeded(result)) throw helmProblem(result, place, release, 60_000)
  const history = JSON.parse(result.stdout) as { revision: number; status: string }[]
  const good = history.filter(({ status }) => ['deployed', 'superseded'].includes(status))
  return Math.max(0, ...good.map(({ revision }) => revision))
}

/** What plans of Helm releases may name. */
export const helmOps: OpTable = {
  'helm.release': releaseOp,
  'helm.upgrade': upgradeOp,
  'helm.restore': restore,
  'helm.repair': repair,
}
