import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../src/kubernetes/kubectl.ts'
import { podPort, podsOf, secretsReadBy } from '../../src/kubernetes/namespace.ts'
import { kubernetesOps } from '../../src/kubernetes/ops.ts'
import { followRollout } from '../../src/kubernetes/rollout.ts'
import { judgeRollout, podWords } from '../../src/kubernetes/rollout-state.ts'
import { rolloutStep } from '../../src/kubernetes/steps.ts'
import type { Performing } from '../../src/plan/op.ts'
import type { RunTool } from '../../src/process/tool.ts'
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

const crashes = {
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
}
const crashing = pod(crashes, { uid: 'u2' })

function judged(workload: KubeObject, pods: KubeObject[] = []) {
  return judgeRollout(['deployment/api'], { workloads: [workload], services: [], pods })
}

/** A run whose time passes. */
function timed(run: RunTool): Performing {
  const { world } = ctxOf(run)
  return ctxOf(run, {
    world: { ...world, clock: { ...world.clock, elapsed: () => performance.now() } },
  })
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
    expect(state.stuck).toEqual([
      { pod: 'api-x', uid: 'u2', container: 'api', reason: 'CrashLoopBackOff' },
    ])
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
          stdout: [
            'u2\tapi-x\tBackOff\tBack-off restarting failed container',
            'u2\tother\tFailed\tno',
            'u1\tapi-x\tFailed\tof an earlier pod of this name',
            '',
          ].join('\n'),
        }),
      ],
      [
        / logs api-x -c api --tail=6 --previous/,
        () => ({ stdout: 'certificate pair refused: tls: private key does not match\n' }),
      ],
    ])
    const input = inputOf(rolloutStep(place, ['deployment/api'], 300, []))
    const answer = kubernetesOps['kubernetes.rollout']?.run(input, timed(kubectl.run))
    const problem = await (answer as Promise<never>).catch(error => error)
    expect(problem).toMatchObject({ exit: 1, findings: [{ id: 'kube.rollout' }] })
    expect(problem.findings[0].evidence).toContain('CrashLoopBackOff')
    expect(problem.findings[0].evidence).toContain('api-x: certificate pair refused')
    expect(problem.findings[0].evidence).not.toContain('other')
    expect(problem.findings[0].fix).toContain(
      'kubectl --context lab --namespace feldera describe pod api-x',
    )
  })

  it('removes the broken pod of an older revision that a stateful set holds on to, and no other', async () => {
    const set = (status: Record<string, unknown>): KubeObject => ({
      ...deployment({ readyReplicas: 0, updatedReplicas: 0, updateRevision: 'good', ...status }),
      kind: 'StatefulSet',
    })
    const of = (hash: string) => ({ labels: { ...labels, 'controller-revision-hash': hash } })
    const held = (one: KubeObject, status = {}) =>
      judgeRollout(['statefulset/api'], { workloads: [set(status)], services: [], pods: [one] })
        .held
    expect(held(pod(crashes, of('bad')))).toEqual(['api-x'])
    expect(held(pod(crashes, of('good')))).toEqual([])
    expect(held(pod({}, of('bad')))).toEqual([])
    expect(held(pod({ phase: 'Pending' }, of('bad')))).toEqual(['api-x'])
    const creating = {
      containerStatuses: [
        {
          name: 'api',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: 'ContainerCreating' } },
        },
      ],
    }
    expect(held(pod(creating, of('bad')))).toEqual([])

    let isThere = true
    const kubectl = fakeKubectl([
      [
        / get statefulsets.apps --watch /,
        () => ({ stdout: printed({ type: 'ADDED', object: set({}) }) }),
      ],
      [
        / get pods --watch /,
        () => ({ stdout: printed({ type: 'ADDED', object: pod(crashes, of('bad')) }) }),
      ],
      [/ --watch /, () => ({})],
      [
        / delete pod api-x --ignore-not-found --wait=false$/,
        () => {
          isThere = false
          return {}
        },
      ],
      [/ get events | logs /, () => ({})],
    ])
    const input = inputOf(rolloutStep(place, ['statefulset/api'], 300, []))
    await expect(
      kubernetesOps['kubernetes.rollout']?.run(input, timed(kubectl.run)),
    ).rejects.toThrow()
    expect(isThere).toBe(false)
    expect(kubectl.calls.filter(({ words }) => words.includes('delete'))).toHaveLength(1)
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

describe('a rollout that somebody else begins', () => {
  /** Follows it while the watch of the deployments tells these states; how often its end was told. */
  async function told(
    states: (KubeObject | KubeObject[])[],
    workloads = ['deployment/api'],
  ): Promise<number> {
    let tell = (_: KubeObject): void => {}
    const run: RunTool = async call => {
      if (call.argv.includes('deployments.apps'))
        tell = object => call.onLine?.(JSON.stringify({ type: 'MODIFIED', object }))
      await new Promise<void>(resolve => {
        call.signal?.addEventListener('abort', () => resolve(), { once: true })
      })
      return { argv: call.argv, outcome: 'aborted', exit: 0, stdout: '', stderr: '', tookMs: 0 }
    }
    let count = 0
    const onDone = () => {
      count += 1
    }
    const following = followRollout(place, workloads, timed(run), { onDone })
    let end = () => {}
    const during = following.during(
      new Promise<void>(resolve => {
        end = resolve
      }),
    )
    for (const state of states) {
      for (const object of [state].flat()) tell(object)
      await setTimeout(20)
    }
    end()
    await during
    await following.close()
    return count
  }
  const old = deployment()
  const changing = deployment({ readyReplicas: 0, availableReplicas: 0 }, 3)
  const changed = deployment({ observedGeneration: 3 }, 3)

  it('is told when the new template runs everywhere', async () => {
    expect(await told([old, changing, changed])).toBe(1)
  })

  it('is told when several have changed at once', async () => {
    const both = (...of: KubeObject[]) =>
      of.flatMap(each => [each, { ...each, metadata: { ...each.metadata, name: 'web' } }])
    const states = [both(old), both(changing), both(changed)]
    expect(await told(states, ['deployment/api', 'deployment/web'])).toBe(1)
  })

  it('is told once, also when a pod is not ready for a moment', async () => {
    expect(await told([old, changing, changed, changing, changed])).toBe(1)
  })

  it('is not over while the old one runs, though its pods were late to be seen', async () => {
    expect(await told([deployment({ availableReplicas: 0 }), old])).toBe(0)
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
