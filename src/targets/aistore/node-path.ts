import { join } from 'node:path'
import type { Performing } from '../../plan/op.ts'

/**
 * Where a path of the nodes lies on this machine: itself, or in a rehearsal below a temporary folder,
 * so that nothing outside it is touched.
 */
export function nodePath(path: string, ctx: Pick<Performing, 'rehearsal' | 'world'>): string {
  return ctx.rehearsal ? stagePath(path, ctx.world.stateFolder) : path
}

/** The same for the rehearsal's stage. */
export function stagePath(path: string, stateFolder: string): string {
  return join(stateFolder, 'stage', path)
}
