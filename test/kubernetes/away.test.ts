import { describe, expect, it } from 'vitest'
import { Problem } from '../../src/errors.ts'
import { patienceMs } from '../../src/kubernetes/away.ts'
import { helmOps } from '../../src/kubernetes/helm/restore.ts'
import { kubectl } from '../../src/kubernetes/kubectl.ts'
import { kubernetesOps } from '../../src/kubernetes/ops.ts'
import type { Performing } from '../../src/plan/op.ts'
import { realWorld } from '../../src/world.ts'
import { ctxOf, type FakeKubectl, fakeKubectl, place, printed } from '../support/kubectl.ts'

const refused = {
  exit: 1,
  stderr:
    'The connection to the server 127.0.0.1:26443 was refused - did you specify the right host or port?',
}

/** A run whose clock moves only by sleeping. */
function running({ run }: Pick<FakeKubectl, 'run'>) {
  let now = 0
  const said: string[] = []
  const clock = {
    now: () => now,
    elapsed: () => now,
    async sleep(ms: number) {
      now += ms
    },
  }
  const ctx: Performing = ctxOf(run, {
    world: { ...realWorld(run), run, clock },
    say: text => said.push(text),
  })
  return { ctx, said, slept: () => now }
}

describe('an API server that is away', () => {
  it('is waited for while a run works, and that is said', async () => {
    let times = 0
    const fake = fakeKubectl([
      [/get pods/, () => (times++ < 3 ? refused : { stdout: 'pod/api\n' })],
    ])
    const { ctx, said } = running(fake)
    const { stdout } = await kubectl(place, ['get', 'pods'], ctx)
    expect(stdout).toBe('pod/api\n')
    expect(said).toHaveLength(3)
    expect(said[0]).toBe('the API server of lab does not answer; waits for it, up to 2 minutes')
  })

  it('that stays away ends the run with 75, its own words and the command that goes on', async () => {
    const { ctx, slept } = running(fakeKubectl([[/get pods/, () => refused]]))
    const problem = await kubectl(place, ['get', 'pods'], ctx).catch(error => error)
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ exit: 75, findings: [{ id: 'kube.unreachable' }] })
    expect(problem.findings[0].evidence).toContain('was refused')
    expect(problem.findings[0].fix).toContain('run the same command: it goes on where it stopped')
    expect(slept()).toBeGreaterThan(patienceMs)
  })

  it('is not waited for when a plan is made: there the address is more likely wrong', async () => {
    const fake = fakeKubectl([[/get pods/, () => refused]])
    const { ctx } = running(fake)
    const { run, signal, userFolder } = ctx
    const problem = await kubectl(place, ['get', 'pods'], { run, signal, userFolder }).catch(e => e)
    expect(problem).toMatchObject({ exit: 75 })
    expect(fake.calls).toHaveLength(1)
  })

  it('says nothing wrong of other failures: they are told at once', async () => {
    const forbidden = { exit: 1, stderr: 'Error from server (Forbidden): pods is forbidden' }
    const fake = fakeKubectl([[/get pods/, () => forbidden]])
    const problem = await kubectl(place, ['get', 'pods'], running(fake).ctx).catch(error => error)
    expect(problem).toMatchObject({ exit: 77 })
    expect(fake.calls).toHaveLength(1)
  })
})

describe('a helm that lost its API server', () => {
  const release = (status: string, revision: number, secret: string) => ({
    stdout: JSON.stringify({
      status,
      revision,
      chart: 'feldera-chart',
      version: '0.337.0',
      values: { httpsSecretRef: secret },
    }),
  })
  const input = {
    place,
    release: 'feldera',
    chart: 'chart',
    version: '0.337.0',
    values: [],
    workloads: ['deployment/api'],
    wants: { at: 'httpsSecretRef', value: 'new' },
    waitMs: 10_000,
  }

  it('is taken back where it left the release pending, and made once more', async () => {
    let upgrades = 0
    let pending = false
    let secret = ''
    const fake = fakeKubectl([
      [/get all/, () => release(pending ? 'pending-upgrade' : 'deployed', 2, secret)],
      [
        / upgrade /,
        () => {
          upgrades += 1
          pending = upgrades === 1
          if (upgrades === 2) secret = 'new'
          return upgrades === 1
            ? { exit: 1, stderr: `Error: UPGRADE FAILED: ${refused.stderr}` }
            : {}
        },
      ],
      [/get secrets -l owner=helm/, () => ({ stdout: 'secret/sh.helm.release.v1.feldera.v2\n' })],
      [/ history /, () => ({ stdout: '[{"revision":1,"status":"deployed"}]' })],
      [
        / rollback feldera 1 /,
        () => {
          pending = false
          return {}
        },
      ],
      [/--watch/, () => ({})],
    ])
    const op = helmOps['helm.upgrade']
    const { ctx, said } = running(fake)
    await expect(op?.run(input, ctx)).resolves.toMatchObject({ revision: 2 })
    const verbs = fake.calls.flatMap(({ words }) => / (upgrade|rollback) /.exec(words)?.[1] ?? [])
    expect(verbs).toEqual(['upgrade', 'rollback', 'upgrade'])
    expect(said).toContain('the API server went away under helm: sees what is left of it')
  })

  it('is not made a third time', async () => {
    const fake = fakeKubectl([
      [/get all/, () => release('deployed', 1, '')],
      [/ upgrade /, () => ({ exit: 1, stderr: `Error: UPGRADE FAILED: ${refused.stderr}` })],
      [/--watch/, () => ({})],
    ])
    const problem = await helmOps['helm.upgrade']?.run(input, running(fake).ctx).catch(e => e)
    expect(problem).toMatchObject({ exit: 75, findings: [{ id: 'kube.unreachable' }] })
    expect(fake.calls.filter(({ words }) => words.includes(' upgrade '))).toHaveLength(2)
  })
})

describe('a rollout without its API server', () => {
  it('says that it is away, and counts that time for nothing', async () => {
    const api = {
      kind: 'Deployment',
      metadata: { name: 'api', generation: 1 },
      spec: { replicas: 1, selector: { matchLabels: { app: 'api' } } },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
    }
    let times = 0
    const fake = fakeKubectl([
      [
        /deployments.apps --watch/,
        () => (times++ < 20 ? refused : { stdout: printed({ type: 'ADDED', object: api }) }),
      ],
      [/--watch/, () => ({})],
    ])
    const { ctx, said } = running(fake)
    const wanted = { place, workloads: ['deployment/api'], waitMs: 5_000 }
    await expect(kubernetesOps['kubernetes.rollout']?.run(wanted, ctx)).resolves.toMatchObject({
      done: true,
    })
    expect(said[0]).toContain('the API server of lab does not answer')
  })
})
