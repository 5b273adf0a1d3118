import type { Held } from '../proof/held.ts'
import { readEndpoint } from '../record/endpoint.ts'
import { currentGeneration, readGeneration } from '../record/generation.ts'
import { recordPaths } from '../record/paths.ts'
import type { World } from '../world.ts'
import { recordedAnswers } from './endpoint-of.ts'
import { targetOf } from './planning.ts'

/** How what a recorded endpoint's servers read at their next start is looked at; undefined on HTTP, and where a target keeps none. */
export async function heldOf(
  name: string,
  world: World,
  signal: AbortSignal,
): Promise<(() => Promise<Held | undefined>) | undefined> {
  const answered = await recordedAnswers(name, world)
  const { held } = await targetOf(answered)
  const paths = recordPaths(world.stateFolder, name)
  const record = await readEndpoint(paths)
  if (!held || !record?.https) return undefined
  const number = await currentGeneration(paths)
  const meta = number === undefined ? undefined : await readGeneration(paths, number)
  // what was found and came back is its owner's again, who may renew it
  if (meta?.source === 'found') return undefined
  const leaf = meta?.leaf
  const calling = { world, run: world.run, signal, record }
  return () => held(answered, { ...calling, ...(leaf ? { leaf: leaf.fingerprint } : {}) })
}
