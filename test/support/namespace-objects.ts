/** Which rollout it was, how often it was changed, and what the cluster gives out is not what runs. */
const times = [
  'clusterIP',
  'clusterIPs',
  'deploymentTime',
  'kubectl.kubernetes.io/restartedAt',
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
]

interface KubeObject {
  kind: string
  type?: string
  metadata: Record<string, unknown>
}

/**
 * All objects of a namespace that say what runs, by `Kind/name`: Secrets with data and labels, workloads,
 * Services, ConfigMaps, Ingresses, Leases. Without managed fields and what else the API server adds, and
 * without the times of restarts.
 */
export function namespaceObjects(
  kubectl: (args: string[]) => { stdout: string },
  namespace: string,
): Record<string, unknown> {
  const kinds = 'secrets,deployments,statefulsets,services,configmaps,ingresses,leases'
  const { stdout } = kubectl(['-n', namespace, 'get', kinds, '-o', 'json'])
  const { items } = JSON.parse(stdout) as { items: KubeObject[] }
  const own = items.filter(({ type = '' }) => !type.startsWith('helm.sh/'))
  return Object.fromEntries(
    own.map(object => {
      const { name, labels, annotations } = object.metadata
      const {
        metadata: _metadata,
        status: _status,
        ...rest
      } = object as KubeObject & {
        status?: unknown
      }
      const whole = { labels, annotations, ...rest }
      return [`${object.kind}/${name}`, JSON.parse(JSON.stringify(whole), withoutTimes)]
    }),
  )
}

function withoutTimes(key: string, value: unknown): unknown {
  return times.includes(key) ? undefined : value
}
