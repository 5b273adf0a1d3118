import type { World } from '../world.ts'
import type { Json } from './plan.ts'

/**
 * What was read a moment ago, by what was asked. A key that begins with the name of a system and a
 * blank (`azure `, `kubernetes `) stays true while only another system is changed.
 */
export type Recent = Map<string, { at: number; output: Json }>

/** Who remembers what was read. */
export interface Recalling {
  world: Pick<World, 'clock'>
  recent: Recent
}

/** The answer that was given less than `maxAgeMs` ago, while nothing was changed; else asks anew. */
export async function recently<T>(
  key: string,
  maxAgeMs: number,
  { world: { clock }, recent }: Recalling,
  ask: () => Promise<T>,
): Promise<T> {
  const found = recent.get(key)
  if (found && clock.elapsed() - found.at < maxAgeMs) return found.output as T
  const output = await ask()
  recent.set(key, { at: clock.elapsed(), output: output as Json })
  return output
}

/** Forgets what a change makes untrue: all, or with `system` all but what was read of others. */
export function forget(recent: Recent, system?: string): void {
  for (const key of recent.keys()) {
    const [, of] = /^([a-z]+) /.exec(key) ?? []
    if (system === undefined || of === undefined || of === system) recent.delete(key)
  }
}

/** The key of a leaf that this very run has made: until then nothing in the world can hold it. */
export function madeLeaf(fingerprint: string): string {
  return `made ${fingerprint}`
}
