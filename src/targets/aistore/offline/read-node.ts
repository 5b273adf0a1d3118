import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { atPath } from '../../../plan/predicate.ts'
import { oneLine } from '../../../process/plain-text.ts'
import type { RecordPaths } from '../../../record/paths.ts'
import { codeOf } from '../../../record/write.ts'
import type { AistoreAnswers } from '../answers.ts'
import type { Node } from '../cluster.ts'
import type { HttpSettings } from '../present.ts'
import { settingsIn } from '../state.ts'
import { type NodePlace, placeOfNode } from './places.ts'
import { readStateFile, type StateFile } from './state-file.ts'

/** A node's own files, as they lie where this machine can read them. */
export interface NodeFiles {
  node: Node
  /** Undefined where nobody has said yet where it keeps them. */
  place?: NodePlace
  conf?: StateFile
  http?: HttpSettings
  /** The UUID in its settings, and the one in its cluster map. */
  uuid?: string
  mapUuid?: string
  /** Whether its cluster map is gone from the folder of its state. */
  mapGone: boolean
  /** Why its settings cannot be read from here; empty where they can. */
  unread: string
}

/** Reads the settings and the cluster map of each node; a file that is not here is no error. */
export async function readNodeFiles(
  nodes: readonly Node[],
  answers: Pick<AistoreAnswers, 'confdir' | 'logDir'>,
  paths: RecordPaths,
): Promise<NodeFiles[]> {
  return Promise.all(
    nodes.map(async node => {
      const place = await placeOfNode(node.id, answers, paths)
      if (!place)
        return { node, mapGone: false, unread: 'the folder of its state (confdir) is not known' }
      const conf = await read(join(place.confdir, '.ais.conf'))
      if ('unread' in conf) return { node, place, mapGone: false, ...conf }
      const map = await read(join(place.confdir, '.ais.smap'))
      const http = settingsIn({ status: 200, json: conf.content, seen: '' })
      const uuid = atPath(conf.content, 'uuid')
      const mapUuid = 'unread' in map ? undefined : atPath(map.content, 'uuid')
      return {
        node,
        place,
        conf,
        ...(http ? { http } : {}),
        ...(typeof uuid === 'string' ? { uuid } : {}),
        ...(typeof mapUuid === 'string' ? { mapUuid } : {}),
        mapGone: 'unread' in map && map.code === 'ENOENT',
        unread: '',
      }
    }),
  )
}

async function read(path: string): Promise<StateFile | { unread: string; code: string }> {
  try {
    return readStateFile(await readFile(path))
  } catch (error) {
    const code = codeOf(error)
    return { unread: oneLine(`${path}: ${code || (error as Error).message}`), code }
  }
}
