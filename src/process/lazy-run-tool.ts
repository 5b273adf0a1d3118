import type { RunTool } from './tool.ts'

/** As `createRunTool`, but execa is loaded with the first tool that is called. */
export function lazyRunTool(env: Readonly<Record<string, string | undefined>>): RunTool {
  let loaded: Promise<RunTool> | undefined
  return async call => {
    loaded ??= import('./run-tool.ts').then(({ createRunTool }) => createRunTool(env))
    return (await loaded)(call)
  }
}
