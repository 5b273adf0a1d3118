import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Problem } from '../../../src/errors.ts'
import type { ToolCall } from '../../../src/process/tool.ts'
import { make } from '../../support/certificates.ts'
import { createFelderaFlow, type FelderaFlow, text } from '../../support/feldera-flow.ts'
import { createScratch } from '../../support/scratch.ts'
import { serveTls } from '../../support/servers.ts'

async function flowOf(yaml = text()): Promise<FelderaFlow> {
  const flow = await createFelderaFlow(createScratch(onTestFinished), yaml)
  onTestFinished(() => flow.close())
  return flow
}

const changing = /^(change)\./

describe('Feldera', () => {
  it('goes from HTTP to proven HTTPS, and the same command again changes nothing', async () => {
    const flow = await flowOf()
    const first = await flow.run('enable')
    expect(first).toMatchObject({ outcome: 'done', exit: 0 })
    expect(first.plan.changes).toBe(
      'Feldera release feldera, namespace feldera, context lab (https://stage.invalid:6443)',
    )
    const [secret] = await flow.secrets()
    expect(await flow.values()).toMatchObject({ httpsSecretRef: secret, felderaVersion: '0.337.0' })
    expect(await flow.pipelineRuns()).toBe(true)
    const again = await flow.run('enable')
    expect(again).toMatchObject({ outcome: 'done', exit: 0 })
    expect(again.acted.filter(id => changing.test(id))).toEqual([
      'change.rollout',
      'change.healthy',
      'change.start',
    ])
    expect(flow.words().filter(words => / upgrade /.test(words))).toHaveLength(1)
  })

  it('names its cluster in every call', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const calls = flow.words().filter(words => /^(kubectl|helm) /.test(words))
    const bare = calls.filter(words => !/ --(kube-)?context lab /.test(words))
    expect([...new Set(bare)].sort()).toEqual([
      'helm show chart oci://public.ecr.aws/feldera/feldera-chart --version 0.337.0',
      'helm version --template {{.Version}}',
      'kubectl config view -o json',
    ])
  })

  it('is rotated, the pair before comes back, and it goes back to HTTP and to HTTPS again', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const before = await flow.current()
    expect(await flow.run('rotate')).toMatchObject({ outcome: 'done' })
    const rotated = await flow.current()
    expect(rotated.leaf).not.toBe(before.leaf)
    expect(await flow.secrets()).toHaveLength(2)
    expect(await flow.run('rotate', { bringBack: true })).toMatchObject({ outcome: 'done' })
    expect(await flow.current()).toMatchObject({ leaf: before.leaf, generation: 1 })
    expect(await flow.run('disable')).toMatchObject({ outcome: 'done' })
    expect(await flow.values()).not.toHaveProperty('httpsSecretRef')
    expect(await flow.current()).toMatchObject({ https: false })
    expect(await flow.pipelineRuns()).toBe(true)
    expect(await flow.run('enable')).toMatchObject({ outcome: 'done' })
    expect(await flow.current()).toMatchObject({ https: true })
  })

  it('keeps two older Secrets', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    for (let times = 0; times < 3; times += 1) await flow.run('rotate')
    expect(await flow.secrets()).toHaveLength(3)
    const { httpsSecretRef } = await flow.values()
    expect(await flow.secrets()).toContain(httpsSecretRef)
  })

  it('is installed with HTTPS where nothing is; the licence goes by stdin alone', async () => {
    const scratch = createScratch(onTestFinished)
    scratch.file('licence', 'LICENCE-KEY-OF-THE-TEST\n')
    const more =
      '  install: new\n  version: 0.337.0\n  databaseSecret: feldera-db\n  accountId: "a: b # c"\n  licence: {file: ./licence}\n'
    const flow = await createFelderaFlow(scratch, text(more))
    onTestFinished(() => flow.close())
    const run = await flow.run('enable')
    expect(run).toMatchObject({ outcome: 'done' })
    expect(run.acted).not.toContain('change.stop')
    expect(await flow.values()).toMatchObject({
      felderaAccountId: 'a: b # c',
      felderaLicenseKey: 'LICENCE-KEY-OF-THE-TEST',
    })
    const upgrade = flow.calls.find(({ argv }) => argv.includes('upgrade'))
    expect(upgrade?.stdin).toContain('LICENCE-KEY-OF-THE-TEST')
    const said = JSON.stringify([flow.calls.map(({ argv }) => argv), run.events, run.plan])
    expect(said + flow.journal()).not.toContain('LICENCE-KEY-OF-THE-TEST')
  })

  it('never lets the private key out of its file and stdin', async () => {
    const flow = await flowOf()
    const run = await flow.run('enable')
    const [name = ''] = await flow.secrets()
    const key = (await flow.secret(name)).data?.['tls.key'] ?? ''
    const inside = Buffer.from(key, 'base64').toString().split('\n')[1] ?? ''
    expect(inside.length).toBeGreaterThan(30)
    const said = JSON.stringify([flow.calls.map(({ argv }) => argv), run.events, run.plan])
    for (const secret of [key, inside]) expect(said + flow.journal()).not.toContain(secret)
  })
})

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

  it('asks for an API key where Feldera does', async () => {
    const flow = await flowOf()
    flow.breakApi(() => ({ status: 401, body: '{"message": "no valid API key"}' }))
    const problem = await flow.run('enable').catch(error => error)
    expect(problem).toMatchObject({ exit: 77, findings: [{ id: 'feldera.login' }] })
  })

  it('adopts a certificate of somebody else only where that is said, and can go back to it', async () => {
    const flow = await flowOf()
    const other = make({ names: ['*.feldera.svc.cluster.local', 'localhost'], at: Date.now() })
    const encoded = (pem: string) => Buffer.from(pem).toString('base64')
    await flow.kubectl(['apply', '-f', '-'], {
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'theirs' },
      data: { 'tls.crt': encoded(other.pem), 'tls.key': encoded(other.keyPem) },
    })
    const file = join(flow.folder, 'theirs.yaml')
    writeFileSync(file, 'httpsSecretRef: theirs\n')
    await flow.helm('upgrade', '--install', 'feldera', 'chart', '--values', file)
    const refused = await flow.run('enable').catch(error => error)
    expect(refused).toMatchObject({ exit: 65, findings: [{ id: 'feldera.foreign-secret' }] })
    flow.breakTool(call =>
      call.argv.includes('upgrade')
        ? { exit: 1, stderr: 'Error: context deadline exceeded' }
        : undefined,
    )
    const adopt = text('  onConflict: adopt')
    expect(await flow.run('enable', { text: adopt })).toMatchObject({ outcome: 'rolled-back' })
    expect(await flow.values()).toMatchObject({ httpsSecretRef: 'theirs' })
    flow.breakTool()
    expect(await flow.run('enable', { text: adopt })).toMatchObject({ outcome: 'done' })
    expect(await flow.secrets()).toContain('theirs')
  })
})

function isForward({ argv }: ToolCall, name: string): boolean {
  return argv.includes('port-forward') && argv.some(word => word.startsWith(`pod/${name}`))
}
