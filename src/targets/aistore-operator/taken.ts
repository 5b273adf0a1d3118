import { formatLimit } from '../../duration.ts'
import { exitCodes } from '../../exit-codes.ts'
import { type KubeObject, kubectlObjects } from '../../kubernetes/kubectl.ts'
import { freshNamespace, secretsReadBy, workloadNamed } from '../../kubernetes/namespace.ts'
import { kubectlArgv, placeOf, shellPlace } from '../../kubernetes/place.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { operatorProblem } from './problems.ts'
import { type ResourceTls, resourceKind, startedNote, tlsIn } from './resource.ts'

/** Milliseconds between two looks. */
const lookMs = 1_000

/**
 * Waits until the operator has put what the resource says of Secret and start into the template of each
 * stateful set: `{place, resource, workloads, waitMs}`. Before that a rollout that is over says nothing, and
 * it comes to the targets when the proxies are done.
 *
 * @throws Problem with exit 124 at the limit
 */
export const takenOp: Op = {
  changes: false,
  async run({ place: at, resource, workloads, waitMs }, ctx): Promise<Json> {
    const place = placeOf(at)
    const { clock } = ctx.world
    const names = workloads as string[]
    const limitMs = cappedMs(Number(waitMs), ctx)
    const began = clock.elapsed()
    const [found] = await kubectlObjects(place, ['get', resourceKind, String(resource)], ctx)
    if (!found) throw new TypeError('kubectl ended well and answered no object')
    const tls = tlsIn(found)
    for (;;) {
      const namespace = await freshNamespace(place, ctx)
      const behind = names.filter(name => !follows(workloadNamed(namespace, name), tls))
      const seen = `${names.length - behind.length} of ${names.length} stateful sets have it`
      if (behind.length === 0) return { taken: true, seen }
      ctx.say(seen)
      if (clock.elapsed() - began > limitMs) {
        const words = ['describe', resourceKind, String(resource)]
        throw operatorProblem('ais-operator.not-taken', exitCodes.waited, {
          subject: behind.join(', '),
          evidence: `${seen} after ${formatLimit(limitMs)}`,
          fix: `See what the operator says of it, and its log: ${quoteCommand(kubectlArgv(place, ...words))}`,
        })
      }
      await clock.sleep(lookMs, ctx.signal)
    }
  },
  printed: ({ place, workloads }, show) => [
    `${quoteCommand(kubectlArgv(placeOf(place as Json), 'get', ...(workloads as string[]).map(show), '-o', 'yaml'))}   (until the templates have it)`,
  ],
  shell({ place, resource, workloads, waitMs }, sh) {
    const words = [resource, Math.ceil(Number(waitMs) / 1000), ...(workloads as unknown[])]
    return [`aisop_taken ${shellPlace(place, sh)} ${words.map(sh.word).join(' ')}`]
  },
}

function follows(
  workload: KubeObject | undefined,
  { secretName, startedWith }: ResourceTls,
): boolean {
  if (!workload) return false
  const notes = workload.spec?.template?.metadata?.annotations ?? {}
  const isStarted = startedWith === undefined || notes[startedNote] === startedWith
  return isStarted && (secretName === '' || secretsReadBy(workload).includes(secretName))
}
