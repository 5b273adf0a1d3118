import { readEndpoint } from '../record/endpoint.ts'
import { currentGeneration, readGeneration } from '../record/generation.ts'
import { recordPaths } from '../record/paths.ts'
import type { Ways } from '../status/look.ts'
import type { World } from '../world.ts'
import { recordedAnswers } from './endpoint-of.ts'
import { targetOf } from './planning.ts'

/** The ways of a recorded endpoint; on HTTP nothing is read at a start. */
export async function waysOf(name: string, world: World, signal: AbortSignal): Promise<Ways> {
  const answered = await recordedAnswers(name, world)
  const { reach, held } = await targetOf(answered)
  const paths = recordPaths(world.stateFolder, name)
  const record = await readEndpoint(paths)
  const calling = { world, run: world.run, signal, record }
  const readHeld: Ways['held'] = async () => {
    const number = await currentGeneration(paths)
    const meta = number === undefined ? undefined : await readGeneration(paths, number)
    // what was found and came back is its owner's again, who may renew it
    if (meta?.source === 'found') return undefined
    const leaf = meta?.leaf ? { leaf: meta.leaf.fingerprint } : {}
    return held?.(answered, { ...calling, ...leaf })
  }
  return {
    ...(reach ? { reach: use => reach(answered, calling, use) } : {}),
    ...(held && record?.https ? { held: readHeld } : {}),
  }
}
