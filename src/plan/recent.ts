import { type RunTool, succeeded, type ToolCall, type ToolResult } from '../process/tool.ts'
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

/** How long what a command has answered stands in for the same command of a check. Milliseconds. */
const commandMs = 30_000

/**
 * Runs a command whose answer a check of the plan asks for, too. Only an answer that went well is kept:
 * what is wrong, the check says itself.
 */
export async function askAhead(
  call: ToolCall,
  run: RunTool,
  { world: { clock }, recent }: Recalling,
): Promise<ToolResult> {
  const result = await run(call)
  const output = result as unknown as Json
  if (succeeded(result)) recent.set(commandKey(call), { at: clock.elapsed(), output })
  return result
}

/** What `askAhead` has kept for this command, while nothing was changed. */
export function askedAhead(
  call: Pick<ToolCall, 'argv'>,
  { world: { clock }, recent }: Recalling,
): ToolResult | undefined {
  const found = recent.get(commandKey(call))
  const isRecent = found !== undefined && clock.elapsed() - found.at < commandMs
  return isRecent ? (found.output as unknown as ToolResult) : undefined
}

/** It names no system: any change makes it untrue. */
function commandKey({ argv }: Pick<ToolCall, 'argv'>): string {
  return JSON.stringify(['exec', ...argv])
}

/** The key of a leaf that this very run has made: until then nothing in the world can hold it. */
export function madeLeaf(fingerprint: string): string {
  return `made ${fingerprint}`
}
