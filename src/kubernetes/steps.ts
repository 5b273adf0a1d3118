import { exitCodes } from '../exit-codes.ts'
import type { Explanation, Input, Step, Text } from '../plan/plan.ts'
import type { Rule } from './access.ts'
import { type Cluster, kubectlArgv, type Place, placeInput } from './place.ts'
import { kubernetesExplains } from './problems.ts'

/** Of steps that take seconds: an API server that is away is waited for within it. */
const limit = '5m'

/** Server-side apply is whole since Kubernetes 1.22. */
const tooOld = '^v1\\.(1?\\d|2[01])\\.'
const kubectlTooOld: Explanation = {
  when: { json: 'clientVersion.gitVersion', matches: tooOld },
  id: 'tool.kubectl.too-old',
  exit: exitCodes.unavailable,
  title: 'This kubectl is older than 1.22.',
  why: 'Its server-side apply does not tell whose fields are whose.',
  fix: 'Install one of about the version of the cluster: https://kubernetes.io/docs/tasks/tools/',
}

/** kubectl is there and new enough; no cluster is asked. */
export const checkKubectl: Step = {
  id: 'check.kubectl',
  phase: 'check',
  title: 'Ask kubectl for its version',
  act: {
    do: 'exec',
    argv: ['kubectl', 'version', '--client', '-o', 'json'],
    limit: '1m',
    expect: [
      { exit: [0] },
      { json: 'clientVersion.gitVersion', matches: '^v\\d+\\.' },
      { not: { json: 'clientVersion.gitVersion', matches: tooOld } },
    ],
    explains: [kubectlTooOld],
  },
  needs: [],
  onFail: 'stop',
}

/** Without its API server nothing can be taken back: the run stops, and the next one goes on with it. */
export function stopsWhenAway(steps: readonly Step[]): Step[] {
  return steps.map(step =>
    step.onFail === 'undo'
      ? { ...step, stopOn: [...(step.stopOn ?? []), 'kube.unreachable'] }
      : step,
  )
}

/** The namespace is there; a user who may not read namespaces may well work in one. */
export function checkNamespace(place: Place): Step {
  const { namespace, ...cluster } = place
  return {
    id: 'check.namespace',
    phase: 'check',
    title: `Look for the namespace ${namespace}`,
    act: {
      do: 'exec',
      argv: kubectlArgv(cluster, 'get', 'namespace', namespace, '-o', 'name'),
      limit: '1m',
      expect: [{ any: [{ exit: [0] }, { regex: 'is forbidden|\\(Forbidden\\)' }] }],
      explains: kubernetesExplains(cluster),
    },
    needs: ['check.cluster'],
    onFail: 'stop',
  }
}

/** All replicas of some workloads run, now. */
export function checkRunning(place: Place, workloads: readonly string[], needs: string[]): Step {
  return {
    id: 'check.pods',
    phase: 'check',
    title: 'Look whether all pods are ready',
    act: {
      do: 'op:kubernetes.running',
      input: { place: placeInput(place), workloads: [...workloads] },
      limit,
    },
    needs,
    onFail: 'stop',
  }
}

/** The cluster answers, and to this user: its version is read. */
export function checkCluster(cluster: Cluster): Step {
  return {
    id: 'check.cluster',
    phase: 'check',
    title: `Ask the cluster of context ${cluster.context} for its version`,
    act: {
      do: 'exec',
      argv: kubectlArgv(cluster, 'version', '-o', 'json'),
      limit: '1m',
      expect: [
        { exit: [0] },
        { json: 'serverVersion.gitVersion', matches: '^v\\d+\\.' },
        { not: { json: 'clientVersion.gitVersion', matches: tooOld } },
      ],
      explains: [...kubernetesExplains(cluster), kubectlTooOld],
    },
    captures: { version: { json: 'serverVersion.gitVersion' } },
    needs: [],
    onFail: 'stop',
  }
}

/** All that the plan will do in the namespace may be done. */
export function checkAccess(place: Place, rules: readonly Rule[]): Step {
  return {
    id: 'check.access',
    phase: 'check',
    title: `Ask whether all that is needed may be done in namespace ${place.namespace}`,
    act: {
      do: 'op:kubernetes.access',
      input: { place: placeInput(place), rules: rules as unknown as Input },
      limit,
      expect: [{ json: 'allowed', equals: true }],
    },
    needs: ['check.cluster'],
    onFail: 'stop',
  }
}

/** What the shared steps need; a target adds what its own do. */
export const commonRules: readonly Rule[] = [
  { group: '', resource: 'secrets', verbs: ['get', 'list', 'create', 'patch', 'delete'] },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  { group: '', resource: 'pods/portforward', verbs: ['create'] },
  { group: '', resource: 'services', verbs: ['get', 'list'] },
  { group: '', resource: 'events', verbs: ['list'] },
  { group: 'apps', resource: 'deployments', verbs: ['get', 'list', 'watch'] },
  { group: 'apps', resource: 'statefulsets', verbs: ['get', 'list', 'watch'] },
  {
    group: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['get', 'list', 'create', 'update', 'delete'],
  },
]

/** Nobody else changes this endpoint meanwhile. `name` is what is changed, not the record's name. */
export function holdStep(place: Place, name: string, needs: string[], id = 'prepare.hold'): Step {
  return {
    id,
    phase: 'prepare',
    title: 'Keep others from changing it meanwhile',
    act: { do: 'op:kubernetes.hold', input: { place: placeInput(place), name }, limit },
    needs,
    onFail: 'stop',
  }
}

/** What the steps about the Secret of a new generation need to know. */
export interface SecretWanted {
  place: Place
  endpoint: string
  type: 'kubernetes.io/tls' | 'Opaque'
  /** The keys in the Secret, each with the file of the generation that goes there. */
  files: Readonly<Record<string, Text>>
}

/**
 * The pair of the generation in its own Secret; its name is captured as `change.secret.name`. An undo
 * removes it again.
 */
export function secretStep({ place, endpoint, type, files }: SecretWanted, needs: string[]): Step {
  const fingerprint: Text = { capture: 'prepare.certificate.fingerprint' }
  const input = { place: placeInput(place), endpoint, fingerprint, type, files }
  return {
    id: 'change.secret',
    phase: 'change',
    title: 'Put the pair into a Secret of its own',
    look: {
      look: { do: 'op:kubernetes.secret-look', input, limit },
      already: [{ json: 'state', equals: 'as-wanted' }],
    },
    act: { do: 'op:kubernetes.secret-apply', input, limit },
    undo: [
      {
        id: 'undo.secret',
        phase: 'change',
        title: 'Remove the Secret of the new pair',
        act: {
          do: 'op:kubernetes.secret-remove',
          input: { place: placeInput(place), endpoint },
          limit,
        },
        needs: [],
        onFail: 'stop',
      },
    ],
    captures: { name: { json: 'name' } },
    needs,
    onFail: 'undo',
  }
}

/** Secrets of older leaves go, but for two. */
export function pruneStep(place: Place, endpoint: string): Step {
  return {
    id: 'serve.prune',
    phase: 'serve',
    title: 'Remove Secrets of older certificates',
    act: {
      do: 'op:kubernetes.secret-prune',
      input: { place: placeInput(place), endpoint, name: { capture: 'change.secret.name' } },
      limit,
    },
    needs: ['serve.record'],
    onFail: 'stop',
  }
}

/** The workloads run with what was changed, in all replicas. */
export function rolloutStep(
  place: Place,
  workloads: readonly string[],
  waitMs: number,
  needs: string[],
): Step {
  return {
    id: 'serve.rollout',
    phase: 'serve',
    title: 'Wait until all replicas run with it',
    act: {
      do: 'op:kubernetes.rollout',
      input: { place: placeInput(place), workloads: [...workloads], waitMs },
      limit: '3h',
    },
    needs,
    onFail: 'undo',
  }
}
