import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hostsAhead, hostsOf } from '../../../src/targets/aistore/hosts/destinations.ts'
import { flowOf, usualAnswers } from '../../support/aistore-flow.ts'
import { make } from '../../support/certificates.ts'
import { createScratch, isThere } from '../../support/scratch.ts'

const keyFile = '/etc/ais/tls/server.key'
const certFile = '/etc/ais/tls/server.crt'
const bySsh = (more = '') => usualAnswers(more).replace('place: here', 'place: ssh')
/** Each node of the stage on a host of its own. */
const three = bySsh('  ssh: [stageproxy1=p1, stagetarget1=ais@t1, "ssh://t2.example.com:2222"]')

const changing = (changes: string[]) => changes.filter(each => !each.startsWith('ssh '))

describe('AIStore, its files put onto hosts by ssh', () => {
  it('goes to HTTPS, is rotated, goes a generation back and to HTTP', async () => {
    const flow = await flowOf(bySsh())
    const first = await flow.go('enable')
    expect(first).toMatchObject({ outcome: 'done', exit: 0 })
    expect(first.acted.slice(0, 4)).toEqual([
      'check.cluster',
      'check.command',
      'check.hosts',
      'check.files',
    ])
    expect(statSync(flow.node(keyFile)).mode & 0o777).toBe(0o600)
    const before = flow.leaf()
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done' })
    expect(flow.leaf()).not.toBe(before)
    expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ outcome: 'done' })
    expect(flow.leaf()).toBe(before)
    flow.changes.length = 0
    expect((await flow.go('enable')).acted).not.toContain('change.files')
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    const words = flow.changes.filter(each => each.startsWith('ssh '))
    expect(new Set(words.map(each => each.split(' -- ')[0]))).toEqual(
      new Set(['ssh -T -o BatchMode=yes -o ConnectTimeout=20']),
    )
  })

  it('reaches each destination once, and shows what goes where', async () => {
    const flow = await flowOf(three)
    const { outcome, events } = await flow.go('enable')
    expect(outcome).toBe('done')
    const asked = flow.changes.flatMap(each => / -- (\S+) /.exec(each)?.[1] ?? [])
    expect(new Set(asked)).toEqual(new Set(['p1', 'ais@t1', 'ssh://t2.example.com:2222']))
    const shown = JSON.stringify(events)
    expect(shown).toContain("ssh ais@t1 'umask 077; cat >/etc/ais/tls/server.key.new")
    expect(shown).not.toContain('PRIVATE KEY-----')
  })

  it.each([
    ['Permission denied (publickey).', 'ssh.denied', 77],
    ['Host key verification failed.', 'ssh.host-key', 77],
    ['ssh: connect to host t1 port 22: Connection refused', 'ssh.unreachable', 69],
  ])('changes nothing where one host says: %s', async (stderr, id, exit) => {
    const flow = await flowOf(three)
    flow.breakTool(words => (words.includes('-- ais@t1 ') ? { exit: 255, stderr } : undefined))
    const went = await flow.go('enable')
    expect([went.exit, went.failed]).toEqual([exit, ['check.hosts', id]])
    expect(changing(flow.changes)).toEqual([])
    expect(existsSync(flow.node('/etc/ais'))).toBe(false)
  })

  it('puts the pair back that each host has kept, where an adopted cluster does not start with the new one', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const pair = (more = '') =>
      [certFile, keyFile].map(path => readFileSync(flow.node(path + more), 'utf8'))
    const found = pair()
    rmSync(join(flow.world.stateFolder, 'endpoints/ais'), { recursive: true })
    flow.answer(bySsh('  onConflict: adopt'))
    let failures = 1
    flow.breakTool(words => {
      if (!words.startsWith('./restart') || failures === 0) return undefined
      failures -= 1
      return { exit: 1, stderr: 'unit ais is masked' }
    })
    const broken = await flow.go('enable')
    expect(broken.failed[0]).toBe('change.start')
    expect(broken.acted).toContain('change.files')
    expect(broken.acted).toContain('undo.files')
    expect(pair()).toEqual(found)
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
    expect(pair()).not.toEqual(found)
    expect(pair('.before-ais')).toEqual(found)
    const kept = join(flow.world.stateFolder, 'endpoints/ais/generations/0')
    expect([existsSync(join(kept, 'chain.pem')), existsSync(join(kept, 'key.pem'))]).toEqual([
      true,
      false,
    ])
    expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ outcome: 'done' })
    expect(pair()).toEqual(found)
  })

  it('brings back to each node its own certificate, where those of an adopted cluster differ on purpose', async () => {
    const flow = await flowOf(three)
    await flow.go('enable')
    const at = Date.now()
    const root = make({ ca: true, cn: 'Company CA', at })
    const names = ['ais.lab.test', '127.0.0.1']
    const usual = make({ names, issuer: root, at })
    const own = make({ names: ['127.0.0.1'], cn: 'stagetarget1', issuer: root, at })
    const stage = join(flow.world.stateFolder, 'stage')
    const nodes = ['stageproxy1', 'stagetarget1', 'stagetarget2']
    const of = (node: string, path: string) => join(stage, `@${node}`, path)
    const fingerprint = ({ pem }: typeof own) => new X509Certificate(pem).fingerprint256
    for (const node of nodes) {
      const pair = node === 'stagetarget1' ? own : usual
      mkdirSync(of(node, '/etc/ais/tls'), { recursive: true })
      writeFileSync(of(node, certFile), pair.pem)
      writeFileSync(of(node, keyFile), pair.keyPem, { mode: 0o600 })
      writeFileSync(of(node, '/etc/ais/tls/ca.crt'), root.pem)
    }
    expect((await flow.put('/v1/cluster/load-x509')).status).toBe(200)
    const { file } = createScratch(onTestFinished)
    rmSync(join(flow.world.stateFolder, 'endpoints/ais'), { recursive: true })
    flow.answer(
      three.replace(
        '  ssh:',
        `  onConflict: adopt
  roots: ${file('company.pem', root.pem)}
  ssh:`,
      ),
    )
    const pairs = () => nodes.map(node => readFileSync(of(node, certFile), 'utf8'))
    const found = pairs()
    let failures = 1
    flow.breakTool(words => {
      if (!words.startsWith('./restart') || failures === 0) return undefined
      failures -= 1
      return { exit: 1, stderr: 'unit ais is masked' }
    })
    // the undo of the run that adopts
    const broken = await flow.go('enable')
    expect([broken.outcome, broken.failed]).toEqual([
      'rolled-back',
      ['change.start', 'tool../restart-ais.sh.failed'],
    ])
    expect(broken.acted).toContain('undo.proof')
    expect(pairs()).toEqual(found)
    expect((await flow.go('enable')).outcome).toBe('done')
    expect(new Set(pairs()).size).toBe(1)
    // a generation back, later
    const back = await flow.go('rotate', { bringBack: true })
    expect([back.outcome, back.failed]).toEqual(['done', []])
    expect(pairs()).toEqual(found)
    const leaves = back.events.flatMap(each =>
      each.type === 'proof' && each.id === 'tls.leaf' ? [each.seen] : [],
    )
    expect(leaves).toEqual([expect.stringMatching(/at 9 of 9 addresses$/)])
    expect((await flow.status()).alerts).toEqual([])
    // one that is not its own is seen
    writeFileSync(of('stagetarget1', certFile), usual.pem)
    writeFileSync(of('stagetarget1', keyFile), usual.keyPem)
    await flow.put('/v1/cluster/load-x509/stagetarget1')
    expect((await flow.status()).alerts).toContain('drift')
    expect(flow.leaf()).toBe(fingerprint(usual))
  })

  it('refuses a file of somebody else on a host', async () => {
    const flow = await flowOf(bySsh())
    await flow.go('enable')
    await flow.go('disable')
    writeFileSync(flow.node(certFile), make({ names: ['x.test'] }).pem)
    const { exit, failed } = await flow.go('enable')
    expect([exit, failed]).toEqual([65, ['check.files', 'aistore.foreign-file']])
  })

  it('writes a script that says the same with ssh, and in which shellcheck finds nothing', async context => {
    const flow = await flowOf(three)
    const script = await flow.script('enable')
    expect(script).toContain("ais_hosts_place 'p1\nais@t1\nssh://t2.example.com:2222' false")
    expect(script).toContain('on_host_program() {')
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    expect(spawnSync('shellcheck', ['-'], { input: script, encoding: 'utf8' }).stdout).toBe('')
    const usual = await flowOf()
    expect(await usual.script('enable')).not.toContain('on_host_program')
  })
})

describe('the destination of a node', () => {
  const nodes = [
    { id: 'p1', public: '10.0.0.5:8080' },
    { id: 't1', public: '10.0.0.5:8081' },
    { id: 't2', public: '[2001:db8::7]:8081' },
  ]
  it.each([
    [
      [],
      [
        ['10.0.0.5', 'p1 t1'],
        ['2001:db8::7', 't2'],
      ],
    ],
    [
      ['ais@{host}'],
      [
        ['ais@10.0.0.5', 'p1 t1'],
        ['ais@2001:db8::7', 't2'],
      ],
    ],
    [
      ['ssh://{host}:22'],
      [
        ['ssh://10.0.0.5:22', 'p1 t1'],
        ['ssh://[2001:db8::7]:22', 't2'],
      ],
    ],
    [
      ['{node}.lab', 't1=root@b'],
      [
        ['p1.lab', 'p1'],
        ['root@b', 't1'],
        ['t2.lab', 't2'],
      ],
    ],
    [['jump'], [['jump', 'p1 t1 t2']]],
  ])('by %j', (entries, wanted) => {
    expect(hostsOf(nodes, entries).map(each => [each.to, each.nodes.join(' ')])).toEqual(wanted)
  })

  it('of a cluster that is not there yet is each host that it will have, or what is named', () => {
    const to = (entries: string[]) => hostsAhead(['a', 'b', 'a'], entries).map(each => each.to)
    expect(to(['ais@{host}'])).toEqual(['ais@a', 'ais@b'])
    expect(to(['p1=x', 't1=y', 't2=x'])).toEqual(['x', 'y'])
  })

  it.each(['-oProxyCommand=x', 'a b', "a'b", 'a;b', '$(x)', '', 't1=-x', 'u@-h', 'ais@{host};x'])(
    'refuses %j in answers',
    async entry => {
      await expect(flowOf(bySsh(`  ssh: [${JSON.stringify(entry)}]`))).rejects.toMatchObject({
        exit: 65,
      })
    },
  )

  it('refuses what a cluster says of itself where ssh would read an option in it', () => {
    const strange = [{ id: 't1', public: '-oProxyCommand=x:8080' }]
    expect(() => hostsOf(strange, [])).toThrow('cannot be told')
    expect(() => hostsOf(nodes, ['t9=a'])).toThrow('cannot be told')
  })
})
