import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { make } from '../support/certificates.ts'
import { seededRandom } from '../support/random.ts'
import { type RealAistore, realAistore } from '../support/real-aistore.ts'
import { ended } from '../support/sandbox.ts'

const whole = process.env.SE_REAL_PART !== '1'
const endpoint = 'ais-broken'
const { AIS_LAB_RESTART: restart = '', AIS_LAB_NODE: nodes = '' } = process.env
const base = Number(process.env.AIS_LAB_PORT ?? 18080)

let lab: RealAistore
let uuid: string
const inLab = (...names: string[]) => join(lab.folder, ...names)

/** Starts the nodes unless `fault` says otherwise, once; `always` keeps it so. */
const script = () => `#!/usr/bin/env bash
cd '${lab.folder}'
fault=$(cat fault 2>/dev/null)
[[ -e always ]] || rm -f fault
case $fault in
  fail) echo 'the unit is masked' >&2; exit 3 ;;
  hang) exec sleep 600 ;;
  port)
    setsid '${process.execPath}' -e "require('net').createServer().listen(${base + 1001}, '127.0.0.1')" >/dev/null 2>&1 &
    echo $! >squatter.pid ;;
  some) '${nodes}' start p1 || true; exit 0 ;;
esac
exec '${restart}'
`

beforeAll(async () => {
  lab = realAistore(endpoint)
  writeFileSync(inLab('restart.sh'), script())
  chmodSync(inLab('restart.sh'), 0o755)
  lab.file('a.yaml', answersOf('{source: self-signed, authority: local}'))
  uuid = lab.ask('/v1/daemon?what=smap').uuid
  await lab.writeObjects()
})

beforeEach(() => {
  for (const name of ['fault', 'always']) rmSync(inLab(name), { force: true })
})

afterAll(async () => {
  await lab.cli(['disable', endpoint, '--yes'])
  lab.close()
})

const answersOf = (certificate: string) => `version: 1
endpoint: ${endpoint}
domain: localhost
certificate: ${certificate}
target:
  kind: aistore
  gateway: http://127.0.0.1:${base}
  certFile: ${inLab('tls/server.crt')}
  place: here
  restart: ${inLab('restart.sh')}
  restartWait: 40s
dns: {how: none}
`

const must = (args: string[], exit = 0) => lab.must(args, exit, { AIS_LAB_WAIT: '35' })
const init = (exit = 0, file = 'a.yaml') => must(['init', '--answers', file, '--yes'], exit)
const disable = () => must(['disable', endpoint, '--yes'])
const offline = (exit = 0) => must(['disable', endpoint, '--offline', '--yes'], exit)
const doctor = async () => JSON.parse((await must(['doctor', endpoint, '--json'], 1)).stdout)
const node = (...args: string[]) =>
  spawnSync(nodes, args, { encoding: 'utf8', env: { ...process.env, AIS_LAB_WAIT: '35' } })
const startByHand = () =>
  spawnSync(restart, ['--force'], { env: { ...process.env, AIS_LAB_WAIT: '30' } })

/** Nothing is lost: UUID, nodes, objects; every port in one scheme; a target that restarts joins. */
function expectWhole(scheme: 'http' | 'https') {
  const map = lab.ask('/v1/daemon?what=smap')
  const urls = JSON.stringify(map).match(/"direct_url":"[a-z]+/g) ?? []
  expect(new Set(urls)).toEqual(new Set([`"direct_url":"${scheme}`]))
  expect([map.uuid, Object.keys(map.tmap).length]).toEqual([uuid, 2])
  expect(lab.ask('/v1/cluster?what=cluster_config').uuid).toBe(uuid)
  expect(lab.lostObjects()).toEqual([])
  const leaves = new Set(lab.leaves())
  expect(leaves.size).toBe(1)
  expect(leaves.has('')).toBe(scheme === 'http')
  expect(lab.restartTarget('t1')).toBe(undefined)
  expect(lab.ask('/v1/daemon?what=smap').uuid).toBe(uuid)
}

/** Changes settings as somebody else does, and restarts the cluster in vain. */
async function breakBy(settings: string) {
  const at = `https://127.0.0.1:${base}`
  const put = (path: string, ...more: string[]) =>
    spawnSync('curl', [
      ...['-q', '-sSf', '--retry', '90', '--retry-delay', '1', '-X', 'PUT', `${at}${path}`],
      ...['--cacert', join(lab.generation(), 'roots.pem'), ...more],
    ])
  expect(put(`/v1/cluster/set-config?${settings}`).status).toBe(0)
  startByHand()
}

describe('a restart that goes wrong', () => {
  it.each([
    ['fail', 'the command fails'],
    ['hang', 'the command hangs'],
    ['some', 'only the proxy is started'],
  ])('%s: %s once, and the cluster is back on HTTP', async fault => {
    lab.file('fault', fault)
    const run = await lab.cli(['init', '--answers', 'a.yaml', '--yes'])
    expect(run.exit, run.stdout + run.stderr).not.toBe(0)
    expect(run.stderr, run.stdout).toContain('what was there before is back and proven')
    expectWhole('http')
  })

  it.runIf(whole)('fail: each time, then the note brings it back', async () => {
    lab.file('fault', 'fail')
    lab.file('always', '')
    const run = await lab.cli(['init', '--answers', 'a.yaml', '--yes'])
    expect(run.exit).not.toBe(0)
    expect(run.stdout + run.stderr).toContain(`secure-endpoint init --resume ${endpoint}`)
    for (const name of ['fault', 'always']) rmSync(inLab(name))
    // its undo has put the settings of HTTP back: that is what comes back, and is said
    await must(['init', '--resume', endpoint], 124)
    expectWhole('http')
    await init()
    expectWhole('https')
    await disable()
  })

  it.runIf(whole)(
    'port: another program has it, is named, and the run goes on when it is gone',
    async () => {
      lab.file('fault', 'port')
      const run = await lab.cli(['init', '--answers', 'a.yaml', '--yes'])
      const said = run.stdout + run.stderr
      process.kill(Number(readFileSync(inLab('squatter.pid'), 'utf8')))
      expect(run.exit, said).not.toBe(0)
      expect(said).toContain(`t labtarget1 at 127.0.0.1:${base + 1001}`)
      expect(said).toContain(`secure-endpoint init --resume ${endpoint}`)
      node('stop')
      const { exit, stdout } = await lab.cli(['init', '--resume', endpoint])
      expect([0, 124], stdout).toContain(exit)
      await init()
      expectWhole('https')
      await disable()
    },
  )
})

describe('a node or its disk that goes away', () => {
  it('killed node: a target dies before the shutdown, and joins with the others', async () => {
    const seen = journalLength()
    const child = lab.start(['init', '--answers', 'a.yaml', '--yes'])
    const end = ended(child)
    await journaled(seen, ({ type, id }) => type === 'step.started' && id === 'change.scheme')
    const { stdout } = node('pid', 't2')
    process.kill(Number(stdout), 'SIGKILL')
    const { exit, stdout: said, stderr } = await end
    expect(exit, said + stderr).toBe(0)
    expectWhole('https')
    await disable()
  })

  it('disk full: nothing is changed, and the next run goes through', async context => {
    if (process.getuid?.() !== 0) return context.skip('only root can mount a full disk')
    mkdirSync(inLab('tls'), { recursive: true })
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', inLab('tls')])
    expect(mount.status, String(mount.stderr)).toBe(0)
    try {
      spawnSync('dd', ['if=/dev/zero', `of=${inLab('tls/full')}`, 'bs=1k', 'count=128'])
      const run = await init(73)
      expect(run.stdout + run.stderr).toContain('The disk is full.')
      expectWhole('http')
      rmSync(inLab('tls/full'))
      await init()
      expectWhole('https')
      await disable()
    } finally {
      spawnSync('umount', [inLab('tls')])
    }
  })

  it.runIf(whole)(
    'one node: it serves another leaf, is named, and is brought into line',
    async () => {
      await init()
      const files = ['server.key', 'server.crt'].map(name => inLab('tls', name))
      const kept = files.map(path => readFileSync(path))
      for (const [index, name] of ['key.pem', 'chain.pem'].entries()) {
        const older = join(lab.generation(), name)
        expect(readFileSync(older)).toEqual(kept[index])
      }
      await must(['rotate', endpoint, '--yes'])
      const fresh = files.map(path => readFileSync(path))
      files.forEach((path, index) => {
        writeFileSync(path, kept[index] as Buffer)
      })
      const load = `https://127.0.0.1:${base}/v1/cluster/load-x509/labtarget1`
      const roots = join(lab.generation(), 'roots.pem')
      expect(spawnSync('curl', ['-q', '-sSf', '--cacert', roots, '-X', 'PUT', load]).status).toBe(0)
      files.forEach((path, index) => {
        writeFileSync(path, fresh[index] as Buffer)
      })
      const run = await must(['verify', endpoint], 1)
      expect(run.stdout + run.stderr).toContain('labtarget1')
      await init()
      expectWhole('https')
      await disable()
    },
  )
})

describe('a cluster that does not come back', () => {
  it('no key: doctor says so, and it comes back on HTTP without an answer', async () => {
    await init()
    rmSync(inLab('tls/server.key'))
    startByHand()
    const { findings } = await doctor()
    expect(findings).toMatchObject([
      { id: 'aistore.no-file', subject: 'p labproxy1, t labtarget1, t labtarget2' },
    ])
    await must(['disable', endpoint, '--yes'], 69)
    await offline()
    expectWhole('http')
  })

  it('expired: doctor says so, and it comes back', async () => {
    await init()
    const old = make({ names: ['localhost', '127.0.0.1'], at: Date.now(), from: -30, to: -1 })
    writeFileSync(inLab('tls/server.key'), old.keyPem)
    writeFileSync(inLab('tls/server.crt'), old.pem)
    startByHand()
    const { findings } = await doctor()
    expect(findings.map(({ id }: { id: string }) => id)).toContain('aistore.not-valid')
    rmSync(inLab('tls'), { recursive: true })
    await offline()
    expectWhole('http')
  })

  it('resume: the files are gone when the nodes start, and the run puts them there again', async () => {
    const seen = journalLength()
    const child = lab.start(['init', '--answers', 'a.yaml', '--yes'])
    const end = ended(child)
    await journaled(seen, ({ type, id }) => type === 'step.started' && id === 'change.shutdown')
    child.kill('SIGKILL')
    await end
    rmSync(inLab('tls'), { recursive: true })
    startByHand()
    await must(['init', '--resume', endpoint])
    expectWhole('https')
    await disable()
  })

  it('maps: all of them deleted, another UUID is found and taken back', async () => {
    await init()
    spawnSync(restart, ['--force', '--delete-smap'])
    expect(lab.ask('/v1/daemon?what=smap').uuid).not.toBe(uuid)
    const { findings } = await doctor()
    expect(findings).toMatchObject([{ id: 'aistore.other-uuid' }])
    await offline()
    expectWhole('http')
  })

  it.runIf(whole)('CA: nodes no longer trust each other, and come back', async () => {
    await init()
    await breakBy('net.http.client_ca_tls=')
    const { findings } = await doctor()
    expect(findings).toMatchObject([{ id: 'aistore.no-ca' }])
    node('stop')
    await offline()
    expectWhole('http')
  })

  it.runIf(whole)('clientAuth: nodes refuse each other at level 4, and come back', async () => {
    const root = make({ ca: true, cn: 'Lab CA', at: Date.now() })
    const leaf = make({
      ...{ issuer: root, names: ['localhost', '127.0.0.1'], at: Date.now() },
      eku: ['serverAuth'],
    })
    lab.file('chain.pem', leaf.pem)
    lab.file('key.pem', leaf.keyPem)
    chmodSync(inLab('key.pem'), 0o600)
    lab.file('ca.pem', root.pem)
    const certificate = '{source: uploaded, chain: ./chain.pem, key: ./key.pem, roots: ./ca.pem}'
    lab.file('own.yaml', answersOf(certificate))
    await init(0, 'own.yaml')
    await breakBy('net.http.client_auth_tls=4')
    const { findings } = await doctor()
    const found = findings.map(({ id }: { id: string }) => id)
    expect(found).toContain('aistore.no-client-usage')
    node('stop')
    await offline()
    expectWhole('http')
  })
})

describe.runIf(whole)('killed after a line of the journal', () => {
  const random = seededRandom(6)
  it.each(Array.from({ length: 4 }, random))('killed: at %f of the way', async part => {
    const lines = journalOfOneRun()
    const seen = journalLength()
    const child = lab.start(['init', '--answers', 'a.yaml', '--yes'])
    const end = ended(child)
    while (journalLength() < seen + 1 + Math.floor(part * lines) && child.exitCode === null)
      await sleep(5)
    child.kill('SIGKILL')
    await end
    await init()
    expectWhole('https')
    await disable()
  })
})

interface Line {
  type: string
  id?: string
}

function journalLength(): number {
  try {
    return lab.journal().length
  } catch {
    return 0 // before the first run there is none
  }
}

/** How many lines an enable writes, as the last whole one did. */
function journalOfOneRun(): number {
  const runs = new Map<string, number>()
  for (const { run } of lab.journal()) runs.set(run, (runs.get(run) ?? 0) + 1)
  return Math.max(...runs.values())
}

async function journaled(from: number, wanted: (line: Line) => boolean) {
  while (journalLength() === 0 || !lab.journal().slice(from).some(wanted)) await sleep(10)
}
