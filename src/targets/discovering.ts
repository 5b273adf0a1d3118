import { Problem } from '../errors.ts'
import { missingTool } from '../process/tool-problem.ts'
import type { World } from '../world.ts'
import type { Discovery } from './target.ts'

/**
 * What `read` finds. A tool that is missing and a problem that reading meets come back as findings, with
 * nothing read.
 *
 * @param tools those without which nothing can be read
 */
export async function discovering<P>(
  nothing: P,
  tools: readonly string[],
  world: Pick<World, 'which'>,
  read: () => Promise<Discovery<P>>,
): Promise<Discovery<P>> {
  try {
    for (const name of tools) if (!(await world.which(name))) throw missingTool(name)
    return await read()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { present: nothing, findings: [...error.findings], exit: error.exit }
  }
}
