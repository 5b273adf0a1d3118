import { oneLine } from '../process/plain-text.ts'
import type { KubeObject } from './kubectl.ts'
import { type Namespace, nameOf, podsOf, workloadNamed } from './namespace.ts'

/** How a rollout stands: of each workload, and in words. */
export interface RolloutState {
  done: boolean
  /** Each workload that is not there. */
  missing: string[]
  /** What is not as wanted yet, a line each: pods with their own words. */
  waiting: string[]
  /** Whether pods are refused: a quota, an admission policy. */
  refused: boolean
  /** Pods that cannot start by themselves, for their logs and events. */
  stuck: { pod: string; uid?: string; container?: string; reason: string }[]
  /** Broken pods of an older revision that their stateful set holds on to. */
  held: string[]
  seen: string
  /** Each workload, in the order of the names. */
  rows: { name: string; done: boolean; wrong: boolean; pods: string; now: string }[]
}

/** What every pod goes through on its way. */
export const passing = ['ContainerCreating', 'PodInitializing', 'Pending', 'not ready']

/** Judges some workloads by what the API server says of them and of their pods. */
export function judgeRollout(names: readonly string[], namespace: Namespace): RolloutState {
  const missing = names.filter(name => !workloadNamed(namespace, name))
  const found = names.flatMap(name => workloadNamed(namespace, name) ?? [])
  const open = found.filter(workload => !isRolledOut(workload))
  const words = open.map(workload => waitingWords(workload, namespace))
  const stuck = open.flatMap(workload => podsOf(workload, namespace).flatMap(stuckPod))
  const held = open.flatMap(workload => heldPods(workload, namespace))
  const done = missing.length === 0 && open.length === 0
  const count = `${found.length - open.length} of ${names.length} rolled out`
  const waiting = [...missing.map(name => `${name} is not there`), ...words]
  const refused = open.some(each => failuresOf(each).length > 0)
  const rows = names.map(name => rowOf(name, namespace))
  const seen = [count, ...waiting].join('; ')
  return { done, missing, waiting, refused, stuck, held, seen, rows }
}

function rowOf(name: string, namespace: Namespace): RolloutState['rows'][number] {
  const workload = workloadNamed(namespace, name)
  if (!workload) return { name, done: false, wrong: false, pods: '–', now: 'not seen yet' }
  const done = isRolledOut(workload)
  const stuck = podsOf(workload, namespace).flatMap(stuckPod)
  const wrong = stuck.some(({ reason }) => !passing.includes(reason))
  const { pods, why } = standingOf(workload, namespace)
  return {
    name,
    done,
    wrong: !done && (wrong || failuresOf(workload).length > 0),
    pods,
    now: done ? '' : why.join(', '),
  }
}

/** Whether all replicas are of the newest template, and none of an older one is left. */
function isRolledOut({ kind, metadata, spec, status = {} }: KubeObject): boolean {
  const wanted = spec?.replicas ?? 1
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false
  if ((status.updatedReplicas ?? 0) < wanted && wanted > 0) return false
  if ((status.replicas ?? 0) !== wanted) return false
  if (kind === 'Deployment') return (status.availableReplicas ?? 0) >= wanted
  const revisions =
    status.updateRevision === undefined || status.currentRevision === status.updateRevision
  return (status.readyReplicas ?? 0) >= wanted && (revisions || wanted === 0)
}

/**
 * Pods of an older revision that never become ready: a stateful set waits for them before it makes
 * one of the newest revision, for good (kubernetes/kubernetes#67250, "forced rollback" in its manual).
 */
function heldPods(workload: KubeObject, namespace: Namespace): string[] {
  const newest = workload.status?.updateRevision
  if (workload.kind !== 'StatefulSet' || newest === undefined) return []
  return podsOf(workload, namespace)
    .filter(({ metadata }) => {
      const revision = metadata.labels?.['controller-revision-hash']
      return revision !== undefined && revision !== newest
    })
    .flatMap(stuckPod)
    .filter(({ reason }) => reason === 'Pending' || !passing.includes(reason))
    .map(({ pod }) => pod)
}

/** Why a workload cannot make its pods at all. */
function failuresOf({ status = {} }: KubeObject): string[] {
  return ((status.conditions ?? []) as Condition[])
    .filter(
      ({ type, status: is, reason }) =>
        (type === 'ReplicaFailure' && is === 'True') ||
        (type === 'Progressing' && is === 'False' && reason === 'ReplicaSetCreateError'),
    )
    .map(({ message = '' }) => withoutPod(message))
}

/** The pod's name, which nobody will ever see, would push the cause out of the line. */
function withoutPod(message: string): string {
  return message.replace(/^pods "[^"]*" is forbidden: /, '')
}

function waitingWords(workload: KubeObject, namespace: Namespace): string {
  const { pods, why } = standingOf(workload, namespace)
  return `${nameOf(workload)} ${pods}${why.length > 0 ? `: ${why.join(', ')}` : ''}`
}

/** How many pods of the newest template are ready, and why the others are not. */
function standingOf(workload: KubeObject, namespace: Namespace): { pods: string; why: string[] } {
  const { status = {}, spec } = workload
  const wanted = spec?.replicas ?? 1
  const ready = Math.min(status.readyReplicas ?? 0, status.updatedReplicas ?? 0)
  const pods = [...new Set(podsOf(workload, namespace).map(podWords).filter(Boolean))]
  const why = [...failuresOf(workload), ...pods].map(each => oneLine(each).slice(0, 240))
  return { pods: `${ready} of ${wanted}`, why }
}

interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
}

interface ContainerStatus {
  name: string
  ready: boolean
  restartCount: number
  state?: {
    waiting?: { reason?: string; message?: string }
    terminated?: { reason?: string; exitCode?: number; message?: string }
  }
}

/** What a pod waits for, in its own words; empty where it is ready. */
export function podWords({ status = {} }: KubeObject): string {
  const conditions = (status.conditions ?? []) as Condition[]
  const unscheduled = conditions.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  )
  if (unscheduled) return unscheduled.message ?? 'is not scheduled'
  const containers = statusesOf(status)
  const waiting = containers.find(({ state }) => state?.waiting)?.state?.waiting
  if (waiting) return [waiting.reason, waiting.message].filter(Boolean).join(': ')
  const ended = containers.find(({ state }) => state?.terminated)?.state?.terminated
  if (ended) return `ended with exit ${ended.exitCode ?? '?'} (${ended.reason ?? 'no reason'})`
  if (containers.length > 0 && containers.every(({ ready }) => ready)) return ''
  return status.phase === 'Running'
    ? 'runs, not ready yet'
    : String(status.phase ?? 'is being made')
}

function statusesOf(status: { [key: string]: ContainerStatus[] | undefined }): ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
}

function stuckPod({ metadata, status = {} }: KubeObject): RolloutState['stuck'] {
  const pod = { pod: metadata.name, ...(metadata.uid ? { uid: metadata.uid } : {}) }
  const bad = statusesOf(status).find(
    ({ ready, state, restartCount }) =>
      !ready && (state?.waiting || state?.terminated || restartCount > 0),
  )
  if (!bad) return status.phase === 'Pending' ? [{ ...pod, reason: 'Pending' }] : []
  const reason = bad.state?.waiting?.reason ?? bad.state?.terminated?.reason ?? 'not ready'
  return bad.restartCount > 0 ? [{ ...pod, container: bad.name, reason }] : [{ ...pod, reason }]
}
