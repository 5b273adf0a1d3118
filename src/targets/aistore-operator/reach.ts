import { join } from 'node:path'
import { withServers } from '../../kubernetes/pods-proof.ts'
import { atPath } from '../../plan/predicate.ts'
import { currentGeneration, generationFolder } from '../../record/generation.ts'
import { recordPaths } from '../../record/paths.ts'
import { alertsIn } from '../aistore/flags.ts'
import type { Target } from '../target.ts'
import { operatorAnswers, placeOfAnswers, servedBy } from './answers.ts'
import { apiOf } from './api.ts'

/**
 * Every pod through a tunnel of ours, with the alerts that its node raises of its own certificate: it
 * knows of a bad file before anybody is served it.
 */
export const reachPods: NonNullable<Target['reach']> = async (answered, calling, use) => {
  const { answers, folder } = answered
  const { run, world, signal, record } = calling
  const own = operatorAnswers(answers)
  const { proxy, target } = record?.live ?? {}
  const ports = { proxy: Number(proxy ?? 51_080), target: Number(target ?? 51_081) }
  const paths = recordPaths(world.stateFolder, answers.endpoint)
  const kept = generationFolder(paths, (await currentGeneration(paths)) ?? 0)
  const at = { roots: [join(kept, 'roots.pem')], name: answers.domain }
  // no secret is asked for here: a cluster that wants a token shows its leaves all the same
  const api = await apiOf(at, { world, signal, secrets: {} })
  const opening = { run, signal, userFolder: folder }
  return withServers(placeOfAnswers(own), servedBy(own, ports), opening, async servers => {
    const raised = await Promise.all(
      servers.map(async ({ address }) => {
        if (record?.https === false) return []
        const { json } = await api.get(address, '/v1/daemon?what=node_status')
        const flags = atPath(json, 'cluster.flags')
        return typeof flags === 'number' ? alertsIn(flags) : []
      }),
    )
    return use(
      servers.map((server, index) => ({
        ...server,
        part: server.name.replace(/^pod\//, '').replace(/:\d+$/, ''),
        raises: raised[index] ?? [],
      })),
    )
  })
}
