import type { Op } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { quoteCommand } from '../process/quote.ts'
import { readNamespace } from './namespace.ts'
import { kubectlArgv, placeOf, shellPlace } from './place.ts'
import { readDetails } from './pod-words.ts'
import { rolloutProblem } from './rollout.ts'
import { judgeRollout } from './rollout-state.ts'

/**
 * Whether all replicas of some workloads are ready now: `{place, workloads}`. Nothing is waited for.
 *
 * @throws Problem with exit 1 and the pods' own words
 */
export const runningOp: Op = {
  changes: false,
  async run({ place: at, workloads }, ctx): Promise<Json> {
    const place = placeOf(at)
    const state = judgeRollout((workloads as string[]).map(String), await readNamespace(place, ctx))
    if (state.done) return { seen: state.seen }
    throw rolloutProblem(place, state, await readDetails(place, state.stuck, ctx))
  },
  printed: ({ place }) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'get', 'deploy,sts,pods')),
  ],
  shell: ({ place, workloads }, sh) => [
    `kube_rollout ${shellPlace(place, sh)} 1 ${(workloads as unknown[]).map(sh.word).join(' ')}`,
  ],
}
