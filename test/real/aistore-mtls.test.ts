import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { make } from '../support/certificates.ts'
import { freshCluster, type RealAistore, realAistore } from '../support/real-aistore.ts'

const whole = process.env.SE_REAL_PART !== '1'
const endpoint = 'ais-mtls'
const { AIS_LAB_RESTART: restart = '', AIS_LAB_PORT: port = '18080' } = process.env
const listeners = `${process.env.AIS_LAB_PUBLIC} ${process.env.AIS_LAB_INTRA}`.split(' ')

let lab: RealAistore
let uuid: string

const answers = (more = '') => `version: 1
endpoint: ${endpoint}
domain: localhost
certificate: {source: self-signed, authority: local}
target:
  kind: aistore
  gateway: http://127.0.0.1:${port}
  certFile: ${lab.folder}/tls/server.crt
  place: here
  restart: ${restart}
${more}
dns: {how: none}
`

/** A new, empty cluster of a version on HTTP. */
async function begin(version: string) {
  freshCluster('--version', version)
  lab = realAistore(endpoint)
  lab.file('a.yaml', answers())
  for (const level of [0, 1, 2, 3, 4]) lab.file(`${level}.yaml`, answers(`  clientAuth: ${level}`))
  uuid = lab.ask('/v1/daemon?what=smap').uuid
  await lab.writeObjects()
}

afterAll(() => freshCluster('--version', '5.0'))

/** All nine ports serve the recorded leaf, and nothing is lost; a target that restarts joins again. */
function expectHttps(): string {
  const { leaf } = JSON.parse(readFileSync(join(lab.generation(), 'meta.json'), 'utf8'))
  expect(lab.leaves()).toEqual(Array(9).fill(leaf.fingerprint))
  expectWhole('https')
  return leaf.fingerprint
}

function expectWhole(scheme: 'http' | 'https') {
  const map = lab.ask('/v1/daemon?what=smap')
  const urls = JSON.stringify(map).match(/"direct_url":"[a-z]+/g) ?? []
  expect(new Set(urls)).toEqual(new Set([`"direct_url":"${scheme}`]))
  expect([map.uuid, Object.keys(map.tmap).length]).toEqual([uuid, 2])
  expect(lab.lostObjects()).toEqual([])
  expect(lab.restartTarget('t1')).toBe(undefined)
}

async function disabled() {
  await lab.must(['disable', endpoint, '--yes'])
  expect(lab.leaves()).toEqual(Array(9).fill(''))
  expectWhole('http')
  expect(lab.ask('/v1/cluster?what=cluster_config').net.http).toMatchObject({
    use_https: false,
    server_crt: '',
    client_ca_tls: '',
    client_auth_tls: 0,
  })
}

/** Whether curl, not our code, gets an answer from each listener, of whatever status. */
function statuses(pair?: { chain: string; key: string }): Set<string> {
  const own = pair ? ['--cert', pair.chain, '--key', pair.key] : []
  const roots = join(lab.generation(), 'roots.pem')
  const seen = listeners.map(address => {
    const url = `https://${address}/v1/health`
    const args = ['-q', '-s', '-m', '10', '--cacert', roots, ...own, '-o', '/dev/null']
    return spawnSync('curl', [...args, '-w', '%{http_code}', url], { encoding: 'utf8' }).stdout ===
      '000'
      ? 'refused'
      : 'answered'
  })
  return new Set(seen)
}

/** A certificate of another authority, by openssl. */
function stranger() {
  const chain = join(lab.folder, 'stranger.pem')
  const key = join(lab.folder, 'stranger.key')
  spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '2', '-subj', '/CN=stranger', '-addext', 'extendedKeyUsage=clientAuth'],
    ...['-keyout', key, '-out', chain],
  ])
  return { chain, key }
}

/** Pairs of another authority for nodes and clients, and the answers that name them. */
function otherAnswers(level: number): string {
  const folder = join(lab.folder, 'other')
  if (!existsSync(folder)) {
    mkdirSync(folder)
    const root = make({ ca: true, cn: 'Other Root', at: Date.now() })
    writeFileSync(join(folder, 'roots.pem'), root.pem)
    for (const [name, eku] of [
      ['node', ['serverAuth', 'clientAuth']],
      ['client', ['clientAuth']],
    ] as const) {
      const names = name === 'node' ? ['localhost', '127.0.0.1'] : ['client.lab.test']
      const made = make({ issuer: root, names, eku: [...eku], at: Date.now() })
      writeFileSync(join(folder, `${name}.pem`), made.pem)
      writeFileSync(join(folder, `${name}.key`), made.keyPem, { mode: 0o600 })
    }
  }
  return answers(
    `  clientAuth: ${level}\n  clientChain: ./other/client.pem\n  clientKey: ./other/client.key`,
  ).replace(
    '{source: self-signed, authority: local}',
    '{source: uploaded, chain: ./other/node.pem, key: ./other/node.key, roots: ./other/roots.pem}',
  )
}

/** Where the lab's `ais` keeps its settings: it looks past HOME. */
function aisSettings() {
  const folder = join(lab.folder, 'ais')
  mkdirSync(folder, { recursive: true })
  return { AIS_LAB_CLI_CONFIG_DIR: folder }
}

/** The lab's `ais`, with no settings but these variables. */
function ais(env: Record<string, string>) {
  return spawnSync('ais', ['show', 'cluster'], {
    encoding: 'utf8',
    env: {
      ...{ PATH: process.env.PATH ?? '', HOME: lab.folder },
      ...aisSettings(),
      ...env,
    },
  })
}

describe('client certificates of a real AIStore 5.0', () => {
  beforeAll(() => begin('5.0'))
  afterAll(() => lab.close())

  it('enable http: from HTTP to HTTPS, where nobody is asked for a certificate', async () => {
    await lab.must(['init', '--answers', 'a.yaml', '--yes'])
    expectHttps()
    expect(statuses()).toEqual(new Set(['answered']))
  })

  // what a client without a certificate and one with a stranger's get, as the transcript has it
  const rules = [
    [1, 'answered', 'answered'],
    [2, 'refused', 'answered'],
    [3, 'answered', 'refused'],
    [4, 'refused', 'refused'],
  ] as const
  it.each(whole ? rules : rules.slice(-1))(
    'client auth: level %i, none %s, a stranger %s',
    async (level, none, strange) => {
      const leaf = expectHttps()
      await lab.must(['init', '--answers', `${level}.yaml`, '--yes'])
      expect(expectHttps()).toBe(leaf)
      const own = {
        chain: join(lab.record, 'client/chain.pem'),
        key: join(lab.record, 'client/key.pem'),
      }
      expect(statuses()).toEqual(new Set([none]))
      expect(statuses(stranger())).toEqual(new Set([strange]))
      expect(statuses(own)).toEqual(new Set(['answered']))
      await lab.must(['verify', endpoint])
      const before = lab.ask('/v1/daemon?what=smap').version
      await lab.must(['init', '--answers', `${level}.yaml`, '--yes'])
      expect(lab.ask('/v1/daemon?what=smap').version).toBe(before)
    },
  )

  it('ais: without a certificate it is kept out, with the variables that we print it works', async () => {
    const trust = { AIS_CLIENT_CA: join(lab.generation(), 'roots.pem') }
    const to = { AIS_ENDPOINT: `https://127.0.0.1:${port}`, ...trust }
    const out = ais(to)
    expect([out.status, `${out.stderr}${out.stdout}`]).toEqual([
      1,
      expect.stringContaining('certificate required'),
    ])
    const { stdout } = await lab.must(['show', endpoint])
    const variable = (name: string) => new RegExp(` ${name}=(\\S+)`).exec(stdout)?.[1] ?? ''
    const shown = { AIS_CRT: variable('AIS_CRT'), AIS_CRT_KEY: variable('AIS_CRT_KEY') }
    expect(ais({ ...to, ...shown }).status).toBe(0)
  })

  it('ais: its settings follow where that is asked for, and it needs no variable', async () => {
    lab.file('cli.yaml', answers('  clientAuth: 4\n  cli: set'))
    const run = await lab.cli(['init', '--answers', 'cli.yaml', '--yes'], { env: aisSettings() })
    expect(run.exit, run.stderr).toBe(0)
    expect(ais({}).status).toBe(0)
  })

  it('rotate: where each node and client needs a certificate, with no node restarted', async () => {
    const before = expectHttps()
    const pids = () =>
      spawnSync(process.env.AIS_LAB_NODE ?? '', ['pid'], { encoding: 'utf8' }).stdout
    const started = pids()
    await lab.must(['rotate', endpoint, '--yes'])
    expect(pids()).toBe(started)
    expect(expectHttps()).not.toBe(before)
  })

  it.runIf(whole)('killed: while the nodes start with another level', async () => {
    const seen = lab.journal().length
    const child = lab.start(['init', '--answers', '2.yaml', '--yes'])
    const end = new Promise(resolve => child.once('close', resolve))
    const found = () =>
      lab
        .journal()
        .slice(seen)
        .some(({ type, argv }) => type === 'tool.started' && argv?.[0] === restart)
    while (!found()) await new Promise(resolve => setTimeout(resolve, 20))
    child.kill('SIGKILL')
    await end
    await lab.must(['init', '--answers', '2.yaml', '--yes'])
    expectHttps()
    expect(statuses(stranger())).toEqual(new Set(['answered']))
    expect(statuses()).toEqual(new Set(['refused']))
  })

  it('back to 0: nobody is asked for a certificate any more', async () => {
    await lab.must(['init', '--answers', '0.yaml', '--yes'])
    expectHttps()
    expect(statuses()).toEqual(new Set(['answered']))
  })

  it.runIf(whole)(
    'rotate root: at level 4 refused, and done on the way that it names',
    async () => {
      await lab.must(['init', '--answers', '4.yaml', '--yes'])
      const leaf = expectHttps()
      for (const level of [2, 4]) lab.file(`other${level}.yaml`, otherAnswers(level))
      const refused = await lab.must(['rotate', endpoint, '--answers', 'other4.yaml', '--yes'], 65)
      expect(refused.stderr).toContain('Clients are verified by the root that is to be replaced.')
      expect(refused.stderr).toContain(`rotate ${endpoint} --answers new.yaml`)
      expect(expectHttps()).toBe(leaf)
      await lab.must(['init', '--answers', '2.yaml', '--yes'])
      expectHttps()
      await lab.must(['rotate', endpoint, '--answers', 'other2.yaml', '--yes'])
      expect(expectHttps()).not.toBe(leaf)
      await lab.must(['init', '--answers', 'other4.yaml', '--yes'])
      const [chain = '', key = ''] = ['pem', 'key'].map(end =>
        join(lab.folder, `other/client.${end}`),
      )
      lab.pair = { chain, key }
      expectHttps()
      expect(statuses(lab.pair)).toEqual(new Set(['answered']))
      expect(statuses(stranger())).toEqual(new Set(['refused']))
      expect(statuses()).toEqual(new Set(['refused']))
      await lab.must(['init', '--answers', 'other2.yaml', '--yes'])
      await lab.must(['rotate', endpoint, '--answers', '2.yaml', '--yes'])
      lab.pair = undefined
      expectHttps()
    },
  )

  it('disable: from the level that demands one straight back to HTTP', async () => {
    await lab.must(['init', '--answers', '4.yaml', '--yes'])
    await disabled()
  })

  it.runIf(whole)('enable http: straight to the level that demands one', async () => {
    await lab.must(['init', '--answers', '4.yaml', '--yes'])
    expectHttps()
    expect(statuses()).toEqual(new Set(['refused']))
    await disabled()
  })
})

describe('a real AIStore 4.9', () => {
  beforeAll(() => begin('4.9'))
  afterAll(() => lab.close())

  it('enable http: from HTTP to proven HTTPS on all nine ports', async () => {
    await lab.must(['init', '--answers', 'a.yaml', '--yes'])
    expectHttps()
  })

  it('rotate: another leaf on all nine ports', async () => {
    const before = expectHttps()
    await lab.must(['rotate', endpoint, '--yes'])
    expect(expectHttps()).not.toBe(before)
  })

  it.runIf(whole)('client auth: level 4', async () => {
    await lab.must(['init', '--answers', '4.yaml', '--yes'])
    expectHttps()
    expect(statuses()).toEqual(new Set(['refused']))
  })

  it('disable: every node answers HTTP', disabled)
})
