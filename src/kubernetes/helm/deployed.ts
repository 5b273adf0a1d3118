import { exitCodes } from '../../exit-codes.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { placeOf, shellPlace } from '../place.ts'
import { helmArgv } from './argv.ts'
import { helmFinding } from './problems.ts'
import { isPending, readRelease } from './release.ts'

/**
 * Whether a release is there and nothing of it is half done: `{place, release}`.
 *
 * @throws Problem that names its state and the command that repairs
 */
export const deployedOp: Op = {
  changes: false,
  async run({ place: at, release: name }, ctx): Promise<Json> {
    const place = placeOf(at)
    const subject = String(name)
    const release = await readRelease(place, subject, ctx, [])
    const { status, revision, chart, version } = release
    const seen = `${status}, revision ${revision}, ${chart} ${version}`
    const found = { subject, evidence: seen, place }
    if (status === 'absent')
      throw helmFinding('helm.absent', exitCodes.data, {
        ...found,
        evidence: `no release ${subject} in namespace ${place.namespace}`,
      })
    if (isPending(release)) throw helmFinding('helm.pending', exitCodes.later, found)
    if (status !== 'deployed') throw helmFinding('helm.failed', exitCodes.failed, found)
    return { seen }
  },
  printed: ({ place, release }, show) => [
    quoteCommand(helmArgv(placeOf(place as Json), 'status', show(release))),
  ],
  shell: ({ place, release }, sh) => [
    `helm_at ${shellPlace(place, sh)} status ${sh.word(release)}`,
  ],
}
