import { tryKubectl } from '../../kubernetes/kubectl.ts'
import type { Calling, Cluster } from '../../kubernetes/place.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { succeeded } from '../../process/tool.ts'
import { namespace } from './answers.ts'
import { type HealthFinding, readHealth } from './health.ts'

/** What the health check has written down in the cluster; nothing where it cannot be read. */
export async function healthOf(at: Cluster, calling: Calling): Promise<HealthFinding[]> {
  const words = ['get', 'configmap', 'arcml-healthcheck', '-o', 'json', '--ignore-not-found']
  const result = await tryKubectl({ ...at, namespace }, words, calling)
  if (!succeeded(result) || result.stdout.trim() === '') return []
  try {
    const data = atPath(JSON.parse(result.stdout) as Json, 'data')
    return data !== null && typeof data === 'object' && !Array.isArray(data) ? readHealth(data) : []
  } catch {
    return []
  }
}
