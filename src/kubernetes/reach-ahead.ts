import type { Performing } from '../plan/op.ts'
import { openAhead } from './forward.ts'
import { recentNamespace } from './namespace.ts'
import type { Place } from './place.ts'
import { podsServing, type ServedBy } from './pods-proof.ts'

/** Opens the ways to what later steps ask, each as often as it stands here. What is not there is left out. */
export async function reachAhead(
  place: Place,
  asked: readonly ServedBy[],
  ctx: Performing,
): Promise<void> {
  const namespace = await recentNamespace(place, ctx).catch(() => undefined)
  if (namespace) openAhead(place, podsServing(asked, namespace), ctx)
}
