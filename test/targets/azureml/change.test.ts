import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../src/errors.ts'
import type { Json } from '../../../src/plan/plan.ts'
import type { RunTool } from '../../../src/process/tool.ts'
import { change } from '../../../src/targets/azureml/ops-change.ts'
import {
  azWords,
  extensionJson,
  type Said,
  secretSettings,
  toolDouble,
} from '../../support/azure.ts'
import { ctxOf } from '../../support/kubectl.ts'

const where = {
  subscription: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'rg1',
  cluster: 'aks1',
  clusterType: 'aks',
  extension: 'azureml',
}
const wanted = { mode: 'secret', secret: 's2', cname: 'ml.lab.test' }
const config = { allowInsecureConnections: 'False', sslSecret: 's2', sslCname: 'ml.lab.test' }
const input: Record<string, Json> = {
  change: { verb: 'update', where, config },
  cluster: { context: 'lab' },
  wanted,
  waitMs: 600_000,
}

const health = {
  kind: 'ConfigMap',
  data: {
    'reports-pre-upgrade':
      "Status: Failed Name: ssl-setting-check ErrorCode: E40007 ErrorMessage: The SSL key or certificate isn't valid.",
  },
}

/** Plays the change against an az that says these things, one after the other, to each verb. */
async function play(said: { update: Said[]; list?: Said[] }, more: Record<string, Json> = {}) {
  const findings: string[] = []
  const double = toolDouble(words => {
    if (words.startsWith('az k8s-extension list')) return take(said.list ?? [])
    if (words.startsWith('az k8s-extension')) return take(said.update)
    return words.includes('configmap') ? { stdout: health } : { exit: 1, stderr: 'no cluster here' }
  })
  const ctx = ctxOf(double.run, { finding: ({ id }) => findings.push(id) })
  const end = await Promise.resolve(change.run({ ...input, ...more }, ctx)).catch(
    (error: Problem) => error,
  )
  const sent = double.calls.filter(({ argv }) => argv[0] === 'az' && argv[2] !== 'list')
  return { end, sent, findings, words: double.words() }
}

function take(said: Said[]): Said {
  return (said.length > 1 ? said.shift() : said[0]) ?? { exit: 2, stderr: 'nothing more to say' }
}

const asWanted = { stdout: extensionJson(secretSettings('s2')) }
const asBefore = { stdout: extensionJson(secretSettings('s1')) }
const listed = (settings: Record<string, string>, state = 'Succeeded') => ({
  stdout: [extensionJson(settings, { state })],
})
const failing = (words: string): Said => ({
  exit: 1,
  stderr: String(azWords[words as keyof typeof azWords]),
})

describe('a change of the extension', () => {
  it('is sent once and read back', async () => {
    const { end, sent } = await play({ update: [asWanted] })
    expect(end).toMatchObject({ done: true, seen: expect.stringContaining('Secret s2') })
    expect(sent).toHaveLength(1)
    expect(sent[0]?.argv.slice(-3)).toEqual(['-o', 'json', '--only-show-errors'])
  })

  it('is no success where Azure stored something else', async () => {
    const { end } = await play({ update: [asBefore] })
    expect(end).toMatchObject({ exit: 1, findings: [{ id: 'azureml.unsettled' }] })
  })

  it('whose answer was lost after the work was done is not sent again', async () => {
    const list = [listed(secretSettings('s2'), 'Updating'), listed(secretSettings('s2'))]
    const { end, sent } = await play({ update: [failing('drop')], list })
    expect(end).toMatchObject({ done: true })
    expect(sent).toHaveLength(1)
  })

  it('whose request was lost is sent again once the state was read', async () => {
    const { end, sent, words } = await play({
      update: [failing('drop'), asWanted],
      list: [listed(secretSettings('s1'))],
    })
    expect(end).toMatchObject({ done: true })
    expect(sent).toHaveLength(2)
    const kinds = words.filter(each => each.startsWith('az')).map(each => each.split(' ')[2])
    expect(kinds).toEqual(['update', 'list', 'update'])
  })

  it('waits for another operation, then goes on', async () => {
    const list = [listed(secretSettings('s1'), 'Updating'), listed(secretSettings('s1'))]
    const { end, sent } = await play({ update: [failing('409'), asWanted], list })
    expect(end).toMatchObject({ done: true })
    expect(sent).toHaveLength(2)
  })

  it('ends with 75 where another operation does not end', async () => {
    const { end } = await play({
      update: [failing('409')],
      list: [listed(secretSettings('s1'), 'Updating')],
    })
    expect(end).toMatchObject({ exit: 75, findings: [{ id: 'azure.in-progress' }] })
  })

  it('ends when the user stops it, and waits for az to be gone', async () => {
    const stop = new AbortController()
    let isGone = false
    const run: RunTool = async ({ argv, signal }) => {
      const ended = {
        argv,
        outcome: 'aborted',
        exit: 130,
        stdout: '',
        stderr: '',
        tookMs: 0,
      } as const
      await new Promise(resolve => signal?.addEventListener('abort', resolve))
      // a tool takes a moment to go: whoever spins meanwhile never hears of it
      await new Promise(resolve => setTimeout(resolve, 20))
      isGone ||= argv[0] === 'az'
      return ended
    }
    const { run: _run, world, ...ctx } = ctxOf(run, { signal: stop.signal })
    const clock = { ...world.clock, sleep: async () => {} }
    const going = change.run(input, { ...ctx, run, world: { ...world, clock } })
    setTimeout(() => stop.abort(), 20)
    await expect(going).rejects.toThrow()
    expect(isGone).toBe(true)
  })

  it('ends with 75 where az itself waits in vain, and sends nothing beside it', async () => {
    const { end, sent } = await play({
      update: [{ outcome: 'timed-out' }, failing('409')],
      list: [listed(secretSettings('s1'), 'Updating')],
    })
    expect(end).toMatchObject({ exit: 75, findings: [{ id: 'azure.in-progress' }] })
    expect(sent.length).toBeLessThanOrEqual(2)
  })

  it.each([
    ['login', 77, 'azure.login'],
    ['401', 77, 'azure.login'],
    ['403', 77, 'azure.forbidden'],
    ['429', 75, 'azure.throttled'],
    ['500', 75, 'azure.server'],
  ] as const)('ends at once where az says %s: exit %i', async (words, exit, id) => {
    const { end, sent } = await play({ update: [failing(words)] })
    expect(end).toMatchObject({ exit, findings: [{ id }] })
    expect(sent).toHaveLength(1)
  })

  it('says the code of a health check that refuses, and what it means', async () => {
    const { end } = await play({ update: [failing('healthcheck')] })
    expect(end).toMatchObject({ exit: 1, findings: [{ id: 'azure.operation-failed' }] })
    const [found] = (end as Problem).findings
    expect(found?.evidence).toContain('E40007')
    expect(found?.evidence).toContain('sslCname')
  })

  it('clears what null has not cleared by an empty value', async () => {
    const left = { ...secretSettings('s1'), allowInsecureConnections: 'True' }
    const off = { allowInsecureConnections: 'True', sslCname: '', sslSecret: '' }
    const { end, sent } = await play(
      {
        update: [
          { stdout: extensionJson(left) },
          { stdout: extensionJson({ ...off, 'scoringFe.sslSecret': '' }) },
        ],
      },
      {
        change: { verb: 'update', where, configFile: '/x/http.json' },
        wanted: { mode: 'http', clean: true },
        clears: true,
      },
    )
    expect(end).toMatchObject({ done: true })
    const [first, second] = sent.map(({ argv }) => argv.join(' '))
    expect(first).toContain('--config-settings-file /x/http.json')
    expect(second).toContain('--config sslSecret= scoringFe.sslSecret= sslCname=')
  })

  it('sends other protected settings along, from a file of 0600 that goes again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'se-aml-'))
    const own = join(folder, 'own.json')
    writeFileSync(own, JSON.stringify({ amlWorkspaceKey: 'geheim-1' }))
    const stored = extensionJson(
      { sslCname: 'ml.lab.test' },
      { secrets: ['scoringFe.sslCert', 'scoringFe.sslKey', 'amlWorkspaceKey'] },
    )
    let sentFile = ''
    const double = toolDouble((words, { cwd = '' }) => {
      if (!words.startsWith('az')) return { exit: 1 }
      sentFile = readFileSync(join(cwd, 'protected.json'), 'utf8')
      return { stdout: stored }
    })
    const end = await change.run(
      {
        ...input,
        change: { verb: 'update', where, config: { sslCname: 'ml.lab.test' }, pairIn: folder },
        wanted: { mode: 'pem', cname: 'ml.lab.test' },
        protectedSettings: own,
        protectedKeys: ['amlWorkspaceKey'],
      },
      ctxOf(double.run),
    )
    expect(end).toMatchObject({ done: true })
    expect(JSON.parse(sentFile)).toEqual({
      amlWorkspaceKey: 'geheim-1',
      sslCertPemFile: 'chain.pem',
      sslKeyPemFile: 'key.pem',
    })
    expect(() => readFileSync(join(folder, 'protected.json'))).toThrow('ENOENT')
    expect(double.words().join('\n')).not.toContain('geheim-1')
  })

  it('tells where Azure has deleted protected settings all the same', async () => {
    const { findings } = await play({ update: [asWanted] }, { protectedKeys: ['amlWorkspaceKey'] })
    expect(findings).toEqual(['azureml.protected-lost'])
  })
})
