import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { exitCodes } from '../../../exit-codes.ts'
import type { Op, OpTable, Performing } from '../../../plan/op.ts'
import type { Json } from '../../../plan/plan.ts'
import { nodeLabel } from '../cluster.ts'
import { placeOf } from '../place.ts'
import { aistoreProblem } from '../problems.ts'
import { diagnoseOp } from './diagnose.ts'
import { inPlain, isPlain, keepCopy, putBack, writeSettings, youngestOf } from './edit.ts'
import { keptFolder, lastKept } from './places.ts'
import { type NodeFiles, readNodeFiles } from './read-node.ts'

type Input = Record<string, Json>

/** Whether the settings and maps of all nodes, which do not run, are those of a cluster on HTTP. */
const look: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const { uuid } = placeOf(input.at)
    const files = await filesOf(input, ctx)
    const plain = files.every(
      ({ conf, uuid: own }) => conf && own === uuid && isPlain(conf.content),
    )
    const maps = files.every(each => hasMap(each, uuid))
    return { plain, maps, seen: plain && maps ? 'HTTP, with their cluster map' : 'not yet' }
  },
  printed: () => [],
  shell: () => ['ais_offline'],
}

/**
 * Puts the kept cluster map of every node back where one of them has lost it or has another cluster's,
 * and takes the copies on mountpaths away: `{at, confdir, logDir}`. Nodes must not run.
 */
const maps: Op = {
  changes: true,
  async run(input, ctx): Promise<Json> {
    const { uuid } = placeOf(input.at)
    const files = await filesOf(input, ctx)
    const { paths } = ctx.record
    const kept = await Promise.all(files.map(({ node }) => lastMap(node.id, ctx)))
    const lost = files.filter((_, index) => kept[index] === undefined)
    if (lost.length > 0)
      throw aistoreProblem('aistore.map-gone', exitCodes.failed, {
        subject: lost.map(({ node }) => nodeLabel(node)).join(', '),
        evidence: `nothing was kept of it here; the cluster is ${uuid}`,
        fix: 'Put CONFDIR/.ais.smap of these nodes back from your own backup; then run the same command again.',
      })
    for (const [index, { node, place }] of files.entries()) {
      const map = join(place?.confdir ?? '', '.ais.smap')
      const aside = keptFolder(paths, 'offline', node.id)
      await keepCopy(map, aside, '.ais.smap').catch(unlessGone)
      await putBack(kept[index] as string, map, join(place?.confdir ?? '', '.ais.conf'))
      for (const mountpath of place?.mountpaths ?? []) {
        const copy = join(mountpath, '.ais.smap')
        await keepCopy(copy, aside, '.ais.smap').catch(unlessGone)
        await rm(copy, { force: true })
      }
    }
    return { seen: `the kept map of ${files.length} nodes is back` }
  },
  printed: () => [
    'cp BACKUP/.ais.smap CONFDIR/.ais.smap   (each node)',
    'rm MOUNTPATH/.ais.smap   (each target; a copy is kept)',
  ],
  shell: () => ['ais_offline'],
}

/** Makes the settings of every node those of HTTP: `{at, confdir, logDir}`. What was there is kept. */
const edit: Op = {
  changes: true,
  async run(input, ctx): Promise<Json> {
    const { uuid } = placeOf(input.at)
    const files = await filesOf(input, ctx)
    const base = youngestOf(
      files.flatMap(({ conf }) => conf ?? []),
      uuid,
    )
    if (!base)
      throw aistoreProblem('aistore.not-here', exitCodes.failed, {
        title: 'The settings of no node can be changed here.',
        subject: uuid,
        evidence: 'none of them is of this cluster, in a form that is known',
        fix: 'Put the kept .ais.conf of each node back, then start the nodes.',
      })
    const content = inPlain(base.content)
    for (const { node, place } of files) {
      const path = join(place?.confdir ?? '', '.ais.conf')
      await keepCopy(path, keptFolder(ctx.record.paths, 'offline', node.id), '.ais.conf')
      await writeSettings(path, base, content)
    }
    return { seen: `${files.length} nodes will start on HTTP` }
  },
  printed: () => [
    'keeps CONFDIR/.ais.conf, and writes it with net.http.use_https=false and http:// in proxy.*_url   (each node)',
  ],
  shell: () => ['ais_offline'],
}

async function filesOf(input: Input, ctx: Performing): Promise<NodeFiles[]> {
  const { nodes } = placeOf(input.at)
  const { confdir, logDir } = input as { confdir?: string; logDir?: string }
  const where = { ...(confdir ? { confdir } : {}), ...(logDir ? { logDir } : {}) }
  return readNodeFiles(nodes, where, ctx.record.paths)
}

function hasMap({ mapGone, mapUuid }: NodeFiles, uuid: string): boolean {
  return !mapGone && (mapUuid === undefined || mapUuid === uuid)
}

async function lastMap(id: string, { record }: Performing): Promise<string | undefined> {
  const folder = await lastKept(record.paths, id)
  if (folder === undefined || !(await readdir(folder)).includes('.ais.smap')) return undefined
  return join(folder, '.ais.smap')
}

function unlessGone(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

export const offlineOps: OpTable = {
  'aistore.diagnose': diagnoseOp,
  'aistore.offline-look': look,
  'aistore.offline-maps': maps,
  'aistore.offline-edit': edit,
}
