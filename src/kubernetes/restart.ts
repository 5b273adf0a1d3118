import type { Op } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { quoteCommand } from '../process/quote.ts'
import { kubectl } from './kubectl.ts'
import { recentNamespace, workloadsNamed } from './namespace.ts'
import { kubectlArgv, placeOf, shellPlace } from './place.ts'
import { fieldManager } from './secret.ts'

/** Restarts some workloads, all at once: `{place, workloads}`. What is not there is passed over. */
export const restartOp: Op = {
  changes: true,
  changesOnly: 'kubernetes',
  async run({ place: at, workloads }, ctx): Promise<Json> {
    const place = placeOf(at)
    const namespace = await recentNamespace(place, ctx)
    const names = (workloads as string[]).filter(name => workloadsNamed(namespace, name).length > 0)
    if (names.length > 0) {
      const manager = `--field-manager=${fieldManager}`
      await kubectl(place, ['rollout', 'restart', manager, ...names], ctx)
    }
    return { restarted: names, seen: `${names.length} restarted` }
  },
  printed: ({ place, workloads }, show) => [
    quoteCommand(
      kubectlArgv(
        placeOf(place as Json),
        'rollout',
        'restart',
        ...(workloads as unknown[]).map(show),
      ),
    ),
  ],
  shell: ({ place, workloads }, sh) => [
    `kube_restart ${shellPlace(place, sh)} ${(workloads as unknown[]).map(sh.word).join(' ')}`,
  ],
}
