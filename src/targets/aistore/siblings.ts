import { join } from 'node:path'
import { type EndpointRecord, listEndpoints, readEndpoint } from '../../record/endpoint.ts'
import { currentGeneration, generationFolder } from '../../record/generation.ts'
import { recordPaths } from '../../record/paths.ts'
import type { World } from '../../world.ts'
import type { Node } from './cluster.ts'

/**
 * Files of the roots that other endpoints here have for listeners of the same cluster: with a pair
 * outside and another inside, who drives one of them meets the other. Known by its UUID, or by the
 * address of a node before it was asked.
 */
export async function siblingRoots(
  { uuid, address }: { uuid?: string; address?: string },
  { stateFolder }: Pick<World, 'stateFolder'>,
): Promise<string[]> {
  const files = await Promise.all(
    (await listEndpoints(stateFolder)).map(async name => {
      const paths = recordPaths(stateFolder, name)
      const record = await readEndpoint(paths)
      if (record?.target !== 'aistore') return []
      const { live } = record
      const isSame =
        (uuid ? live.uuid === uuid : false) || (address ? hasNodeAt(record, address) : false)
      const current = isSame ? await currentGeneration(paths) : undefined
      return current === undefined ? [] : [join(generationFolder(paths, current), 'roots.pem')]
    }),
  )
  return files.flat()
}

/** Whether a node listens there: the listeners that a pair is for need not be those that are asked. */
function hasNodeAt({ addresses, live }: EndpointRecord, address: string): boolean {
  const nodes = JSON.parse(live.nodes ?? '[]') as Node[]
  return addresses.includes(address) || nodes.some(node => node.public === address)
}
