import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { atPath } from '../../plan/predicate.ts'
import { currentGeneration, generationFolder } from '../../record/generation.ts'
import { recordPaths } from '../../record/paths.ts'
import type { Target } from '../target.ts'
import { aistoreAnswers } from './answers.ts'
import { type Node, nodeLabel } from './cluster.ts'
import { alertsIn } from './flags.ts'
import { provenPorts } from './listeners.ts'
import { serversOf } from './ops-proof.ts'
import { ownLeaves } from './own-leaves.ts'
import { apiOf, recordedClient } from './place.ts'

/**
 * Every listener of every node that is recorded, with the alerts that each node raises of its own
 * certificate: it knows of a bad file on its disk before anybody is served it.
 */
export const reachNodes: NonNullable<Target['reach']> = async (answered, calling, use) => {
  const { answers, folder } = answered
  const { world, signal, record } = calling
  setMaxListeners(0, signal) // every node that is asked listens for the stop
  const own = aistoreAnswers(answers)
  const nodes = JSON.parse(record?.live.nodes ?? '[]') as Node[]
  const paths = recordPaths(world.stateFolder, answers.endpoint)
  const current = generationFolder(paths, (await currentGeneration(paths)) ?? 0)
  const roots = join(current, 'roots.pem')
  const at = {
    ...{ uuid: record?.live.uuid ?? '', primary: '', nodes },
    roots: [roots, ...(own.roots === undefined ? [] : [own.roots])],
    system: true,
    client: recordedClient(own, paths),
  }
  // no secret is asked for here: a cluster that wants a token shows its leaves all the same
  const api = await apiOf(at, { world, signal, userFolder: folder, secrets: {} })
  const raised = new Map<string, readonly string[]>()
  await Promise.all(
    nodes.map(async node => {
      const { json } = await api.get(node.public, '/v1/daemon?what=node_status')
      const flags = atPath(json, 'cluster.flags')
      if (typeof flags === 'number') raised.set(nodeLabel(node), alertsIn(flags))
    }),
  )
  return use(
    serversOf(nodes, provenPorts(answers), await ownLeaves(current)).map(server => ({
      ...server,
      raises: raised.get(server.part ?? '') ?? [],
    })),
  )
}
