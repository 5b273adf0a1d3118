import { recordPaths } from '../record/paths.ts'
import type { Target } from '../targets/target.ts'
import type { World } from '../world.ts'
import type { Planned } from './make-plan.ts'
import { readUnfinished, type Unfinished } from './unfinished.ts'

/** The plan of an unfinished run of this target, as it was agreed to. */
export function takeUp(
  unfinished: Unfinished,
  target: Target,
  world: Pick<World, 'stateFolder'>,
): Planned {
  const { answered, plan, identity, generation, before, offline } = unfinished
  return {
    plan,
    answered,
    target,
    paths: recordPaths(world.stateFolder, plan.endpoint),
    identity,
    generation,
    ...(before === undefined ? {} : { before }),
    ...(offline ? { offline } : {}),
  }
}

/** The unfinished run of an endpoint, where it has one. */
export function unfinishedOf(
  endpoint: string,
  world: Pick<World, 'stateFolder'>,
): Promise<Unfinished | undefined> {
  return readUnfinished(recordPaths(world.stateFolder, endpoint))
}
