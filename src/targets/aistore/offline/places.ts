import { readdir, readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Json } from '../../../plan/plan.ts'
import { atPath } from '../../../plan/predicate.ts'
import type { RecordPaths } from '../../../record/paths.ts'
import type { AistoreAnswers } from '../answers.ts'

/** Where a node keeps its state and its log, on the machine where it runs. */
export interface NodePlace {
  confdir: string
  logDir: string
  /** Beside the folder of its state a target has a copy of the cluster map on one of these. */
  mountpaths: string[]
}

/** Reads it from what a node says of itself (`what=config`). */
export function nodePlaceIn(config: Json): NodePlace | undefined {
  const confdir = atPath(config, 'confdir')
  const logDir = atPath(config, 'log_dir')
  const paths = atPath(config, 'fspaths')
  // it leads to files here that are written: a relative one would lead anywhere
  if (typeof confdir !== 'string' || !isAbsolute(confdir)) return undefined
  return {
    confdir,
    logDir: typeof logDir === 'string' ? logDir : join(confdir, 'log'),
    mountpaths: typeof paths === 'object' && paths !== null ? Object.keys(paths) : [],
  }
}

/** The folder of what was kept of a node in the run of one generation. */
export function keptFolder(paths: RecordPaths, generation: number | string, id: string): string {
  return join(paths.folder, 'nodes', String(generation), id)
}

/** The youngest folder in which something of a node was kept; undefined where there is none. */
export async function lastKept(paths: RecordPaths, id: string): Promise<string | undefined> {
  const names = await readdir(join(paths.folder, 'nodes')).catch((): string[] => [])
  const numbers = names.filter(name => /^\d+$/.test(name)).map(Number)
  for (const number of numbers.sort((a, b) => b - a)) {
    const folder = keptFolder(paths, number, id)
    if ((await readdir(folder).catch((): string[] => [])).includes('where.json')) return folder
  }
  return undefined
}

/** Where a node keeps its state: by the answers, else as it said itself when it ran. */
export async function placeOfNode(
  id: string,
  { confdir, logDir }: Pick<AistoreAnswers, 'confdir' | 'logDir'>,
  paths: RecordPaths,
): Promise<NodePlace | undefined> {
  const kept = await lastKept(paths, id)
  const said =
    kept === undefined
      ? undefined
      : (JSON.parse(await readFile(join(kept, 'where.json'), 'utf8')) as NodePlace)
  const of = (pattern: string) => pattern.replaceAll('{node}', id)
  const state = confdir === undefined ? said?.confdir : of(confdir)
  if (state === undefined) return undefined
  return {
    confdir: state,
    logDir: logDir === undefined ? (said?.logDir ?? join(state, 'log')) : of(logDir),
    mountpaths: said?.mountpaths ?? [],
  }
}
