import { exitCodes } from '../../exit-codes.ts'
import type { Performing } from '../../plan/op.ts'
import { succeeded } from '../../process/tool.ts'
import type { Calling, Place } from '../place.ts'
import { followRollout } from '../rollout.ts'
import { helmArgv } from './argv.ts'
import { helmFinding, helmProblem } from './problems.ts'
import { isOwnPending, isPending, type Release, readRelease } from './release.ts'
import { runHelm } from './run-helm.ts'

/**
 * Sees that no operation on a release is pending: one that a helm of ours has left so, killed or cut
 * off, goes back to the youngest revision that worked. One that somebody else is at is left alone.
 *
 * @returns what was seen or done, in a few words
 * @throws Problem with exit 75 where somebody else's operation is pending
 */
export async function settle(back: Back, ctx: Performing): Promise<string> {
  const { place, release: name } = back
  const release = await readRelease(place, name, ctx, [])
  if (!isPending(release)) return release.status
  await mustBeOurs(place, name, release, ctx)
  const last = await lastGood(place, name, ctx)
  await goBack(back, last, ctx)
  return last === 0 ? 'removed' : `as in revision ${last} again`
}

/**
 * Holds a pending operation against who has begun it.
 *
 * @throws Problem with exit 75 and the command that repairs, where it was not a helm of ours
 */
export async function mustBeOurs(
  place: Place,
  name: string,
  release: Release,
  calling: Calling,
): Promise<void> {
  const { status, revision } = release
  if (status === 'pending-rollback' || (await isOwnPending(place, name, release, calling))) return
  throw helmFinding('helm.pending', exitCodes.later, {
    title: `Helm says that the release ${name} is in ${status}, and this run has not begun that.`,
    subject: name,
    evidence: `${status}, revision ${revision}`,
    place,
  })
}

/** What going back works on. */
export interface Back {
  place: Place
  release: string
  /** What is rolled out again by it. */
  workloads: readonly string[]
  waitMs: number
}

/**
 * Brings a revision back and waits for its pods; 0 removes the release. Pods that a stateful set would
 * hold on to are removed meanwhile: helm itself would wait for them until its limit.
 */
export async function goBack(
  { place, release, workloads, waitMs }: Back,
  revision: number,
  ctx: Performing,
): Promise<void> {
  const argv = helmArgv(place, ...wordsBack(release, revision, waitMs))
  const limitMs = waitMs + 60_000
  const following = followRollout(place, revision === 0 ? [] : workloads, ctx, { release })
  try {
    const helm = runHelm(place, release, argv, limitMs, ctx)
    await following.during(helm)
    const result = await helm
    // what an earlier try has removed before its answer got lost
    if (revision === 0 && /release: not found/.test(result.stderr)) return
    if (succeeded(result)) return
    const problem = helmProblem(result, place, release, limitMs)
    if (!('findings' in problem) || problem.findings[0]?.id !== 'helm.timed-out') throw problem
    const evidence = [...following.worst(), problem.findings[0].evidence].join('\n')
    throw helmFinding('helm.not-back', exitCodes.failed, { subject: release, evidence, place })
  } finally {
    await following.close()
  }
}

/** The words of helm that bring a revision back. */
export function wordsBack(release: string, revision: number, waitMs: number): string[] {
  const timeout = ['--wait', '--timeout', `${Math.ceil(waitMs / 1000)}s`]
  return revision === 0
    ? ['uninstall', release, ...timeout]
    : ['rollback', release, String(revision), ...timeout]
}

/** The youngest revision that once worked; 0 where there is none. */
export async function lastGood(place: Place, release: string, ctx: Calling): Promise<number> {
  const argv = helmArgv(place, 'history', release, '--output', 'json')
  const result = await runHelm(place, release, argv, 60_000, ctx)
  if (!succeeded(result)) throw helmProblem(result, place, release, 60_000)
  const history = JSON.parse(result.stdout) as { revision: number; status: string }[]
  const good = history.filter(({ status }) => ['deployed', 'superseded'].includes(status))
  return Math.max(0, ...good.map(({ revision }) => revision))
}
