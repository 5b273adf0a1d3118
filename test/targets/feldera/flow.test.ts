import { describe, expect, it, onTestFinished } from 'vitest'
import { createFelderaFlow, flowOf, text } from '../../support/feldera-flow.ts'
import { createScratch } from '../../support/scratch.ts'

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
