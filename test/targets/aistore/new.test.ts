import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { request } from '../../../src/net/request.ts'
import { type StageFault, stageFaults } from '../../../src/rehearsal/faults.ts'
import { discoverNew } from '../../../src/targets/aistore/discover-new.ts'
import { flowOf, usualAnswers } from '../../support/aistore-flow.ts'
import { isThere } from '../../support/scratch.ts'

const newAnswers = (more = '', hosts = 'hosts: [127.0.0.1]') =>
  usualAnswers(`  deployment: new\n  targets: 2\n  ${hosts}\n${more}`).replace(
    'http://gateway.lab.test',
    'https://gateway.lab.test',
  )
const byHand = (text: string) => text.replace(/^ +restart:.*\n/m, '')

type Flow = Awaited<ReturnType<typeof flowOf>>
const kept = (flow: Flow, name: string, generation = 1) =>
  join(flow.world.stateFolder, `endpoints/ais/generations/${generation}`, name)
const map = async (flow: Flow) => {
  const { json } = await flow.get('/v1/daemon?what=smap')
  return json as { uuid: string; tmap: object; pmap: object }
}

describe('a new AIStore cluster', () => {
  it('comes up with HTTPS at its first start, is proven, and again changes nothing', async () => {
    const flow = await flowOf(newAnswers())
    const { exit, outcome, plan, acted } = await flow.go('enable')
    expect([exit, outcome]).toEqual([0, 'done'])
    expect(plan.changes).toBe(
      'new AIStore cluster, proxies 1, targets 2, gateway https://gateway.lab.test:8080',
    )
    expect(flow.changes).toEqual(['./restart-ais.sh --all'])
    expect(acted.indexOf('prepare.files')).toBeLessThan(acted.indexOf('change.start'))
    const again = await flow.go('enable')
    expect([again.exit, again.outcome]).toEqual([0, 'done'])
    expect(again.plan.changes).toContain('AIStore cluster StageUuid1')
    expect(flow.changes).toHaveLength(1)
  })

  it('is then a cluster like any other: rotated, looked at, switched off and on', async () => {
    const flow = await flowOf(newAnswers())
    await flow.go('enable')
    const before = flow.leaf()
    expect((await flow.status()).parts).toHaveLength(3)
    expect((await flow.go('rotate')).outcome).toBe('done')
    expect(flow.leaf()).not.toBe(before)
    expect((await flow.go('disable')).outcome).toBe('done')
    expect((await flow.go('enable')).outcome).toBe('done')
    expect((await flow.status()).alerts).toEqual([])
  })

  it('writes what ais.json and the deploy scripts need, from one set of values', async () => {
    const flow = await flowOf(
      newAnswers('  clientAuth: 4\n  certFile: "/etc/ais tls/o\'clock.crt"'),
    )
    expect((await flow.go('enable')).outcome).toBe('done')
    expect(JSON.parse(readFileSync(kept(flow, 'ais.json'), 'utf8'))).toEqual({
      proxy: {
        primary_url: 'https://gateway.lab.test:8080',
        original_url: 'https://gateway.lab.test:8080',
      },
      net: {
        http: {
          use_https: true,
          server_crt: "/etc/ais tls/o'clock.crt",
          server_key: '/etc/ais tls/server.key',
          client_ca_tls: '/etc/ais tls/ca.crt',
          client_auth_tls: 4,
          skip_verify: false,
        },
      },
    })
    const read = spawnSync(
      'sh',
      ['-c', `. '${kept(flow, 'ais-deploy.env')}' && env | grep ^AIS_ | sort`],
      { encoding: 'utf8', env: { PATH: process.env.PATH } },
    )
    expect(read.stdout.trim().split('\n')).toEqual([
      'AIS_CLIENT_AUTH_TLS=4',
      'AIS_CLIENT_CA_TLS=/etc/ais tls/ca.crt',
      "AIS_SERVER_CRT=/etc/ais tls/o'clock.crt",
      'AIS_SERVER_KEY=/etc/ais tls/server.key',
      'AIS_SKIP_VERIFY_CRT=false',
      'AIS_USE_HTTPS=true',
    ])
  })

  it('makes a leaf for the hosts that the nodes will have', async () => {
    const flow = await flowOf(newAnswers('', 'hosts: [10.0.0.6, t2.lab.test]'))
    const { plan } = await flow.go('enable')
    const { act } = plan.steps.find(({ id }) => id === 'prepare.certificate') ?? {}
    expect(JSON.stringify(act)).toContain(
      '"names":["ais.lab.test","gateway.lab.test","10.0.0.6","t2.lab.test"]',
    )
  })

  it('waits for a person who starts the nodes, and says what they need', async () => {
    const flow = await flowOf(byHand(newAnswers()))
    const { outcome, events } = await flow.go('enable')
    expect(outcome).toBe('done')
    const started = events.find(each => each.type === 'step.started' && each.id === 'change.start')
    expect(JSON.stringify(started)).toContain(`Merge ${kept(flow, 'ais.json')} into ais.json`)
    expect(JSON.stringify(started)).toContain('proxies 1, targets 2')
    expect(flow.changes).toEqual([])
  })

  it('refuses an address at which something answers, with a way out', async () => {
    const flow = await flowOf(newAnswers())
    flow.breakApi(() => ({ status: 200, body: '' }))
    await expect(flow.go('enable')).rejects.toMatchObject({
      exit: 65,
      findings: [{ id: 'aistore.not-new', fix: expect.stringContaining('deployment: running') }],
    })
    expect(flow.changes).toEqual([])
  })

  it('sees a program there that speaks something else, and takes a closed port for free', async () => {
    const server = createServer(socket => socket.resume().end('220 mail\r\n'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const gateway = `http://127.0.0.1:${port}`
    const taken = await discoverNew({ gateway }, { api: request })
    expect([taken.exit, taken.findings[0]?.id]).toEqual([65, 'aistore.not-new'])
    await new Promise(resolve => server.close(resolve))
    expect(await discoverNew({ gateway }, { api: request })).toMatchObject({ findings: [] })
  })

  it('names a cluster that came up on HTTP, and goes on when it was started as it should', async () => {
    const flow = await flowOf(newAnswers())
    let plain = true
    flow.breakApi(({ url }) => {
      if (!plain || flow.changes.length === 0) return undefined
      return url.includes('/health') ? { status: 200, body: '' } : { status: 200, body: '{}' }
    })
    const first = await flow.go('enable')
    expect([first.outcome, first.exit]).toEqual(['failed', 1])
    expect(first.failed).toEqual(['change.join', 'aistore.first-start'])
    plain = false
    expect(await flow.resume()).toMatchObject({ outcome: 'done', exit: 0 })
  })

  it('does not take a cluster for whole that has other numbers, and shuts it down where that is asked', async () => {
    const flow = await flowOf(newAnswers())
    const smap = (body: string) => {
      const { tmap, ...rest } = JSON.parse(body)
      return JSON.stringify({ ...rest, tmap: { stagetarget1: tmap.stagetarget1 } })
    }
    flow.breakApi(async options => {
      if (!options.url.includes('what=smap')) return undefined
      const { status, body } = await flow.real(options)
      return status === 200 && body.startsWith('{') ? { status, body: smap(body) } : undefined
    })
    const { exit, events } = await flow.go('enable')
    expect(exit).toBe(124)
    const found = events.flatMap(each => (each.type === 'step.failed' ? each.findings : []))
    expect(found[0]).toMatchObject({
      id: 'aistore.not-joined',
      evidence: 'cluster: 1 of 2 targets have joined',
    })
    flow.breakApi()
    expect(await flow.resume({ undo: true })).toMatchObject({ outcome: 'rolled-back' })
    expect(flow.changes).toContain('PUT /v1/cluster')
    await expect(map(flow)).rejects.toThrow('the stage does not answer')
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
  })

  it.each(['prepare.files', 'change.start', 'change.join', 'serve.proof'])(
    'stopped in %s is taken up and ends proven',
    async stopAt => {
      const flow = await flowOf(newAnswers())
      expect(await flow.go('enable', { stopAt })).toMatchObject({ outcome: 'interrupted' })
      expect(await flow.resume()).toMatchObject({ outcome: 'done', exit: 0 })
      expect(flow.changes.filter(each => each.startsWith('./restart'))).toHaveLength(1)
      expect((await flow.go('enable')).outcome).toBe('done')
    },
  )

  it.each((Object.keys(stageFaults) as StageFault[]).filter(fault => fault !== 'address'))(
    'is shut down again where its proof fails: %s',
    async fault => {
      const flow = await flowOf(newAnswers(), fault)
      expect(await flow.go('enable')).toMatchObject({ outcome: 'rolled-back', exit: 1 })
      await expect(map(flow)).rejects.toThrow('the stage does not answer')
    },
  )

  it('does not write over a pair of somebody else', async () => {
    const flow = await flowOf(newAnswers())
    await flow.go('enable')
    const theirs = flow.node('/etc/ais/tls/server.crt')
    const other = await flowOf(newAnswers())
    const pem = readFileSync(theirs, 'utf8')
    const path = other.node('/etc/ais/tls/server.crt')
    spawnSync('mkdir', ['-p', join(path, '..')])
    writeFileSync(path, pem)
    expect(await other.go('enable')).toMatchObject({ exit: 65 })
    expect([readFileSync(path, 'utf8') === pem, other.changes]).toEqual([true, []])
  })

  it('has several proxies where that is said, and every node is recorded', async () => {
    const flow = await flowOf(newAnswers('  proxies: 2').replace('targets: 2', 'targets: 3'))
    expect((await flow.go('enable')).outcome).toBe('done')
    const { pmap, tmap } = await map(flow)
    expect([Object.keys(pmap).length, Object.keys(tmap).length]).toEqual([2, 3])
    const record = join(flow.world.stateFolder, 'endpoints/ais/endpoint.json')
    const { addresses, live } = JSON.parse(readFileSync(record, 'utf8'))
    expect([addresses.length, JSON.parse(live.nodes).length]).toEqual([5, 5])
  })

  it('writes a script in which shellcheck finds nothing', async context => {
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    const flow = await flowOf(newAnswers())
    const input = await flow.script('enable')
    expect(input).toContain('ais_join gateway.lab.test:8080 1 2')
    expect(spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' }).stdout).toBe('')
  })

  it('keeps existing answers: a cluster runs where nothing is said', async () => {
    const flow = await flowOf()
    const { plan } = await flow.go('enable')
    expect(plan.values['target.deployment']).toMatchObject({ value: 'running', from: 'default' })
    expect(existsSync(kept(flow, 'ais.json'))).toBe(false)
  })
})
