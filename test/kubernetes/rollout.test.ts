import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../src/kubernetes/kubectl.ts'
import { podPort, podsOf, secretsReadBy } from '../../src/kubernetes/namespace.ts'
import { kubernetesOps } from '../../src/kubernetes/ops.ts'
import { judgeRollout, podWords } from '../../src/kubernetes/rollout-state.ts'
import { rolloutStep } from '../../src/kubernetes/steps.ts'
import { ctxOf, fakeKubectl, inputOf, place, printed } from '../support/kubectl.ts'

const labels = { app: 'api' }

function deployment(status: Record<string, unknown> = {}, generation = 2): KubeObject {
  return {
    kind: 'Deployment',
    metadata: { name: 'api', generation },
    spec: { replicas: 1, selector: { matchLabels: labels } },
    status: {
      observedGeneration: 2,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      ...status,
    },
  }
}

function pod(
  status: Record<string, unknown> = {},
  more: Partial<KubeObject['metadata']> = {},
): KubeObject {
  return {
    kind: 'Pod',
    metadata: { name: 'api-x', labels, ...more },
    spec: {},
    status: { phase: 'Running', ...status },
  }
}

const crashing = pod({
  containerStatuses: [
    {
      name: 'api',
      ready: false,
      restartCount: 3,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off 40s restarting failed container',
        },
      },
    },
  ],
})

function judged(workload: KubeObject, pods: KubeObject[] = []) {
  return judgeRollout(['deployment/api'], { workloads: [workload], services: [], pods })
}

describe('a rollout', () => {
  it('is done when all replicas are of the newest template and none older is left', () => {
    expect(judged(deployment()).done).toBe(true)
    expect(judged(deployment({}, 3)).done).toBe(false)
    expect(judged(deployment({ replicas: 2 })).done).toBe(false)
    expect(judged(deployment({ updatedReplicas: 0 })).done).toBe(false)
    expect(judged(deployment({ availableReplicas: 0 })).done).toBe(false)
  })

  it('of a stateful set waits for its revision', () => {
    const status = { currentRevision: 'a', updateRevision: 'b' }
    const set = { ...deployment(status), kind: 'StatefulSet' }
    const of = (each: KubeObject) =>
      judgeRollout(['statefulset/api'], { workloads: [each], services: [], pods: [] })
    expect(of(set).done).toBe(false)
    expect(of({ ...set, status: { ...set.status, currentRevision: 'b' } }).done).toBe(true)
  })

  it('says what its pods wait for, in their own words', () => {
    const state = judged(deployment({ readyReplicas: 0, availableReplicas: 0 }), [crashing])
    expect(state.seen).toBe(
      '0 of 1 rolled out; deployment/api 0 of 1: CrashLoopBackOff: back-off 40s restarting failed container',
    )
    expect(state.stuck).toEqual([{ pod: 'api-x', container: 'api', reason: 'CrashLoopBackOff' }])
  })

  it('says what no pod can say: a quota, a scheduler', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: few' }]
    const refused = judged(deployment({ readyReplicas: 0, updatedReplicas: 0, conditions }))
    expect(refused).toMatchObject({ refused: true, done: false })
    expect(refused.waiting[0]).toContain('exceeded quota: few')
    expect(judged(deployment()).refused).toBe(false)
    const unscheduled = {
      conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }],
    }
    expect(podWords(pod(unscheduled))).toBe('0/1 nodes are available')
  })

  it('that does not end is a problem with the log of what ends again and again', async () => {
    const kubectl = fakeKubectl([
      [
        / get deployments.apps --watch /,
        () => ({
          stdout: printed({
            type: 'ADDED',
            object: deployment({ readyReplicas: 0, availableReplicas: 0 }),
          }),
        }),
      ],
      [/ get pods --watch /, () => ({ stdout: printed({ type: 'ADDED', object: crashing }) })],
      [/ --watch /, () => ({})],
      [
        / get events /,
        () => ({
          stdout: 'api-x\tBackOff\tBack-off restarting failed container\nother\tFailed\tno\n',
        }),
      ],
      [
        / logs api-x -c api --tail=6 --previous/,
        () => ({ stdout: 'certificate pair refused: tls: private key does not match\n' }),
      ],
    ])
    const input = inputOf(rolloutStep(place, ['deployment/api'], 300, []))
    const { world } = ctxOf(kubectl.run)
    const clock = { ...world.clock, elapsed: () => performance.now() }
    const answer = kubernetesOps['kubernetes.rollout']?.run(
      input,
      ctxOf(kubectl.run, { world: { ...world, clock } }),
    )
    const problem = await (answer as Promise<never>).catch(error => error)
    expect(problem).toMatchObject({ exit: 1, findings: [{ id: 'kube.rollout' }] })
    expect(problem.findings[0].evidence).toContain('CrashLoopBackOff')
    expect(problem.findings[0].evidence).toContain('api-x: certificate pair refused')
    expect(problem.findings[0].evidence).not.toContain('other')
    expect(problem.findings[0].fix).toContain(
      'kubectl --context lab --namespace feldera describe pod api-x',
    )
  })

  it('is over at once when it is done', async () => {
    const kubectl = fakeKubectl([
      [
        / get deployments.apps --watch /,
        () => ({ stdout: printed({ type: 'ADDED', object: deployment() }) }),
      ],
      [/ --watch /, () => ({})],
    ])
    const input = inputOf(rolloutStep(place, ['deployment/api'], 60_000, []))
    const answer = await kubernetesOps['kubernetes.rollout']?.run(input, ctxOf(kubectl.run))
    expect(answer).toMatchObject({ done: true, seen: '1 of 1 rolled out' })
  })
})

describe('what runs in a namespace', () => {
  it('knows the pods of a workload that stay', () => {
    const leaving = pod({}, { name: 'old', deletionTimestamp: '2026-01-01T00:00:00Z' })
    const foreign = pod({}, { name: 'foreign', labels: { app: 'x' } })
    const found = podsOf(deployment(), { pods: [pod(), leaving, foreign] })
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['api-x'])
  })

  it('follows a Service to the port of the pod, also by name', () => {
    const service = {
      kind: 'Service',
      metadata: { name: 'api' },
      spec: {
        ports: [
          { port: 443, targetPort: 'https' },
          { port: 80, targetPort: 8080 },
        ],
      },
    }
    const named = {
      ...pod(),
      spec: { containers: [{ ports: [{ name: 'https', containerPort: 8443 }] }] },
    }
    expect(podPort(service, 443, named)).toBe(8443)
    expect(podPort(service, 80, named)).toBe(8080)
    expect(podPort(undefined, 8085, named)).toBe(8085)
  })

  it('knows the Secrets that pods read', () => {
    const spec = {
      template: {
        spec: {
          volumes: [
            { secret: { secretName: 'tls' } },
            { projected: { sources: [{ secret: { name: 'more' } }] } },
          ],
          containers: [
            {
              envFrom: [{ secretRef: { name: 'env' } }],
              env: [{ valueFrom: { secretKeyRef: { name: 'one' } } }],
            },
          ],
        },
      },
    }
    expect(secretsReadBy({ kind: 'Deployment', metadata: { name: 'x' }, spec })).toEqual([
      'tls',
      'more',
      'one',
      'env',
    ])
  })
})
