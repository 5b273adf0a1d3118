import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Performing } from '../../../src/plan/op.ts'
import { stageFaults } from '../../../src/rehearsal/faults.ts'
import { aistoreFlow, flowOf, usualAnswers } from '../../support/aistore-flow.ts'
import { make } from '../../support/certificates.ts'
import { fakeWorld } from '../../support/play.ts'
import { createScratch, isThere } from '../../support/scratch.ts'

const certFile = '/etc/ais/tls/server.crt'
const keyFile = '/etc/ais/tls/server.key'
const settings = async (flow: Awaited<ReturnType<typeof flowOf>>) => {
  const { json } = await flow.get('/v1/cluster?what=cluster_config')
  return (json as { net: { http: Record<string, unknown> } }).net.http
}

describe('AIStore', () => {
  it('goes from HTTP to proven HTTPS in the one order that works, and again changes nothing', async () => {
    const flow = await flowOf()
    const first = await flow.go('enable')
    expect(first).toMatchObject({ outcome: 'done', exit: 0 })
    expect(first.plan.changes).toBe(
      'AIStore cluster StageUuid1, proxies 1, targets 2, version 5.0.v1.5.0, gateway http://gateway.lab.test:8080',
    )
    expect(flow.changes).toEqual([
      `PUT /v1/cluster/set-config?net.http.server_crt=${certFile}&net.http.server_key=/etc/ais/tls/server.key`,
      'PUT /v1/cluster/set-config?net.http.client_ca_tls=/etc/ais/tls/ca.crt&net.http.skip_verify=false',
      'PUT /v1/cluster/set-config?net.http.use_https=true',
      'PUT /v1/cluster',
      './restart-ais.sh --all',
    ])
    expect(statSync(flow.node('/etc/ais/tls/server.key')).mode & 0o777).toBe(0o600)
    const again = await flow.go('enable')
    expect(again).toMatchObject({ outcome: 'done', exit: 0 })
    expect(flow.changes).toHaveLength(5)
    expect(again.acted).not.toContain('change.load')
  })

  it('is rotated without a restart, the pair before comes back, and it goes back to HTTP', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const before = flow.leaf()
    flow.changes.length = 0
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done' })
    expect(flow.leaf()).not.toBe(before)
    expect(flow.changes).toEqual(['PUT /v1/cluster/load-x509'])
    expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ outcome: 'done' })
    expect(flow.leaf()).toBe(before)
    flow.changes.length = 0
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    expect(flow.changes).toEqual([
      'PUT /v1/cluster/set-config?net.http.use_https=false',
      'PUT /v1/cluster',
      './restart-ais.sh --all',
      'PUT /v1/cluster/set-config?net.http.server_crt=&net.http.server_key=&net.http.client_ca_tls=',
    ])
    expect(await settings(flow)).toMatchObject({ use_https: false, server_crt: '' })
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
  })

  it('makes a leaf for each host of the map, good for clients too, and refuses one that lacks a host', async () => {
    const flow = await flowOf()
    const { plan } = await flow.go('enable')
    const { act } = plan.steps.find(({ id }) => id === 'prepare.certificate') ?? {}
    const input = JSON.stringify(act)
    expect(input).toContain('"names":["ais.lab.test","127.0.0.1"]')
    expect(input).toContain('"extendedKeyUsage":["serverAuth","clientAuth"]')
  })

  it.each([
    ['signed by itself each time', '{source: self-signed, authority: none}'],
    ['of a local CA after one signed by itself', '{source: self-signed, authority: local}'],
  ])('starts the nodes again for a pair of another root: %s', async (_name, certificate) => {
    const flow = await flowOf(usualAnswers('', '{source: self-signed, authority: none}'))
    await flow.go('enable')
    const before = flow.leaf()
    flow.answer(usualAnswers('', certificate))
    flow.changes.length = 0
    const { outcome, plan } = await flow.go('rotate')
    expect(outcome).toBe('done')
    expect(plan.steps.find(({ id }) => id === 'change.shutdown')?.price).toMatchObject({
      downtime: [15, 60],
    })
    expect(flow.changes).toEqual(['PUT /v1/cluster', './restart-ais.sh --all'])
    expect(flow.leaf()).not.toBe(before)
    flow.changes.length = 0
    const again = await flow.go('enable')
    expect([again.outcome, flow.changes]).toEqual(['done', []])
    expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ outcome: 'done' })
    expect(flow.leaf()).toBe(before)
  })

  it('brings the pair and root of before back where the nodes do not start with the new one', async () => {
    const flow = await flowOf(usualAnswers('', '{source: self-signed, authority: none}'))
    await flow.go('enable')
    const before = readFileSync(flow.node('/etc/ais/tls/ca.crt'), 'utf8')
    let times = 0
    flow.breakTool(() => {
      times += 1
      return times === 1 ? { exit: 1, stderr: 'unit ais is masked' } : undefined
    })
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(readFileSync(flow.node('/etc/ais/tls/ca.crt'), 'utf8')).toBe(before)
    expect((await flow.status()).alerts).toEqual([])
  })

  it('adopts a cluster that serves a pair of somebody else, and keeps what it served', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const theirs = readFileSync(flow.node(certFile), 'utf8')
    rmSync(join(flow.world.stateFolder, 'endpoints/ais'), { recursive: true })
    await expect(flow.go('enable')).rejects.toMatchObject({
      exit: 65,
      findings: [{ id: 'aistore.foreign-pair' }],
    })
    flow.answer(usualAnswers('  onConflict: adopt'))
    expect((await flow.go('enable')).outcome).toBe('done')
    const kept = join(flow.world.stateFolder, 'endpoints/ais/generations/0/chain.pem')
    expect(readFileSync(kept, 'utf8')).toBe(theirs)
    expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ outcome: 'done' })
    expect(readFileSync(flow.node(certFile), 'utf8')).toBe(theirs)
  })

  it('proves the pair of an adopted cluster again, where it does not come up with ours', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const theirs = readFileSync(flow.node(certFile), 'utf8')
    rmSync(join(flow.world.stateFolder, 'endpoints/ais'), { recursive: true })
    // a leaf that signs itself is of another root: all nodes must start with it
    const itself = '{source: self-signed, authority: none}'
    flow.answer(usualAnswers('  onConflict: adopt', itself))
    let failures = 1
    flow.breakTool(words => {
      if (!words.startsWith('./restart') || failures === 0) return undefined
      failures -= 1
      return { exit: 1, stderr: 'unit ais is masked' }
    })
    const went = await flow.go('enable')
    expect(went).toMatchObject({
      outcome: 'rolled-back',
      failed: ['change.start', expect.any(String)],
    })
    expect(readFileSync(flow.node(certFile), 'utf8')).toBe(theirs)
    const leaves = went.events.flatMap(each =>
      each.type === 'proof' && each.id === 'tls.leaf' ? [each.seen] : [],
    )
    const { fingerprint256 } = new X509Certificate(theirs)
    expect(leaves.length).toBeGreaterThan(0)
    for (const seen of leaves) expect(seen).toContain(fingerprint256.slice(0, 11))
  })

  it('shows a line for each node while it waits, starts and loads', async () => {
    const flow = await flowOf()
    const { events } = await flow.go('enable')
    const rotated = await flow.go('rotate')
    const standing = [...events, ...rotated.events].flatMap(event =>
      event.type === 'step.progress' && event.standing ? [{ id: event.id, ...event.standing }] : [],
    )
    expect(standing.find(({ id }) => id === 'change.ready')).toMatchObject({
      head: ['node', 'files', 'public', 'control', 'data', 'alert'],
      rows: [
        { state: 'done', cells: ['p stageproxy1', 'in place', 'new', 'new', 'new', '–'] },
        { cells: ['t stagetarget1', 'in place', 'new', 'new', 'new', '–'] },
        { cells: ['t stagetarget2', 'in place', 'new', 'new', 'new', '–'] },
      ],
    })
    expect(standing.findLast(({ id }) => id === 'change.shutdown')?.rows[0]?.cells).toEqual([
      ...['p stageproxy1', '–', 'closed', 'closed', 'closed', '–'],
    ])
    expect(standing.find(({ id }) => id === 'change.load')?.rows).toHaveLength(3)
    expect(standing.find(({ id }) => id === 'change.start')?.rows).toHaveLength(3)
  })

  it('waits for a person where no command starts the nodes', async () => {
    const flow = await flowOf(usualAnswers().replace(/^ +restart:.*\n/m, ''))
    const { events, outcome } = await flow.go('enable')
    expect(outcome).toBe('done')
    const started = events.find(each => each.type === 'step.started' && each.id === 'change.start')
    expect(started).toMatchObject({ title: 'Wait until the nodes are started again' })
    expect(flow.changes).not.toContain('./restart-ais.sh --all')
  })

  it('asks again while the cluster says that it is not ready', async () => {
    const flow = await flowOf()
    let times = 0
    flow.breakApi(({ url }) => {
      if (!url.includes('set-config') || times >= 3) return undefined
      times += 1
      const message = 'p[x] primary: not ready yet (finalizing global rebalancing state)'
      return { status: 503, body: JSON.stringify({ message }) }
    })
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
    expect(times).toBe(3)
  })

  it.each(['change.scheme', 'change.shutdown', 'change.start', 'change.ready', 'serve.proof'])(
    'stopped in %s is taken up and ends in proven HTTPS, or taken back to HTTP',
    async stopAt => {
      const flow = await flowOf()
      expect(await flow.go('enable', { stopAt })).toMatchObject({ outcome: 'interrupted' })
      expect(await flow.resume()).toMatchObject({ outcome: 'done', exit: 0 })
      expect(await settings(flow)).toMatchObject({ use_https: true, server_crt: certFile })
      await flow.go('disable')
      await flow.go('enable', { stopAt })
      expect(await flow.resume({ undo: true })).toMatchObject({ outcome: 'rolled-back' })
      expect(await settings(flow)).toMatchObject({ use_https: false, server_crt: '' })
    },
  )

  it('goes back to HTTP, proven, where the command does not start the nodes', async () => {
    const flow = await flowOf()
    let times = 0
    flow.breakTool(() => {
      times += 1
      return times === 1 ? { exit: 1, stderr: 'unit ais is masked' } : undefined
    })
    const { failed, outcome, exit } = await flow.go('enable')
    expect([outcome, exit, failed[0]]).toEqual(['rolled-back', 1, 'change.start'])
    expect(await settings(flow)).toMatchObject({ use_https: false, server_crt: '' })
    expect(flow.changes.filter(each => each.startsWith('./restart'))).toHaveLength(2)
    expect((await flow.go('enable')).outcome).toBe('done')
  })

  it('goes back through HTTPS where the state of the nodes is not kept here', async () => {
    const flow = await flowOf()
    flow.breakApi(({ url }) =>
      url.includes('what=config') ? { status: 200, body: '{"confdir": "/elsewhere"}' } : undefined,
    )
    let times = 0
    flow.breakTool(() => {
      times += 1
      return times === 1 ? { exit: 1, stderr: 'unit ais is masked' } : undefined
    })
    const { events, outcome } = await flow.go('enable')
    expect(outcome).toBe('rolled-back')
    const notes = events.filter(each => each.type === 'finding')
    expect(notes.map(({ id }) => id)).toEqual(Array(3).fill('aistore.not-backed-up'))
    expect(await settings(flow)).toMatchObject({ use_https: false, server_crt: '' })
    expect(flow.changes.filter(each => each.startsWith('./restart'))).toHaveLength(3)
  })

  it('names a node that stays stale, with its own words, and brings the pair before back', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const before = flow.leaf()
    flow.breakApi(({ url }) =>
      url.includes('load-x509') ? { status: 400, body: '{"message":"Bad Request"}' } : undefined,
    )
    const { failed, outcome, events } = await flow.go('rotate')
    expect(failed).toContain('aistore.stale-node')
    expect(outcome).toBe('rolled-back') // no node has let the old pair go
    const found = events.flatMap(each => (each.type === 'step.failed' ? each.findings : []))
    expect(found[0]?.evidence).toContain(
      't stagetarget2: old on public, old on control, old on data, 400 Bad Request',
    )
    expect(flow.leaf()).toBe(before)
  })

  it('names a node that does not run, and the others serve the pair before again', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const before = flow.leaf()
    const { json } = await flow.get('/v1/daemon?what=smap')
    const listeners = JSON.stringify((json as { tmap: object }).tmap).match(/127\.0\.0\.1:\d+/g)
    flow.breakApi(({ url }) =>
      listeners?.slice(-3).includes(new URL(url).host) ? { error: 'ECONNREFUSED' } : undefined,
    )
    const { failed, outcome, events } = await flow.go('rotate')
    expect(failed).toContain('aistore.node-down')
    const found = events.flatMap(each => (each.type === 'step.failed' ? each.findings : []))
    expect(found[0]).toMatchObject({ subject: 't stagetarget2' })
    expect(found[0]?.fix).toContain('Start t stagetarget2 as usual')
    expect(outcome).toBe('rolled-back')
    expect(flow.leaf()).toBe(before)
  })

  it('shows for each node what is left and what it raises itself, before anybody is served it', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const good = await flow.status()
    expect(good.alerts).toEqual([])
    expect(good.parts?.map(({ name }) => name)).toEqual([
      'p stageproxy1',
      't stagetarget1',
      't stagetarget2',
    ])
    writeFileSync(flow.node('/etc/ais/tls/server.key'), 'not a key\n')
    expect((await flow.put('/v1/cluster/load-x509/stagetarget2')).status).toBe(400)
    const { alerts, parts, seen } = await flow.status()
    expect(alerts).toEqual(['tls-cert-invalid'])
    expect(parts?.map(part => part.alerts)).toEqual([[], [], ['tls-cert-invalid']])
    expect(seen).toMatch(/^stagetarget2 public \S+ says itself: tls-cert-invalid$/)
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done' })
    expect((await flow.status()).alerts).toEqual([])
  })

  it('refuses an upload that lacks a host of the cluster map, before anything is changed', async () => {
    const { folder, file } = createScratch(onTestFinished)
    const root = make({ ca: true, cn: 'Private CA', at: Date.now() })
    const leafFor = (names: string[]) => make({ names, issuer: root, at: Date.now() })
    const narrow = leafFor(['ais.lab.test'])
    file('ca.pem', root.pem)
    file('chain.pem', narrow.pem)
    file('key.pem', narrow.keyPem)
    const upload = `{source: uploaded, chain: ${folder}/chain.pem, key: ${folder}/key.pem, roots: ${folder}/ca.pem}`
    const flow = await flowOf(usualAnswers('', upload))
    await expect(flow.go('enable')).rejects.toMatchObject({
      exit: 65,
      findings: expect.arrayContaining([expect.objectContaining({ id: 'cert.name-missing' })]),
    })
    expect(flow.changes).toEqual([])
    const wide = leafFor(['ais.lab.test', '127.0.0.1'])
    file('chain.pem', wide.pem)
    file('key.pem', wide.keyPem)
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
  })

  it('finds out that the command is missing before the cluster is shut down', async () => {
    const flow = await flowOf()
    const { commandOp } = await import('../../../src/targets/aistore/ops-start.ts')
    const ctx = { world: fakeWorld(), userFolder: '/nowhere' } as unknown as Performing
    for (const program of ['./restart-ais.sh', 'systemctl'])
      await expect(commandOp.run({ argv: [program] }, ctx)).rejects.toMatchObject({
        exit: 69,
        findings: [{ id: 'aistore.no-command' }],
      })
    const { acted } = await flow.go('enable')
    expect(acted.indexOf('check.command')).toBeLessThan(acted.indexOf('change.pair'))
  })

  it('writes scripts in which shellcheck finds nothing', async context => {
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    const flow = await flowOf()
    const check = async (verb: 'enable' | 'rotate' | 'disable') => {
      const input = await flow.script(verb)
      return spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' }).stdout
    }
    expect(await check('enable')).toBe('')
    await flow.go('enable')
    expect([await check('rotate'), await check('disable')]).toEqual(['', ''])
  })

  it('writes files of whoever owns their folder, where it may', async context => {
    if (process.getuid?.() !== 0) return context.skip('only root gives files away')
    const flow = await flowOf()
    mkdirSync(flow.node('/etc/ais/tls'), { recursive: true })
    chownSync(flow.node('/etc/ais/tls'), 65_534, 65_534)
    expect((await flow.go('enable')).outcome).toBe('done')
    for (const name of ['server.crt', 'server.key', 'ca.crt'])
      expect(statSync(flow.node(`/etc/ais/tls/${name}`))).toMatchObject({
        uid: 65_534,
        gid: 65_534,
      })
  })

  it('replaces nothing that is no key or certificate, whatever the settings of a cluster say', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    rmSync(join(flow.world.stateFolder, 'endpoints/ais'), { recursive: true })
    flow.answer(usualAnswers('  onConflict: adopt\n  certFile: /elsewhere/server.crt'))
    const passwd = 'root:x:0:0:root:/root:/bin/bash\n'
    writeFileSync(flow.node(keyFile), passwd)
    const { failed } = await flow.go('enable')
    expect(failed.slice(0, 2)).toEqual(['change.files', 'aistore.foreign-file'])
    expect(readFileSync(flow.node(keyFile), 'utf8')).toBe(passwd)
  })

  it('refuses a file of somebody else, and adopts it only where that is answered', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const strange = await flowOf()
    await strange.go('enable')
    await strange.go('disable')
    writeFileSync(strange.node(certFile), readFileSync(flow.node(certFile)))
    const { failed, exit } = await strange.go('enable')
    expect([exit, failed]).toEqual([65, ['check.files', 'aistore.foreign-file']])
    strange.answer(usualAnswers('  onConflict: adopt'))
    expect((await strange.go('enable')).outcome).toBe('done')
  })

  it('asks for a token where the cluster wants one, and never shows it', async () => {
    const flow = await flowOf()
    flow.breakApi(({ headers, url }) =>
      url.includes('what=') && headers?.authorization !== 'Bearer s3cret'
        ? { status: 401, body: '{"message":"token required"}' }
        : undefined,
    )
    const refused = flow.go('enable')
    await expect(refused).rejects.toMatchObject({ exit: 77, findings: [{ id: 'aistore.login' }] })
  })
})

describe('a rehearsal of AIStore', () => {
  it.each(['leaf', 'chain', 'name', 'plain-http', 'tls11'] as const)(
    'with %s broken fails in that probe alone, and goes back to HTTP',
    async fault => {
      const flow = await aistoreFlow(usualAnswers(), fault)
      const { exit, events, outcome } = await flow.go('enable')
      await flow.close()
      expect([exit, outcome]).toEqual([1, 'rolled-back'])
      const failed = events.flatMap(each =>
        each.type === 'proof' && each.state === 'fail' ? [each.id] : [],
      )
      expect(failed).toEqual([stageFaults[fault]])
    },
  )
})
