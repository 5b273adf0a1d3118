import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RealAistore, realAistore } from '../support/real-aistore.ts'
import { ended } from '../support/sandbox.ts'
import { noSshd, type SshHosts, startSshHosts } from '../support/sshd.ts'

const whole = process.env.SE_REAL_PART !== '1'
const endpoint = 'ais-ssh'
const { AIS_LAB_RESTART: restart = '', AIS_LAB_STATE: state = '' } = process.env
const port = process.env.AIS_LAB_PORT ?? '18080'
const why = noSshd()

/** One path for all nodes, and a folder of its own for each: that in which it was started. */
const tls = '/proc/self/cwd/tls'
const nodes = ['p1', 't1', 't2']
const usual = '[labproxy1=p1, labtarget1=t1, labtarget2=t2]'

let lab: RealAistore
let ssh: SshHosts
let uuid: string

const answers = (to = usual, certificate = '{source: self-signed, authority: local}') => `version: 1
endpoint: ${endpoint}
domain: localhost
certificate: ${certificate}
target:
  kind: aistore
  gateway: http://127.0.0.1:${port}
  certFile: ${tls}/server.crt
  place: ssh
  ssh: ${to}
  restart: ${restart}
dns: {how: none}
`

const of = (node: string, name = '') => join(state, node, 'tls', name)

beforeAll(async () => {
  if (why) {
    process.stderr.write(`skipped: ${why}\n`)
    return
  }
  lab = realAistore(endpoint)
  ssh = await startSshHosts(lab.folder)
  // each node's host: a login there begins in the folder of the node, as the node itself does
  const inside = (node: string) => ({
    command: `cd '${join(state, node)}' && eval "$SSH_ORIGINAL_COMMAND"`,
  })
  for (const node of nodes) {
    mkdirSync(of(node), { recursive: true })
    await ssh.host(node, inside(node))
  }
  await ssh.host('strange', { ...inside('t2'), known: 'another' })
  await ssh.host('closed', { ...inside('t2'), authorized: false })
  symlinkSync(join(ssh.bin, 'ssh'), join(lab.folder, 'bin/ssh'))
  uuid = lab.ask('/v1/daemon?what=smap').uuid
  await lab.writeObjects()
})

afterAll(async () => {
  if (why) return
  for (const node of nodes) spawnSync('umount', ['-q', of(node)])
  // a cluster whose pair is gone would not start again
  if (lab.leaves()[0] !== '') await lab.cli(['disable', endpoint, '--yes'])
  await ssh.close()
  lab.close()
})

async function must(args: string[], exit = 0) {
  const run = await lab.cli(args)
  expect(run.exit, `${args.join(' ')}\n${run.stdout}${run.stderr}`).toBe(exit)
  return run
}

function expectHttps(): string {
  const leaves = lab.leaves()
  expect(new Set(leaves).size, leaves.join()).toBe(1)
  expect(leaves[0]).not.toBe('')
  for (const node of nodes) {
    expect(statSync(of(node, 'server.key')).mode & 0o777).toBe(0o600)
    expect(readdirSync(of(node)).sort()).toEqual(['ca.crt', 'server.crt', 'server.key'])
  }
  expectWhole()
  return leaves[0] ?? ''
}

function expectWhole() {
  const { uuid: now, tmap } = lab.ask('/v1/daemon?what=smap')
  expect([now, Object.keys(tmap).length]).toEqual([uuid, 2])
  expect(lab.lostObjects()).toEqual([])
}

/** What a run must leave alone. */
function standing() {
  const { version } = lab.ask('/v1/cluster?what=cluster_config')
  const files = nodes.map(node =>
    (existsSync(of(node)) ? readdirSync(of(node)) : []).map(name => [
      name,
      readFileSync(of(node, name), 'base64'),
    ]),
  )
  return JSON.stringify([version, lab.leaves(), files])
}

async function changesNothing(to: string, exit: number, words: string) {
  lab.file('bad.yaml', answers(to))
  const before = standing()
  const run = await lab.cli(['init', '--answers', 'bad.yaml', '--yes'])
  expect([run.exit, run.stdout + run.stderr]).toEqual([exit, expect.stringContaining(words)])
  expect(standing()).toBe(before)
}

describe.skipIf(why !== undefined)('files put onto the hosts of real nodes by ssh', () => {
  it('bad host: one with another key than is known here is given nothing, and nothing is changed', () =>
    changesNothing(
      usual.replace('=t2', '=strange'),
      77,
      'The key of a host is not the one that is known here.',
    ))

  it('bad host: one that lets us not in, and nothing is changed', () =>
    changesNothing(usual.replace('=t2', '=closed'), 77, 'Permission denied (publickey)'))

  it('bad host: a folder that cannot be written on one node, and nothing is changed', async context => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', of('t2')])
    if (mounted.status !== 0) return context.skip('root alone mounts file systems')
    await changesNothing(usual, 73, 'Read-only file system')
    spawnSync('umount', [of('t2')])
  })

  it('enable http: from HTTP to proven HTTPS on all nine ports', async () => {
    lab.file('a.yaml', answers())
    await must(['init', '--answers', 'a.yaml', '--yes'])
    expectHttps()
    const { http } = lab.ask('/v1/cluster?what=cluster_config').net
    expect(http).toMatchObject({ use_https: true, server_crt: `${tls}/server.crt` })
    expect(JSON.stringify(lab.journal())).not.toMatch(/PRIVATE KEY-----/)
    await must(['verify', endpoint])
    await must(['doctor', endpoint])
  })

  it('again: the same command changes nothing', async () => {
    const before = standing()
    await must(['init', '--answers', 'a.yaml', '--yes'])
    expect(standing()).toBe(before)
  })

  it('rotate: another leaf on all nine ports, and no node was restarted', async () => {
    const before = expectHttps()
    const pids = () =>
      spawnSync(process.env.AIS_LAB_NODE ?? '', ['pid'], { encoding: 'utf8' }).stdout
    const started = pids()
    await must(['rotate', endpoint, '--yes'])
    expect(pids()).toBe(started)
    expect(expectHttps()).not.toBe(before)
    await must(['rotate', endpoint, '--undo', '--yes'])
    expect(expectHttps()).toBe(before)
  })

  it('rotate: a disk that is full on one node leaves the old pair on all', async context => {
    const before = standing()
    const kept = ['ca.crt', 'server.crt', 'server.key'].map(name => [
      name,
      readFileSync(of('t2', name)),
    ])
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', of('t2')])
    if (mounted.status !== 0) return context.skip('root alone mounts file systems')
    for (const [name, bytes] of kept)
      spawnSync('bash', ['-c', 'umask 077; cat >"$1"', 'bash', of('t2', String(name))], {
        input: bytes as Buffer,
      })
    const run = await lab.cli(['rotate', endpoint, '--yes'])
    spawnSync('umount', [of('t2')])
    expect([run.exit, run.stdout + run.stderr]).toEqual([
      73,
      expect.stringContaining('The disk of a host of nodes is full.'),
    ])
    expect(standing()).toBe(before)
  })

  it('killed: while the files go onto the hosts, the same command ends what it began', async () => {
    const seen = lab.journal().length
    const child = lab.start(['rotate', endpoint, '--yes'])
    const end = ended(child)
    const begun = () =>
      lab
        .journal()
        .slice(seen)
        .some(({ type, id }) => type === 'step.started' && id === 'change.files')
    while (!begun() && child.exitCode === null) await sleep(5)
    child.kill('SIGKILL')
    await end
    await must(['init', '--resume', endpoint, '--yes'])
    expectHttps()
  })

  it('adopted: nodes whose certificates differ on purpose get each its own back', async () => {
    expectHttps()
    const roots = lab.file('roots.pem', readFileSync(join(lab.generation(), 'roots.pem')))
    const out = join(lab.folder, 'own')
    await must(
      'cert issue localhost 127.0.0.1 --authority local --target aistore --out'
        .split(' ')
        .concat(out),
    )
    writeFileSync(of('t2', 'server.key'), readFileSync(join(out, 'key.pem')))
    writeFileSync(of('t2', 'server.crt'), readFileSync(join(out, 'chain.pem')))
    const load = `https://127.0.0.1:${port}/v1/cluster/load-x509`
    const curl = ['-q', '-sS', '--fail', '--cacert', roots, '-X', 'PUT', load]
    expect(spawnSync('curl', curl, { encoding: 'utf8' })).toMatchObject({ status: 0 })
    const theirs = lab.leaves()
    expect(new Set(theirs).size, theirs.join()).toBe(2)
    rmSync(lab.record, { recursive: true })
    const adopting = answers().replace(
      '  place:',
      `  onConflict: adopt\n  roots: ${roots}\n  place:`,
    )
    lab.file('own.yaml', adopting.replace('http://127', 'https://127'))
    await must(['init', '--answers', 'own.yaml', '--yes'])
    expect(new Set(lab.leaves()).size).toBe(1)
    await must(['rotate', endpoint, '--undo', '--yes'])
    expect(lab.leaves()).toEqual(theirs)
    await must(['verify', endpoint])
    expectWhole()
    await must(['init', '--answers', 'own.yaml', '--yes'])
  })

  it('disable: every node answers HTTP, and its paths are cleared', async () => {
    await must(['disable', endpoint, '--yes'])
    expect(new Set(lab.leaves())).toEqual(new Set(['']))
    expect(lab.ask('/v1/cluster?what=cluster_config').net.http).toMatchObject({
      use_https: false,
      server_crt: '',
    })
    expectWhole()
  })

  it.runIf(whole)('script: the plan as a script reaches the same state with ssh', async () => {
    lab.file('script.yaml', answers())
    const { stdout } = await must(['plan', '--answers', 'script.yaml', '--format', 'sh'])
    const script = lab.file('plan.sh', stdout)
    const work = join(lab.folder, 'work')
    const env = { ...lab.env, WORK: work, YES: '1' }
    const run = spawnSync('bash', [script], { encoding: 'utf8', env, timeout: 300_000 })
    expect(run.status, run.stderr).toBe(0)
    const key = readFileSync(join(work, 'new/key.pem'), 'utf8')
    for (const node of nodes) expect(readFileSync(of(node, 'server.key'), 'utf8')).toBe(key)
    const leaf = spawnSync(
      'openssl',
      ['x509', '-noout', '-fingerprint', '-sha256', '-in', join(work, 'new/chain.pem')],
      { encoding: 'utf8' },
    ).stdout
    expect(new Set(lab.leaves())).toEqual(new Set([leaf.trim().split('=')[1]]))
    // the record knows nothing of what a script did: what it serves is adopted, and each host keeps its own
    const roots = join(work, 'new/roots.pem')
    const adopting = answers().replace(
      '  place:',
      `  onConflict: adopt\n  roots: ${roots}\n  place:`,
    )
    lab.file('adopt.yaml', adopting.replace('http://127', 'https://127'))
    spawnSync('rm', ['-rf', lab.record])
    await must(['init', '--answers', 'adopt.yaml', '--yes'])
    for (const node of nodes) {
      expect(readFileSync(of(node, `server.key.before-${endpoint}`), 'utf8')).toBe(key)
      expect(readFileSync(of(node, 'server.key'), 'utf8')).not.toBe(key)
    }
    await must(['disable', endpoint, '--yes'])
    expectWhole()
  })
})
