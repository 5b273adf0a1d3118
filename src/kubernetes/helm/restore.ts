import type { Op, OpTable } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { placeOf, shellPlace } from '../place.ts'
import { helmArgv } from './argv.ts'
import { deployedOp } from './deployed.ts'
import { releaseOp } from './release.ts'
import { type Back, goBack, settle, wordsBack } from './settle.ts'
import { upgradeOp } from './upgrade.ts'

/** Brings a revision back, or removes what was installed: `{place, release, revision, workloads, waitMs}`; 0 is nothing. */
const restore: Op = {
  changes: true,
  async run({ revision, ...input }, ctx): Promise<Json> {
    await goBack(backOf(input), Number(revision), ctx)
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
 * Repairs a release that a killed helm of ours has left pending: `{place, release, workloads, waitMs}`. One that
 * somebody else is at is left alone.
 */
const repair: Op = {
  changes: true,
  async run(input, ctx): Promise<Json> {
    return { repaired: true, seen: await settle(backOf(input), ctx) }
  },
  printed: ({ place, release }, show) => [
    quoteCommand(helmArgv(placeOf(place as Json), 'rollback', show(release))),
    '  (only where a killed helm has left it pending)',
  ],
  shell: ({ place, release, waitMs }, sh) => [
    `helm_repair ${shellPlace(place, sh)} ${[release, Math.ceil(Number(waitMs) / 1000)].map(sh.word).join(' ')}`,
  ],
}

function backOf({ place, release, workloads, waitMs }: Record<string, Json>): Back {
  const names = ((workloads ?? []) as string[]).map(String)
  return {
    place: placeOf(place),
    release: String(release),
    workloads: names,
    waitMs: Number(waitMs),
  }
}

/** What plans of Helm releases may name. */
export const helmOps: OpTable = {
  'helm.release': releaseOp,
  'helm.deployed': deployedOp,
  'helm.upgrade': upgradeOp,
  'helm.restore': restore,
  'helm.repair': repair,
}
