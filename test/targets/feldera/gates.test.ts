import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { doctor } from '../../../src/commands/doctor.ts'
import { make } from '../../support/certificates.ts'
import { type FelderaFlow, flowOf, said, text } from '../../support/feldera-flow.ts'
import { serveTls } from '../../support/servers.ts'

const changes =
  /^(helm .* (upgrade|rollback|uninstall) |kubectl .* (apply|delete|rollout restart|replace) )/

/** What a run that must not begin says, and that it has changed nothing. */
async function refused(flow: FelderaFlow, yaml?: string) {
  const before = flow.words().length
  const problem = await flow.run('enable', yaml ? { text: yaml } : {}).catch(error => error)
  const changing = flow
    .words()
    .slice(before)
    .filter(words => changes.test(words))
  expect(changing).toEqual([])
  const [found] = problem.findings ?? []
  return { exit: problem.exit, ...found }
}

/** Upgrades the release as somebody else would, with some values of their own. */
async function upgraded(flow: FelderaFlow, values: string, chart = 'feldera-chart') {
  const file = join(flow.folder, 'more.yaml')
  writeFileSync(file, values)
  await flow.helm('upgrade', 'feldera', chart, '--reuse-values', '--values', file)
}

describe('before anything is changed, Feldera is refused', () => {
  it('where each pipeline has a namespace of its own', async () => {
    const flow = await flowOf()
    await upgraded(flow, 'kubernetesRunner: {enablePerPipelineNamespace: true}\n')
    expect(await refused(flow)).toMatchObject({ exit: 65, id: 'feldera.namespaces' })
    await upgraded(flow, 'kubernetesRunner: {enablePerPipelineNamespace: false}\n')
    expect(await flow.run('enable')).toMatchObject({ outcome: 'done' })
  })

  it('where the release is of another chart', async () => {
    const flow = await flowOf()
    await upgraded(flow, 'a: 1\n', 'redis')
    const found = await refused(flow)
    expect(found).toMatchObject({ exit: 65, id: 'feldera.other-chart', subject: 'feldera' })
    expect(found.evidence).toMatch(/^chart redis /)
  })

  it('where there is no release of that name', async () => {
    const flow = await flowOf()
    await flow.helm('uninstall', 'feldera')
    const found = await refused(flow)
    expect(found).toMatchObject({ exit: 65, id: 'feldera.no-release', subject: 'feldera/feldera' })
    expect(found.fix).toContain('target.install: new')
  })

  it('where a new one lacks what the chart demands', async () => {
    const more = '  install: new\n  version: 0.337.0\n  databaseSecret: feldera-db\n'
    const found = await refused(await flowOf(text(more)))
    expect(found).toMatchObject({ exit: 65, id: 'feldera.incomplete' })
    expect(found.title).toBe('A new installation needs target.accountId (or target.cloudSecret).')
  })
})

describe('a run goes back, and the pipelines run', () => {
  it('where the components do not reach each other', async () => {
    const flow = await flowOf(text('', '{source: self-signed, authority: none}'))
    await flow.run('enable')
    const before = { ...(await flow.current()), values: await flow.values() }
    const message =
      'Unreachable: Unable to connect to the runner. invalid peer certificate: UnknownIssuer'
    let upgrades = 0
    flow.breakTool(({ argv }) => {
      if (argv.includes('upgrade')) upgrades += 1
      return undefined
    })
    flow.breakApi(({ url }) =>
      url.endsWith('/cluster_healthz') && upgrades > 0
        ? {
            status: 503,
            body: JSON.stringify({
              all_healthy: false,
              api: { healthy: true, message: '' },
              runner: { healthy: false, message },
            }),
          }
        : undefined,
    )
    const run = await flow.run('rotate')
    expect(run).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(run.problem?.findings[0]).toMatchObject({
      id: 'feldera.unhealthy',
      evidence: `runner: ${message}`,
    })
    expect({ ...(await flow.current()), values: await flow.values() }).toEqual(before)
    expect(await flow.leafServed('feldera-api-server')).toBe(before.leaf)
    expect(await flow.pipelineRuns()).toBe(true)
  })

  it('where a pipeline does not stop', async () => {
    const flow = await flowOf()
    const body = '{"error_code": "IllegalPipelineAction", "message": "it is being started"}'
    flow.breakApi(({ url, method }) =>
      method === 'POST' && url.includes('/stop') ? { status: 400, body } : undefined,
    )
    const run = await flow.run('enable')
    expect(run).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(run.problem?.findings[0]).toMatchObject({
      id: 'feldera.pipeline',
      title: 'The pipeline payments does not stop.',
      evidence: expect.stringContaining('it is being started'),
    })
    expect(await flow.values()).not.toHaveProperty('httpsSecretRef')
    expect(await flow.pipelineRuns()).toBe(true)
  })

  it('where a pipeline does not start with the new pair, and says why', async () => {
    const flow = await flowOf()
    const body = '{"error_code": "IllegalPipelineAction", "message": "compilation has failed"}'
    let rolledBack = false
    flow.breakTool(({ argv }) => {
      rolledBack ||= argv.includes('rollback')
      return undefined
    })
    flow.breakApi(({ url, method }) =>
      method === 'POST' && url.includes('/start') && !rolledBack
        ? { status: 400, body }
        : undefined,
    )
    const run = await flow.run('enable')
    expect(run).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(run.problem?.findings[0]).toMatchObject({
      id: 'feldera.pipeline',
      title: 'The pipeline payments does not start again.',
      evidence: expect.stringContaining('compilation has failed'),
    })
    expect(await flow.values()).not.toHaveProperty('httpsSecretRef')
    expect(await flow.pipelineRuns()).toBe(true)
  })
})

describe('what helm has left', () => {
  const timedOut = 'Error: context deadline exceeded'

  it('is named where its own way back has failed, too; ours goes back', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const before = { ...(await flow.current()), values: await flow.values() }
    const stderr =
      'Error: an error occurred while rolling back the release. original upgrade error: context deadline exceeded: context deadline exceeded'
    flow.breakTool(({ argv }) => (argv.includes('upgrade') ? { exit: 1, stderr } : undefined))
    const run = await flow.run('rotate')
    expect(run).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(run.problem?.findings[0]?.id).toBe('helm.not-back')
    expect({ ...(await flow.current()), values: await flow.values() }).toEqual(before)
    expect(await flow.pipelineRuns()).toBe(true)
  })

  it('is named where nothing leads back, and the run can be taken back later', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const before = await flow.current()
    const other = make({ names: ['other.example.com'], at: Date.now() })
    const { port } = await serveTls(onTestFinished, { cert: other.pem, key: other.keyPem })
    let upgraded = false
    flow.breakTool(({ argv }) => {
      upgraded ||= argv.includes('upgrade')
      if (argv.includes('rollback')) return { exit: 1, stderr: timedOut }
      const isAsked = argv.some(word => word.startsWith('pod/feldera-compiler-server'))
      return upgraded && isAsked
        ? { stdout: `Forwarding from 127.0.0.1:${port} -> 8085\n` }
        : undefined
    })
    const run = await flow.run('rotate')
    expect(run.outcome).toBe('failed')
    const failed = run.events.flatMap(event =>
      event.type === 'step.failed' ? event.findings.map(({ id }) => id) : [],
    )
    expect(failed).toContain('helm.not-back')
    flow.breakTool()
    expect(await flow.resume({ undo: true })).toMatchObject({ outcome: 'rolled-back' })
    expect(await flow.current()).toMatchObject(before)
    expect(await flow.pipelineRuns()).toBe(true)
  })

  it('is what doctor says of a release whose last operation failed', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const release = { revision: 3, chart: 'feldera-chart', version: '0.337.0', values: {} }
    flow.breakTool(({ argv }) =>
      argv[0] === 'helm' && argv.includes('get')
        ? { stdout: JSON.stringify({ ...release, status: 'failed' }) }
        : undefined,
    )
    const { exit, out } = await said(flow, io => doctor('prod', { json: true }, io))
    expect(exit).toBe(1)
    expect(JSON.parse(out).findings).toMatchObject([
      { id: 'helm.failed', evidence: 'failed, revision 3, feldera-chart 0.337.0' },
    ])
  })
})
