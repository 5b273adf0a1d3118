import { copyFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finding } from '../../findings.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { codeOf, makeFolder, writeFileAtomic } from '../../record/write.ts'
import { nodeLabel } from './cluster.ts'
import { aistoreFindings } from './findings.ts'
import { nodePath } from './node-path.ts'
import { keptFolder, type NodePlace, nodePlaceIn } from './offline/places.ts'
import { apiOf, type Place, placeOf } from './place.ts'
import { shellPlace } from './shell.ts'

/** What a node is: with these it starts as it was. The cluster map is kept and never deleted. */
const states = ['.ais.conf', '.ais.smap']

/**
 * Keeps each node's .ais.conf and .ais.smap where they can be read from here: `{at, of}`. A node on
 * another machine is named with the command that keeps its own.
 */
export const backUpOp: Op = {
  changes: false,
  async run({ at, of }, ctx): Promise<Json> {
    const place = placeOf(at)
    const api = await apiOf(place, ctx)
    let kept = 0
    for (const node of place.nodes) {
      const { json } = await api.get(node.public, '/v1/daemon?what=config')
      const where = nodePlaceIn(json)
      if (where && (await keepFiles(where, folderOf(node.id, ctx, of), ctx))) kept += 1
      else ctx.finding(notKept(nodeLabel(node), where?.confdir ?? 'its confdir'))
    }
    return { kept, seen: `${kept} of ${place.nodes.length} nodes` }
  },
  printed: () => [`cp CONFDIR/.ais.conf CONFDIR/.ais.smap BACKUP/   (each node, where it runs)`],
  shell: ({ at }, sh) => [`ais_back_up ${shellPlace(at, sh)}`],
}

/**
 * Puts the kept .ais.conf of every node back, where all of them are kept here; nodes must not run.
 *
 * @returns what was done, in words; empty where nothing was
 */
export async function restoreStates(place: Place, ctx: Performing, of?: Json): Promise<string> {
  const kept = await Promise.all(
    place.nodes.map(async ({ id }) => {
      const folder = folderOf(id, ctx, of)
      const where = await readFile(join(folder, 'where.json'), 'utf8').catch(() => '{}')
      const { confdir = '' } = JSON.parse(where) as Partial<NodePlace>
      const files = await readdir(folder).catch((): string[] => [])
      return { folder, confdir, whole: confdir !== '' && files.includes('.ais.conf') }
    }),
  )
  // settings of some nodes alone would be of another version than those of the rest
  if (kept.some(({ whole }) => !whole)) return ''
  for (const { folder, confdir } of kept) {
    const bytes = await readFile(join(folder, '.ais.conf'))
    await writeFileAtomic(join(confdir, '.ais.conf'), bytes)
  }
  return 'the kept settings of every node are back'
}

/** Of each generation, and of a change that keeps the generation. */
function folderOf(id: string, { record }: Pick<Performing, 'record'>, of?: Json): string {
  return keptFolder(record.paths, of === undefined ? record.generation : String(of), id)
}

/** Copies what is there; false where the folder cannot be read from here. */
async function keepFiles(where: NodePlace, into: string, ctx: Performing): Promise<boolean> {
  const confdir = nodePath(where.confdir, ctx)
  try {
    const found = (await readdir(confdir)).filter(name => states.includes(name))
    if (!found.includes('.ais.conf')) return false
    await makeFolder(into)
    for (const name of found) await copyFile(join(confdir, name), join(into, name))
    await writeFileAtomic(join(into, 'where.json'), JSON.stringify({ ...where, confdir }))
    return true
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR'].includes(codeOf(error))) return false
    throw error
  }
}

function notKept(label: string, confdir: string) {
  return finding(aistoreFindings, 'aistore.not-backed-up', {
    subject: label,
    evidence: `${confdir} cannot be read here`,
    fix: `Where ${label} runs: cp -p ${confdir}/.ais.conf ${confdir}/.ais.smap /a/safe/folder/`,
  })
}
