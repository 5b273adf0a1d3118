import type { Server } from '../proof/servers.ts'
import type { World } from '../world.ts'
import { recordedAnswers } from './endpoint-of.ts'
import { targetOf } from './planning.ts'

/** Opens the ways to an endpoint's servers for as long as `use` needs them. */
export type Reach = <T>(use: (servers: Server[]) => Promise<T>) => Promise<T>

/** How a recorded endpoint is reached where no address outside its target leads to it. */
export async function reachOf(
  name: string,
  world: World,
  signal: AbortSignal,
): Promise<Reach | undefined> {
  const answered = await recordedAnswers(name, world)
  const target = targetOf(answered)
  if (!target.reach) return undefined
  return use => target.reach?.(answered, { run: world.run, signal }, use) as ReturnType<typeof use>
}
