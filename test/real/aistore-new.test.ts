import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RealAistore, realAistore } from '../support/real-aistore.ts'
import { ended } from '../support/sandbox.ts'

const endpoint = 'ais-new'
const script = new URL('../support/aistore-nodes.sh', import.meta.url).pathname
const port = Number(process.env.AIS_LAB_PORT ?? '18080') + 100
const ports = [0, 1000, 2000].flatMap(net => [0, 1, 2].map(index => port + net + index))
const listeners = ports.map(each => `127.0.0.1:${each}`)
// its name is that of its mountpaths below those of the lab
const nodes = join(process.env.AIS_LAB_CACHE ?? '', `new-${process.pid}`)

let lab: RealAistore

const answers = (more: string, name = endpoint) => `version: 1
endpoint: ${name}
domain: localhost
certificate: {source: self-signed, authority: local}
target:
  kind: aistore
  deployment: new
  gateway: https://127.0.0.1:${port}
  targets: 2
  certFile: ${lab.folder}/tls/server.crt
  place: here
  restartWait: 2m
${more}
dns: {how: none}
`

const withScript = `  restart: ${script} ${nodes} ${port} start`
const byHand = (verb: string, env: Record<string, string> = {}) =>
  spawnSync(script, [nodes, String(port), verb], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })

beforeAll(() => {
  mkdirSync(nodes)
  lab = realAistore(endpoint, {
    port,
    listeners,
    restart: [script, nodes, String(port), 'restart'],
  })
  lab.file('a.yaml', answers(withScript))
})

afterAll(() => {
  byHand('stop')
  removeNodes()
  lab.close()
})

function removeNodes() {
  const settings = readFileSync(join(process.env.AIS_LAB_STATE ?? '', 'settings'), 'utf8')
  const mountpaths = /^SAVED_MP=(.*)$/m.exec(settings)?.[1] ?? ''
  rmSync(join(mountpaths, `new-${process.pid}`), { recursive: true, force: true })
  rmSync(nodes, { recursive: true, force: true })
}

const must = (args: string[], exit = 0) => lab.must(args, exit, labEnv())

/** What the script hangs on, as a user's own would on an environment of its own. */
function labEnv(): Record<string, string> {
  const named = ['AIS_LAB_STATE', 'AIS_LAB_CACHE', 'AIS_LAB_VERSION']
  return Object.fromEntries(named.map(name => [name, process.env[name] ?? '']))
}

function recordedLeaf(): string {
  return JSON.parse(readFileSync(join(lab.generation(), 'meta.json'), 'utf8')).leaf.fingerprint
}

function expectHttps(): string {
  const leaf = recordedLeaf()
  expect(lab.leaves()).toEqual(Array(9).fill(leaf))
  const map = lab.ask('/v1/daemon?what=smap')
  const urls = JSON.stringify(map).match(/"direct_url":"[a-z]+/g) ?? []
  expect(new Set(urls)).toEqual(new Set(['"direct_url":"https']))
  expect(Object.keys(map.tmap)).toHaveLength(2)
  return leaf
}

const pids = () =>
  ['p1', 't1', 't2'].map(each => readFileSync(join(nodes, each, 'pid'), 'utf8').trim())

/** One object goes in through the gateway and comes back, with curl and the recorded root alone. */
function curlObject(...args: string[]): string {
  const url = `https://localhost:${port}/v1/${args[0]}`
  const { status, stdout, stderr } = spawnSync(
    'curl',
    [
      '-q',
      '-sSfL',
      // a redirect before all of the body has gone is a broken stream of HTTP/2 to curl 7.88
      '--http1.1',
      '-m',
      '60',
      // for seconds after a start it says that it is not ready
      '--retry',
      '30',
      '--retry-delay',
      '1',
      '--cacert',
      join(lab.generation(), 'roots.pem'),
      ...args.slice(1),
      url,
    ],
    { encoding: 'utf8' },
  )
  expect(status, `${args.join(' ')}: ${stderr}`).toBe(0)
  return stdout
}

/** What the first target says of itself: node and cluster have started. */
function targetHasJoined(): boolean {
  const { stdout } = spawnSync(
    'curl',
    [
      ...['-q', '-sS', '-m', '5', '--cacert', join(lab.generation(), 'roots.pem')],
      `https://127.0.0.1:${port + 1}/v1/daemon?what=node_status`,
    ],
    { encoding: 'utf8' },
  )
  return stdout.startsWith('{') && (JSON.parse(stdout).cluster.flags & 6) === 6
}

const object = 'objects/first/one'
const content = 'one object, written over HTTPS alone'

describe('a new AIStore cluster', () => {
  it('enable none: from nothing to proven HTTPS on all nine ports, at the first start', async () => {
    expect(existsSync(join(nodes, 'ais.json'))).toBe(false)
    const { stdout } = await must(['init', '--answers', 'a.yaml', '--yes'])
    expect(stdout).toContain('tls.leaf')
    expectHttps()
    const { net, proxy } = JSON.parse(readFileSync(join(nodes, 'ais.json'), 'utf8'))
    expect(net.http).toMatchObject({ use_https: true, skip_verify: false, client_auth_tls: 0 })
    expect(proxy.primary_url).toBe(`https://127.0.0.1:${port}`)
    // it never spoke anything else: nodes read ais.json once, and nobody has set anything since
    expect(
      readFileSync(join(nodes, 'p1/console.log'), 'utf8').match(/load initial global config/g),
    ).toHaveLength(1)
  })

  it('serves: one object is written and read', () => {
    const json = ['-H', 'content-type: application/json', '-d', '{"action":"create-bck"}']
    curlObject('buckets/first', '-X', 'POST', ...json)
    curlObject(object, '-X', 'PUT', '--data-binary', content)
    expect(curlObject(object)).toBe(content)
  })

  it('again: the same command starts nothing and changes nothing', async () => {
    const before = [pids(), expectHttps(), lab.ask('/v1/daemon?what=smap').version]
    await must(['init', '--answers', 'a.yaml', '--yes'])
    expect([pids(), expectHttps(), lab.ask('/v1/daemon?what=smap').version]).toEqual(before)
    await must(['verify', endpoint])
    await must(['status', endpoint, '--once'])
  })

  it('refuse: another new cluster at an address that answers', async () => {
    lab.file('other.yaml', answers(withScript, 'ais-other'))
    const { stderr } = await must(['init', '--answers', 'other.yaml', '--yes'], 65)
    expect(stderr).toContain('Something answers where the new cluster shall be.')
    expect(stderr).toContain('target.deployment: running')
  })

  it('rotate: another leaf on all nine ports, and no node was restarted', async () => {
    const before = { pids: pids(), leaf: expectHttps() }
    await must(['rotate', endpoint, '--yes'])
    expect(pids()).toEqual(before.pids)
    expect(expectHttps()).not.toBe(before.leaf)
    expect(curlObject(object)).toBe(content)
  })

  it('a target that restarts joins', async () => {
    const [, before] = pids()
    expect(lab.restartTarget('t1')).toBe(undefined)
    expect(pids()[1]).not.toBe(before)
    await expect.poll(targetHasJoined, { timeout: 120_000, interval: 500 }).toBe(true)
    await must(['verify', endpoint])
    expectHttps()
  })

  it('disable: it goes to HTTP and back as any other', async () => {
    await must(['disable', endpoint, '--yes'])
    expect(lab.leaves()).toEqual(Array(9).fill(''))
    await must(['init', '--answers', 'a.yaml', '--yes'])
    expectHttps()
    expect(curlObject(object)).toBe(content)
  })

  it('by hand: nodes that come up on HTTP are named, and the same command goes on with those that do not', async () => {
    byHand('stop')
    removeNodes()
    mkdirSync(nodes)
    const name = 'ais-hand'
    const record = join(lab.state, 'endpoints', name)
    lab.file('hand.yaml', answers('', name).replace('/tls/', '/tls-hand/'))
    const begin = async (env: Record<string, string>) => {
      const run = lab.start(['init', '--answers', 'hand.yaml', '--yes'])
      const end = ended(run)
      const waits = () => {
        const path = join(record, 'journal.ndjson')
        const lines = existsSync(path) ? readFileSync(path, 'utf8') : ''
        return lines.slice(seen).includes('"id":"change.start"')
      }
      let over = false
      void end.then(() => {
        over = true
      })
      while (!waits() && !over) await sleep(50)
      expect(byHand('start', env).status).toBe(0)
      const { exit, stdout, stderr } = await end
      return { exit, said: stdout + stderr }
    }
    let seen = 0
    const first = await begin({})
    expect(first.exit, first.said).toBe(1)
    expect(first.said).toContain('The new cluster has started on HTTP.')
    byHand('stop')
    removeNodes()
    mkdirSync(nodes)
    seen = readFileSync(join(record, 'journal.ndjson'), 'utf8').length
    const section = join(record, 'generations/1/ais.json')
    const second = await begin({ SECURE_ENDPOINT_AIS_JSON: section })
    expect(second.exit, second.said).toBe(0)
    const { leaf } = JSON.parse(readFileSync(join(record, 'generations/1/meta.json'), 'utf8'))
    expect(lab.leaves()).toEqual(Array(9).fill(leaf.fingerprint))
  })

  it.runIf(process.env.SE_REAL_PART !== '1')(
    'script: the plan as a script starts the cluster, and again changes nothing',
    async () => {
      byHand('stop')
      removeNodes()
      mkdirSync(nodes)
      lab.file('script.yaml', answers(withScript, 'ais-script').replace('/tls/', '/tls-script/'))
      const { stdout } = await must(['plan', '--answers', 'script.yaml', '--format', 'sh'])
      const plan = lab.file('plan.sh', stdout)
      const work = join(lab.folder, 'work')
      const env = { ...process.env, WORK: work, YES: '1' }
      const play = () => spawnSync('bash', [plan], { encoding: 'utf8', env, timeout: 180_000 })
      const first = play()
      expect(first.status, first.stderr).toBe(0)
      const leaves = lab.leaves()
      const { stdout: own } = spawnSync(
        'openssl',
        ['x509', '-noout', '-fingerprint', '-sha256', '-in', join(work, 'new/chain.pem')],
        { encoding: 'utf8' },
      )
      expect(leaves).toEqual(Array(9).fill(own.trim().split('=')[1]))
      const before = pids()
      expect(play().status).toBe(0)
      expect([pids(), lab.leaves()]).toEqual([before, leaves])
    },
  )
})
