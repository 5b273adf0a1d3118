import { describe, expect, it, onTestFinished } from 'vitest'
import { Problem } from '../../../src/errors.ts'
import type { ToolCall } from '../../../src/process/tool.ts'
import { make } from '../../support/certificates.ts'
import { flowOf, text } from '../../support/feldera-flow.ts'
import { serveTls } from '../../support/servers.ts'

describe('Feldera, when something is wrong', () => {
  it('gives a Secret that was changed by hand its pair back, and restarts what serves the wrong one', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const [name = ''] = await flow.secrets()
    const other = make({ names: ['other.example.com'] })
    const secret = await flow.secret(name)
    const encoded = (pem: string) => Buffer.from(pem).toString('base64')
    const data = { 'tls.crt': encoded(other.pem), 'tls.key': encoded(other.keyPem) }
    await flow.kubectl(['apply', '-f', '-'], { ...secret, data })
    await flow.kubectl(['rollout', 'restart', 'deployment/feldera-api-server'])
    const run = await flow.run('enable')
    expect(run).toMatchObject({ outcome: 'done' })
    expect(run.acted).toEqual(
      expect.arrayContaining(['change.secret', 'change.stop', 'change.restart', 'change.start']),
    )
    expect(run.acted).not.toContain('change.release')
    expect((await flow.secret(name)).data).toEqual(secret.data)
    expect(await flow.pipelineRuns()).toBe(true)
  })

  it('shows in status which replica serves another leaf, and that a cluster does not answer', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    expect(await flow.status()).toMatchObject({ alerts: [], seen: '' })
    const other = make({ names: ['other.example.com'], at: Date.now() })
    const { port } = await serveTls(onTestFinished, { cert: other.pem, key: other.keyPem })
    flow.breakTool(call =>
      isForward(call, 'pipeline-')
        ? { stdout: `Forwarding from 127.0.0.1:${port} -> 8080\n` }
        : undefined,
    )
    const drifted = await flow.status()
    expect(drifted.alerts).toContain('drift')
    expect(drifted.seen).toMatch(/^pod\/pipeline-[0-9a-f-]+-0:8080 serves /)
    flow.breakTool(() => ({
      exit: 1,
      stderr: 'The connection to the server was refused - did you specify the right host or port?',
    }))
    expect(await flow.status()).toMatchObject({
      alerts: ['unreachable'],
      seen: 'The API server of the cluster does not answer.',
    })
  })

  it('goes back when the pods do not become ready: pipelines run, the Secret is gone', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const before = { ...(await flow.current()), values: await flow.values() }
    flow.breakTool(({ argv }) =>
      argv.includes('upgrade')
        ? {
            exit: 1,
            stderr:
              'Error: release feldera failed, and has been rolled back due to atomic being set: context deadline exceeded',
          }
        : undefined,
    )
    const run = await flow.run('rotate')
    expect(run).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(run.problem?.findings[0]?.id).toBe('helm.timed-out')
    expect({ ...(await flow.current()), values: await flow.values() }).toEqual(before)
    expect(await flow.secrets()).toEqual([before.values.httpsSecretRef])
    expect(await flow.pipelineRuns()).toBe(true)
    expect(run.events.some(event => event.type === 'step.done' && event.id === 'undo.proof')).toBe(
      true,
    )
  })

  it('goes back when helm is done, and the release does not have the new Secret', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const before = { ...(await flow.current()), values: await flow.values() }
    const kept = { httpsSecretRef: before.values.httpsSecretRef }
    flow.breakTool(({ argv }) =>
      argv.includes('upgrade')
        ? {
            stdout: JSON.stringify({
              info: { status: 'deployed' },
              version: 3,
              chart: { metadata: { name: 'feldera-chart', version: '0.337.0' }, values: {} },
              config: kept,
            }),
          }
        : undefined,
    )
    const run = await flow.run('rotate')
    expect(run).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(run.problem?.findings[0]).toMatchObject({ id: 'helm.not-honoured' })
    expect({ ...(await flow.current()), values: await flow.values() }).toEqual(before)
    expect(await flow.pipelineRuns()).toBe(true)
  })

  it('goes back when one replica serves another leaf, and proves that, too', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const before = { ...(await flow.current()), values: await flow.values() }
    const other = make({ names: ['other.example.com'] })
    const { port } = await serveTls(onTestFinished, { cert: other.pem, key: other.keyPem })
    let upgraded = false
    flow.breakTool(call => {
      if (call.argv.includes('upgrade')) upgraded = true
      if (call.argv.includes('rollback')) upgraded = false
      return upgraded && isForward(call, 'feldera-compiler-server')
        ? { stdout: `Forwarding from 127.0.0.1:${port} -> 8085\n` }
        : undefined
    })
    const run = await flow.run('rotate')
    expect(run).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(run.problem?.findings[0]).toMatchObject({
      id: 'proof.failed',
      title: 'tls.leaf did not pass.',
    })
    expect({ ...(await flow.current()), values: await flow.values() }).toEqual(before)
    expect(await flow.pipelineRuns()).toBe(true)
  })

  it.each(['change.release', 'change.restart', 'change.start', 'serve.proof'])(
    'stopped at %s, the same command finishes, and the pipelines run again',
    async abortAt => {
      const flow = await flowOf()
      expect(await flow.run('enable', { abortAt })).toMatchObject({ outcome: 'interrupted' })
      const run = await flow.resume()
      expect(run).toMatchObject({ outcome: 'done', exit: 0 })
      expect(await flow.current()).toMatchObject({ https: true, generation: 1 })
      expect(await flow.pipelineRuns()).toBe(true)
    },
  )

  it.each(['change.release', 'change.restart', 'change.start', 'serve.proof'])(
    'stopped at %s, it can be taken back to what was there',
    async abortAt => {
      const flow = await flowOf()
      await flow.run('enable', { abortAt })
      expect(await flow.resume({ undo: true })).toMatchObject({ outcome: 'rolled-back', exit: 0 })
      expect(await flow.values()).not.toHaveProperty('httpsSecretRef')
      expect(await flow.secrets()).toEqual([])
      expect(await flow.pipelineRuns()).toBe(true)
    },
  )

  it('leaves no unfinished run behind where another one has the lease', async () => {
    const flow = await flowOf()
    const now = new Date().toISOString()
    const spec = { holderIdentity: 'bo@laptop', acquireTime: now, renewTime: now }
    const metadata = { name: 'secure-endpoint-feldera' }
    await flow.kubectl(['apply', '-f', '-'], { kind: 'Lease', metadata, spec })
    const run = await flow.run('enable')
    expect(run).toMatchObject({ outcome: 'failed', exit: 75 })
    expect(run.problem?.findings[0]?.title).toContain('is locked by bo@laptop since')
    await expect(flow.resume()).rejects.toThrow('nothing is unfinished')
  })

  it('does not stop a pipeline that cannot keep its state, unless that is agreed to', async () => {
    const flow = await flowOf()
    const noStorage = {
      status: 405,
      body: '{"error_code": "UnsupportedPipelineAction", "message": "Storage must be configured"}',
    }
    flow.breakApi(({ url }) => (/stop\?force=false/.test(url) ? noStorage : undefined))
    const run = await flow.run('enable')
    expect(run).toMatchObject({ outcome: 'rolled-back' })
    expect(run.problem?.findings[0]).toMatchObject({ id: 'feldera.no-checkpoint' })
    expect(await flow.pipelineRuns()).toBe(true)
    const forced = await flow.run('enable', { text: text('  stop: force') })
    expect(forced).toMatchObject({ outcome: 'done' })
    const price = forced.plan.steps.find(({ id }) => id === 'change.stop')?.price
    expect(price?.loses).toBe('what payments did since the last checkpoint')
  })

  it('stops before anything is changed where a pipeline of another tenant runs', async () => {
    const flow = await flowOf()
    flow.breakApi(({ url }) =>
      url.includes('/v0/pipelines') ? { status: 200, body: '[]' } : undefined,
    )
    const problem = await flow.run('enable').catch(error => error)
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ exit: 65, findings: [{ id: 'feldera.other-tenants' }] })
    expect(await flow.secrets()).toEqual([])
  })

  it('asks again through the same forward where that is being opened again', async () => {
    const forwards = (flow: Awaited<ReturnType<typeof flowOf>>) =>
      flow.calls.filter(call => isForward(call, 'feldera-api-server')).length
    const usual = await flowOf()
    await usual.run('enable')
    const flow = await flowOf()
    let refused = 0
    flow.breakApi(({ method }) => {
      if (method !== 'POST' || refused === 3) return undefined
      refused += 1
      return { error: 'ECONNREFUSED' }
    })
    expect(await flow.run('enable')).toMatchObject({ outcome: 'done' })
    expect(refused).toBe(3)
    expect(forwards(flow)).toBe(forwards(usual))
  })

  it('asks for an API key where Feldera does', async () => {
    const flow = await flowOf()
    flow.breakApi(() => ({ status: 401, body: '{"message": "no valid API key"}' }))
    const problem = await flow.run('enable').catch(error => error)
    expect(problem).toMatchObject({ exit: 77, findings: [{ id: 'feldera.login' }] })
  })
})

function isForward({ argv }: ToolCall, name: string): boolean {
  return argv.includes('port-forward') && argv.some(word => word.startsWith(`pod/${name}`))
}
