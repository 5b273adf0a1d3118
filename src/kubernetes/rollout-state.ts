import { oneLine } from '../process/plain-text.ts'
import type { KubeObject } from './kubectl.ts'
import { type Namespace, podsOf, workloadNamed } from './namespace.ts'

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
  const all = names.map(name => standingOf(name, namespace))
  const found = all.filter(({ there }) => there)
  const open = found.filter(({ done }) => !done)
  const missing = all.filter(({ there }) => !there).map(({ name }) => name)
  const waiting = [...missing.map(name => `${name} is not there`), ...open.map(waitingWords)]
  const count = `${found.length - open.length} of ${names.length} rolled out`
  return {
    done: missing.length === 0 && open.length === 0,
    missing,
    waiting,
    refused: open.some(({ failures }) => failures.length > 0),
    stuck: open.flatMap(({ stuck }) => stuck),
    held: open.flatMap(({ held }) => held),
    seen: [count, ...waiting].join('; '),
    rows: all.map(rowOf),
  }
}

/** How one workload stands. */
interface Standing {
  name: string
  there: boolean
  done: boolean
  /** How many pods of the newest template are ready, and why the others are not. */
  pods: string
  why: string[]
  /** Why it cannot make its pods at all. */
  failures: string[]
  stuck: RolloutState['stuck']
  held: string[]
}

function standingOf(name: string, namespace: Namespace): Standing {
  const workload = workloadNamed(namespace, name)
  const none = { failures: [], stuck: [], held: [] }
  if (!workload)
    return { name, there: false, done: false, pods: '–', why: ['not seen yet'], ...none }
  const { status = {}, spec } = workload
  const pods = podsOf(workload, namespace)
  const failures = failuresOf(workload)
  const wanted = spec?.replicas ?? 1
  const ready = Math.min(status.readyReplicas ?? 0, status.updatedReplicas ?? 0)
  const words = new Set(pods.map(podWords).filter(Boolean))
  return {
    name,
    there: true,
    done: isRolledOut(workload),
    pods: `${ready} of ${wanted}`,
    why: [...failures, ...words].map(each => oneLine(each).slice(0, 240)),
    failures,
    stuck: pods.flatMap(stuckPod),
    held: heldPods(workload, pods),
  }
}

function rowOf({ name, done, pods, why, stuck, failures }: Standing): RolloutState['rows'][number] {
  const wrong = failures.length > 0 || stuck.some(({ reason }) => !passing.includes(reason))
  return { name, done, wrong: !done && wrong, pods, now: done ? '' : why.join(', ') }
}

function waitingWords({ name, pods, why }: Standing): string {
  return `${name} ${pods}${why.length > 0 ? `: ${why.join(', ')}` : ''}`
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
function heldPods({ kind, status }: KubeObject, pods: readonly KubeObject[]): string[] {
  const newest = status?.updateRevision
  if (kind !== 'StatefulSet' || newest === undefined) return []
  return pods
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
