import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Performing } from '../../plan/op.ts'

/**
 * Where a path of the nodes lies on this machine: itself, or in a rehearsal below a temporary folder,
 * so that nothing outside it is touched.
 */
export function nodePath(path: string, ctx: Pick<Performing, 'rehearsal' | 'world'>): string {
  return ctx.rehearsal ? stagePath(path, ctx.world.stateFolder) : path
}

/** The same for the rehearsal's stage; of one node, where a folder `@ID` there is its own. */
export function stagePath(path: string, stateFolder: string, node?: string): string {
  const own = join(stateFolder, 'stage', `@${node}`)
  return node !== undefined && existsSync(own) ? join(own, path) : join(stateFolder, 'stage', path)
}
