import { canonicalJson } from '../plan/digest.ts'
import { type Recalling, recently } from '../plan/recent.ts'
import { type KubeObject, kubectlObjects } from './kubectl.ts'
import type { Calling, Place } from './place.ts'

/** A workload as plans name it: `deployment/feldera-api-server`. */
export type WorkloadName = `${'deployment' | 'statefulset'}/${string}`

/** What runs in a namespace, read in one call. */
export interface Namespace {
  workloads: KubeObject[]
  services: KubeObject[]
  pods: KubeObject[]
}

/** Deployments, stateful sets, services and pods of a namespace, in one call. */
export async function readNamespace(place: Place, calling: Calling): Promise<Namespace> {
  const kinds = 'deployments.apps,statefulsets.apps,services,pods'
  return sorted(await kubectlObjects(place, ['get', kinds], calling))
}

/** How long a reading stands in for another, while the cluster is not changed. Milliseconds. */
const recentMs = 3_000

/** The same, as it was read a moment ago. */
export function recentNamespace(place: Place, calling: Calling & Recalling): Promise<Namespace> {
  return recently(namespaceKey(place), recentMs, calling, () => readNamespace(place, calling))
}

/** Reads anew, for those who ask a moment later. */
export function freshNamespace(place: Place, calling: Calling & Recalling): Promise<Namespace> {
  return recently(namespaceKey(place), 0, calling, () => readNamespace(place, calling))
}

function namespaceKey(place: Place): string {
  return `kubernetes namespace ${canonicalJson(place)}`
}

export function sorted(objects: readonly KubeObject[]): Namespace {
  const of = (...kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind))
  return { workloads: of('Deployment', 'StatefulSet'), services: of('Service'), pods: of('Pod') }
}

export function workloadNamed(
  { workloads }: Pick<Namespace, 'workloads'>,
  name: string,
): KubeObject | undefined {
  return workloads.find(each => nameOf(each) === name)
}

/** The workloads of a name, or with `*` at its end all that begin so. */
export function workloadsNamed(
  { workloads }: Pick<Namespace, 'workloads'>,
  name: string,
): KubeObject[] {
  const start = name.endsWith('*') ? name.slice(0, -1) : undefined
  return workloads.filter(each =>
    start === undefined ? nameOf(each) === name : nameOf(each).startsWith(start),
  )
}

export function nameOf({ kind, metadata }: KubeObject): WorkloadName {
  return `${kind.toLowerCase() as 'deployment'}/${metadata.name}`
}

/** The pods that a workload's selector takes and that are not on their way out. */
export function podsOf(workload: KubeObject, { pods }: Pick<Namespace, 'pods'>): KubeObject[] {
  const wanted = Object.entries(workload.spec?.selector?.matchLabels ?? {})
  if (wanted.length === 0) return []
  return pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      !['Succeeded', 'Failed'].includes(status?.phase) &&
      wanted.every(([key, value]) => metadata.labels?.[key] === value),
  )
}

/**
 * The port at which a pod listens for what its Service has under `port`; the same number where no
 * Service or port of that name is there.
 */
export function podPort(service: KubeObject | undefined, port: number, pod: KubeObject): number {
  const ports = (service?.spec?.ports ?? []) as { port: number; targetPort?: number | string }[]
  const target = ports.find(each => each.port === port)?.targetPort ?? port
  if (typeof target === 'number') return target
  const containers = (pod.spec?.containers ?? []) as {
    ports?: { name?: string; containerPort: number }[]
  }[]
  const named = containers.flatMap(each => each.ports ?? []).find(({ name }) => name === target)
  return named?.containerPort ?? port
}

/** The Secrets that a workload's pods read: mounted, or in their environment. */
export function secretsReadBy({ kind, spec }: KubeObject): string[] {
  const pod = kind === 'Pod' ? spec : spec?.template?.spec
  const names = new Set<string>()
  for (const volume of pod?.volumes ?? []) {
    if (volume.secret?.secretName) names.add(volume.secret.secretName)
    for (const source of volume.projected?.sources ?? [])
      if (source.secret?.name) names.add(source.secret.name)
  }
  for (const container of pod?.containers ?? []) {
    for (const each of container.env ?? [])
      if (each.valueFrom?.secretKeyRef?.name) names.add(each.valueFrom.secretKeyRef.name)
    for (const each of container.envFrom ?? [])
      if (each.secretRef?.name) names.add(each.secretRef.name)
  }
  return [...names]
}
