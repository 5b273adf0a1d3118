import { join } from 'node:path'
import type { Answers } from '../../../answers/answers.ts'
import { atPath } from '../../../plan/predicate.ts'
import type { EndpointRecord } from '../../../record/endpoint.ts'
import { currentGeneration, generationFolder } from '../../../record/generation.ts'
import type { RecordPaths } from '../../../record/paths.ts'
import type { Unfinished } from '../../../road/unfinished.ts'
import { aistoreAnswers } from '../answers.ts'
import type { Cluster, Node } from '../cluster.ts'
import { type Place, recordedClient } from '../place.ts'

/** The cluster as it was when it was last proven, or when a run began that has not ended. */
export function recordedCluster(
  record: EndpointRecord | undefined,
  unfinished: Unfinished | undefined,
): Cluster | undefined {
  const live = record?.live
  const nodes = (
    live?.nodes === undefined
      ? atPath(unfinished?.plan.world ?? null, 'nodes')
      : JSON.parse(live.nodes)
  ) as Node[] | undefined
  const uuid = live?.uuid ?? atPath(unfinished?.plan.world ?? null, 'uuid')
  if (!Array.isArray(nodes) || nodes.length === 0 || typeof uuid !== 'string') return undefined
  const said = live?.primary ?? atPath(unfinished?.plan.world ?? null, 'primary')
  const proxy = nodes.find(({ kind }) => kind === 'proxy') ?? nodes[0]
  return { uuid, primary: typeof said === 'string' ? said : (proxy?.id ?? ''), nodes }
}

/** How it is asked where no plan says it: by the roots and the certificate that are on record. */
export async function recordedPlace(
  cluster: Cluster,
  answers: Answers,
  paths: RecordPaths,
): Promise<Place> {
  const own = aistoreAnswers(answers)
  const current = generationFolder(paths, (await currentGeneration(paths)) ?? 0)
  const roots = [join(current, 'roots.pem'), ...(own.roots === undefined ? [] : [own.roots])]
  return { ...cluster, roots, system: true, client: recordedClient(own, paths) }
}
