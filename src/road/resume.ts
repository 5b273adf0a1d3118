import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { recordPaths } from '../record/paths.ts'
import type { Target } from '../targets/target.ts'
import type { World } from '../world.ts'
import type { Planned } from './make-plan.ts'
import { readUnfinished, type Unfinished } from './unfinished.ts'

/** The plan of an unfinished run, as it was agreed to. */
export function takeUp(
  unfinished: Unfinished,
  targets: readonly Target[],
  world: Pick<World, 'stateFolder'>,
): Planned {
  const { answered, plan, identity, generation, before, offline } = unfinished
  const target = targets.find(({ kind }) => kind === plan.target)
  if (!target) {
    throw problem(exitCodes.data, {
      id: 'record.unknown-target',
      title: `This secure-endpoint does not know the target ${plan.target}.`,
      fix: 'npx secure-endpoint@latest …',
    })
  }
  return {
    plan,
    answered,
    target,
    paths: recordPaths(world.stateFolder, plan.endpoint),
    identity,
    generation,
    ...(before === undefined ? {} : { before }),
    ...(offline ? { offline } : {}),
    findings: [],
  }
}

/** The unfinished run of an endpoint, where it has one. */
export function unfinishedOf(
  endpoint: string,
  world: Pick<World, 'stateFolder'>,
): Promise<Unfinished | undefined> {
  return readUnfinished(recordPaths(world.stateFolder, endpoint))
}
