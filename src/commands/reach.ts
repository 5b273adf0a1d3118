import type { Server } from '../proof/servers.ts'
import { readEndpoint } from '../record/endpoint.ts'
import { recordPaths } from '../record/paths.ts'
import type { World } from '../world.ts'
import { recordedAnswers } from './endpoint-of.ts'
import { targetOf } from './planning.ts'

/** Opens the ways to an endpoint's servers for as long as `use` needs them. */
export type Reach = <T>(use: (servers: Server[], notSeen?: string) => Promise<T>) => Promise<T>

/** How a recorded endpoint is reached where no address outside its target leads to it. */
export async function reachOf(
  name: string,
  world: World,
  signal: AbortSignal,
): Promise<Reach | undefined> {
  const answered = await recordedAnswers(name, world)
  const target = await targetOf(answered)
  if (!target.reach) return undefined
  const record = await readEndpoint(recordPaths(world.stateFolder, name))
  const calling = { world, run: world.run, signal, record }
  return use => target.reach?.(answered, calling, use) as ReturnType<typeof use>
}
