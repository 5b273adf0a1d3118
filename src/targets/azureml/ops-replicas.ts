import { kubectl } from '../../kubernetes/kubectl.ts'
import { kubectlArgv, type Place, placeOf, shellPlace } from '../../kubernetes/place.ts'
import { provePodsOp } from '../../kubernetes/pods-proof.ts'
import { followRollout, rolloutProblem } from '../../kubernetes/rollout.ts'
import type { ProofResult } from '../../plan/events.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { workload } from './words.ts'

/**
 * Proves what each replica serves, as `kubernetes.prove-pods` does. Replicas read the pair when they
 * start: where one serves another leaf than the Secret holds (it was changed by hand), all are started
 * anew, one after the other, and proven again.
 */
export const proveReplicas: Op = {
  changes: true,
  async run(input, ctx): Promise<Json> {
    const told: ProofResult[] = []
    const first = await provePodsOp.run(input, { ...ctx, proof: result => told.push(result) })
    const failed = told.filter(({ state }) => state === 'fail' || state === 'unknown')
    const isStale = failed.length > 0 && failed.every(({ id }) => id === 'tls.leaf')
    if (!isStale) {
      for (const result of told) ctx.proof(result)
      return first
    }
    ctx.say('a replica serves another leaf: all are started anew, one after the other')
    await restart(placeOf(input.place), ctx)
    return provePodsOp.run(input, ctx)
  },
  printed: (input, show) => [
    ...provePodsOp.printed(input, show),
    `${quoteCommand(kubectlArgv(placeOf(input.place as Json), 'rollout', 'restart', workload))}   (where one serves another leaf)`,
  ],
  shell: (input, sh) => [
    'prove_replicas() {',
    ...provePodsOp.shell(input, sh),
    '}',
    `prove_replicas || { azureml_restart ${shellPlace(input.place, sh)} && prove_replicas; }`,
  ],
}

async function restart(place: Place, ctx: Performing): Promise<void> {
  await kubectl(place, ['rollout', 'restart', workload], ctx)
  const following = followRollout(place, [workload], ctx)
  try {
    const state = await following.until(cappedMs(600_000, ctx))
    if (!state.done) throw rolloutProblem(place, state, following.details())
  } finally {
    await following.close()
  }
}
