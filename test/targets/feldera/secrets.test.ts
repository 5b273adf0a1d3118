import { describe, expect, it, onTestFinished } from 'vitest'
import { createFelderaFlow, flowOf, text } from '../../support/feldera-flow.ts'
import { createScratch } from '../../support/scratch.ts'

describe('the secrets of Feldera', () => {
  it('stops and starts the pipelines of each tenant whose key it is given', async () => {
    const scratch = createScratch(onTestFinished)
    scratch.file('keys', 'key-of-a\n\nkey-of-b\n')
    const flow = await createFelderaFlow(scratch, text('  apiKey: {file: ./keys}'))
    onTestFinished(() => flow.close())
    const b = { id: 'b1', name: 'reports', status: 'Running' }
    const did: string[] = []
    flow.breakApi(({ url, method = 'GET', headers = {} }) => {
      const key = String(headers.authorization).replace('Bearer ', '')
      if (!url.includes('/v0/pipelines')) return undefined
      if (method === 'POST')
        did.push(`${key} ${new URL(url).pathname.split('/').slice(3).join(' ')}`)
      if (key !== 'key-of-b') return undefined
      if (method === 'POST') b.status = url.includes('/start') ? 'Running' : 'Stopped'
      const { id, name, status } = b
      const one = { id, name, deployment_status: status, deployment_desired_status: status }
      return { status: method === 'POST' ? 202 : 200, body: JSON.stringify([one]) }
    })
    const run = await flow.run('enable')
    expect(run).toMatchObject({ outcome: 'done' })
    expect(run.plan.world.pipelines).toEqual(['payments', 'reports'])
    expect(did).toEqual([
      'key-of-a payments stop',
      'key-of-b reports stop',
      'key-of-a payments start',
      'key-of-b reports start',
    ])
    const told = JSON.stringify([flow.words(), run.events, run.plan]) + flow.journal()
    expect(told).not.toMatch(/key-of-[ab]/)
  })

  it('installs nothing without a licence key, and says where to put it', async () => {
    const more = '  install: new\n  version: 0.337.0\n  databaseSecret: db\n  accountId: a\n'
    const flow = await flowOf(text(more))
    const problem = await flow.run('enable').catch(error => error)
    expect(problem).toMatchObject({ exit: 65, findings: [{ id: 'answers.secret-missing' }] })
    expect(problem.findings[0]).toMatchObject({ subject: 'target.licence' })
    expect(problem.findings[0].fix).toContain('target.licence: {file: PATH}')
    expect(flow.words().join('\n')).not.toContain(' apply ')
  })
})
