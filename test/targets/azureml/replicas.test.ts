import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { ToolResult } from '../../../src/process/tool.ts'
import { azuremlFlow, type Between, type Flow, usualAnswers } from '../../support/azureml-flow.ts'
import { make } from '../../support/certificates.ts'
import { serveTls } from '../../support/servers.ts'

let flow: Flow

afterEach(() => flow.close())

const answers = (mode = 'secret') => usualAnswers(`  mode: ${mode}\n  highAvailability: "yes"`)

/** The way to one replica leads to a server with another leaf. */
async function oneIsStale(): Promise<Between> {
  const other = make({ names: ['ml.lab.test'], at: Date.now() })
  const { port } = await serveTls(onTestFinished, { cert: other.pem, key: other.keyPem })
  return async (words, stage, call) => {
    if (!/ port-forward .*pod\/azureml-fe-v2-2 /.test(words)) return stage()
    call.onLine?.(`Forwarding from 127.0.0.1:${port} -> 443`)
    await new Promise<void>(resolve => {
      if (call.signal?.aborted) resolve()
      call.signal?.addEventListener('abort', () => resolve(), { once: true })
    })
    return { argv: call.argv, outcome: 'aborted', stdout: '', stderr: '', tookMs: 0 }
  }
}

const kubectlSays =
  (said: Partial<ToolResult>): Between =>
  async (_words, stage, { argv }) =>
    argv[0] === 'kubectl'
      ? { argv, outcome: 'ended', exit: 1, stdout: '', stderr: '', tookMs: 0, ...said }
      : stage()

const forwards = () => flow.words().filter(words => words.includes(' port-forward ')).length

describe('a look at Azure ML after its run', () => {
  it('asks the address and each replica, and names the one that is stale', async () => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    expect(await flow.status()).toMatchObject({ alerts: [], seen: '' })
    expect((await flow.verify()).exit).toBe(0)
    const stale = await oneIsStale()
    const seen = await flow.status(stale)
    expect(seen.alerts).toContain('drift')
    expect(seen.seen).toMatch(/^pod\/azureml-fe-v2-2:443 serves /)
    const { exit, probes } = await flow.verify(stale)
    expect(exit).toBe(1)
    expect(probes.find(({ id }) => id === 'tls.leaf')).toMatchObject({
      state: 'fail',
      seen: expect.stringContaining('pod/azureml-fe-v2-2:443'),
    })
  })

  it.each([
    ['no kubectl', { outcome: 'missing' }, 'kubectl is not installed, or not on PATH.'],
    [
      'a permission that is missing',
      { stderr: 'pods is forbidden: User "u" cannot list resource "pods"' },
      'A permission in the cluster is missing.',
    ],
    [
      'no context of that name',
      { stderr: 'error: context "aks1" does not exist' },
      'kubectl knows no such context.',
    ],
    [
      'an API server that is away',
      { stderr: 'Unable to connect to the server: dial tcp: i/o timeout' },
      'The API server of the cluster does not answer.',
    ],
  ] as const)('looks at the address alone with %s, and says why', async (_what, said, why) => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    const away = kubectlSays(said)
    const notSeen = `replicas were not asked: ${why}`
    expect(await flow.status(away)).toMatchObject({ alerts: [], seen: '', notSeen })
    const { exit, probes } = await flow.verify(away)
    expect(exit).toBe(0)
    const asked = probes.find(({ id }) => id === 'servers.asked')
    expect(asked).toMatchObject({ state: 'skip', seen: notSeen })
    expect(probes.find(({ id }) => id === 'tls.leaf')?.state).toBe('pass')
  })

  it('asks the others where one replica does not run, and names that one', async () => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    const stale = await oneIsStale()
    const stderr =
      'error: unable to forward port because pod is not running. Current status=Pending'
    const oneIsAway: Between = async (words, stage, call) =>
      / port-forward .*pod\/azureml-fe-v2-1 /.test(words)
        ? { argv: call.argv, outcome: 'ended', exit: 1, stdout: '', stderr, tookMs: 0 }
        : stale(words, stage, call)
    const seen = await flow.status(oneIsAway)
    expect(seen.alerts).toContain('drift')
    expect(seen.seen).toMatch(/^pod\/azureml-fe-v2-2:443 serves /)
    expect(seen.notSeen).toMatch(/^replicas were not asked: pod\/azureml-fe-v2-1:443: /)
    expect((await flow.verify(oneIsAway)).exit).toBe(1)
  })

  it('asks no replica where TLS ends in an Ingress before them', async () => {
    flow = await azuremlFlow(answers('ingress'))
    await flow.go('enable')
    const before = forwards()
    const seen = await flow.status()
    expect(seen.alerts).toEqual([])
    expect(seen.notSeen).toBeUndefined()
    expect(forwards()).toBe(before)
  })

  it('proves each replica over HTTP once it is back there', async () => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    await flow.go('disable')
    const before = forwards()
    expect((await flow.verify()).exit).toBe(0)
    expect(forwards()).toBe(before + 3)
  })
})

describe('doctor of an Azure ML endpoint', () => {
  it('looks at tool, cluster, permissions, extension and what is served', async () => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    const { exit, checks } = await flow.doctor()
    expect(checks.filter(({ passed }) => !passed)).toEqual([])
    expect(exit).toBe(0)
    expect(checks.map(({ id }) => id).filter(id => !/^(record|tool)\./.test(id))).toEqual([
      'check.az',
      'check.cluster',
      'check.access',
      'check.same-cluster',
      'check.extension',
      'endpoint.served',
    ])
    const stale = await flow.doctor(await oneIsStale())
    expect(stale.exit).toBe(1)
    expect(stale.findings[0]?.evidence).toContain('pod/azureml-fe-v2-2:443 serves')
  })

  it('names a permission that is missing, and an extension that Azure is at', async () => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    const refused = await flow.doctor(async (words, stage) => {
      const answer = await stage()
      const stdout = answer.stdout.replace('"allowed": true', '"allowed": false')
      return words.includes(' create ') ? { ...answer, stdout } : answer
    })
    expect(refused).toMatchObject({ exit: 77, findings: [{ id: 'kube.forbidden' }] })
    const moving = await flow.doctor(async (words, stage) => {
      const answer = await stage()
      const stdout = answer.stdout.replace('"Succeeded"', '"Updating"')
      return words.includes('k8s-extension list') ? { ...answer, stdout } : answer
    })
    expect(moving).toMatchObject({ exit: 1, findings: [{ id: 'step.not-as-wanted' }] })
    expect(moving.findings[0]?.evidence).toContain('Updating')
  })
})
