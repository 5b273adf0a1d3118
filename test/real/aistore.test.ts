import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLoad } from '../support/load.ts'
import { type RealAistore, realAistore } from '../support/real-aistore.ts'
import { ended } from '../support/sandbox.ts'

const whole = process.env.SE_REAL_PART !== '1'
const endpoint = 'ais-lab'
const { AIS_LAB_RESTART: restart = '', AIS_LAB_PORT: port = '18080' } = process.env

let lab: RealAistore
let uuid: string

const answers = (more = '', certificate = '{source: self-signed, authority: local}') => `version: 1
endpoint: ${endpoint}
domain: localhost
certificate: ${certificate}
target:
  kind: aistore
  gateway: http://127.0.0.1:${port}
  certFile: ${lab.folder}/tls/server.crt
  place: here
  restart: ${restart}
${more}
dns: {how: none}
`

beforeAll(async () => {
  lab = realAistore(endpoint)
  lab.file('a.yaml', answers())
  uuid = lab.ask('/v1/daemon?what=smap').uuid
  await lab.writeObjects()
})

afterAll(async () => {
  // a cluster whose pair is gone would not start again
  await lab.cli(['disable', endpoint, '--yes'])
  lab.close()
})

const enable = () => lab.must(['init', '--answers', 'a.yaml', '--yes'])

/** All nine ports serve the recorded leaf, seen by openssl alone; every URL of the map is https. */
function expectHttps(): string {
  const { leaf } = JSON.parse(readFileSync(join(lab.generation(), 'meta.json'), 'utf8'))
  expect(lab.leaves()).toEqual(Array(9).fill(leaf.fingerprint))
  expectWhole('https')
  return leaf.fingerprint
}

function expectHttp() {
  expect(lab.leaves()).toEqual(Array(9).fill(''))
  expectWhole('http')
}

/** Nothing is lost: UUID, nodes and objects are those of before, and a target that restarts joins. */
function expectWhole(scheme: 'http' | 'https') {
  const map = lab.ask('/v1/daemon?what=smap')
  const urls = JSON.stringify(map).match(/"direct_url":"[a-z]+/g) ?? []
  expect(new Set(urls)).toEqual(new Set([`"direct_url":"${scheme}`]))
  expect([map.uuid, Object.keys(map.tmap).length]).toEqual([uuid, 2])
  expect(lab.ask('/v1/cluster?what=cluster_config').uuid).toBe(uuid)
  expect(lab.lostObjects()).toEqual([])
  expect(lab.restartTarget('t1')).toBe(undefined)
  expect(lab.ask('/v1/daemon?what=smap').uuid).toBe(uuid)
}

describe('a real AIStore cluster', () => {
  it('refuse: a pair that does not belong together is refused before anything is asked', async () => {
    for (const name of ['one', 'two'])
      spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-days', '30', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
        ...['-keyout', join(lab.folder, `${name}.key`), '-out', join(lab.folder, `${name}.pem`)],
      ])
    let asked = 0
    const counting = createServer((_request, response) => {
      asked += 1
      response.end()
    })
    await new Promise<void>(resolve => counting.listen(0, '127.0.0.1', resolve))
    const { port: own } = counting.address() as AddressInfo
    const bad = answers('', '{source: uploaded, chain: ./one.pem, key: ./two.key}')
    lab.file('bad.yaml', bad.replace(`127.0.0.1:${port}`, `127.0.0.1:${own}`))
    const run = await lab.must(['init', '--answers', 'bad.yaml', '--yes'], 65)
    counting.close()
    expect(run.stderr).toContain('The key does not belong to this certificate.')
    expect(asked).toBe(0)
  })

  it('naive: ais cluster shutdown without a terminal ends with 0 and shuts nothing down', async () => {
    const naive = spawnSync('ais', ['cluster', 'shutdown'], {
      input: '',
      encoding: 'utf8',
      env: {
        ...process.env,
        AIS_ENDPOINT: `http://127.0.0.1:${port}`,
        AIS_LAB_CLI_CONFIG_DIR: lab.folder,
      },
    })
    expect([naive.status, naive.stdout + naive.stderr]).toEqual([
      0,
      expect.stringContaining('Operation canceled'),
    ])
    expect(lab.ask('/v1/daemon?what=node_status').cluster.flags % 8).toBe(6)
  })

  it('enable http: from HTTP to proven HTTPS on all nine ports', async () => {
    await enable()
    expectHttps()
    expect(statSync(join(lab.folder, 'tls/server.key')).mode & 0o777).toBe(0o600)
    const { http } = lab.ask('/v1/cluster?what=cluster_config').net
    expect(http).toMatchObject({ use_https: true, skip_verify: false })
  })

  it('again: the same command changes nothing', async () => {
    const before = lab.ask('/v1/daemon?what=smap').version
    const run = await enable()
    expect(run.stdout).toContain('already so: Load the new pair on each node')
    expect(lab.ask('/v1/daemon?what=smap').version).toBe(before)
  })

  it('rotate: another leaf on all nine ports, and no node was restarted', async () => {
    const before = expectHttps()
    const started = spawnSync(process.env.AIS_LAB_NODE ?? '', ['pid'], { encoding: 'utf8' })
    await lab.must(['rotate', endpoint, '--yes'])
    const now = spawnSync(process.env.AIS_LAB_NODE ?? '', ['pid'], { encoding: 'utf8' })
    expect(now.stdout).toBe(started.stdout)
    expect(expectHttps()).not.toBe(before)
  })

  it('rotate: under 50 new connections a second and one that stays, none is lost', async () => {
    const load = startLoad({
      ...{ host: '127.0.0.1', port: Number(port), name: 'localhost', path: '/v1/health' },
      ...{ roots: join(lab.generation(), 'roots.pem'), rate: 50 },
    })
    const exits: unknown[] = []
    for (let times = 1; times <= 4; times += 1)
      exits.push((await lab.cli(['rotate', endpoint, '--yes'])).exit)
    const { connections, requests, lost, seconds } = await load.end()
    expect(exits).toEqual([0, 0, 0, 0])
    expect(lost).toEqual([])
    expect(connections).toBeGreaterThanOrEqual(Math.floor(50 * (seconds - 1)))
    expect(requests).toBeGreaterThan(1)
    expectHttps()
  })

  it('rotate --undo: the pair of before is served again', async () => {
    const before = lab.leaves()
    await lab.must(['rotate', endpoint, '--undo', '--yes'])
    expect(expectHttps()).not.toBe(before[0])
    await lab.must(['verify', endpoint])
    await lab.must(['status', endpoint, '--once'])
  })

  it('disable: every node answers HTTP, and its paths are cleared', async () => {
    await lab.must(['disable', endpoint, '--yes'])
    expectHttp()
    const { http } = lab.ask('/v1/cluster?what=cluster_config').net
    expect(http).toMatchObject({ use_https: false, server_crt: '', server_key: '' })
    expect(http.client_ca_tls).toBe('')
  })

  it('undo: a command that starts nothing takes the run back to HTTP, by the kept state of the nodes', async () => {
    const script = lab.file(
      'restart.sh',
      `#!/bin/sh\nif mkdir '${lab.folder}/failed' 2>/dev/null; then echo 'unit ais is masked' >&2; exit 1; fi\nexec '${restart}'\n`,
    )
    chmodSync(script, 0o755)
    lab.file('masked.yaml', answers().replace(restart, script))
    const run = await lab.must(['init', '--answers', 'masked.yaml', '--yes'], 1)
    expect(run.stdout).toContain('the kept settings of every node are back')
    expectHttp()
  })

  it.runIf(whole)(
    'script: the plan as a script, without node on PATH, reaches the same state',
    async () => {
      const own = answers().replaceAll(`${lab.folder}/tls/`, `${lab.folder}/tls-script/`)
      lab.file('script.yaml', own)
      const { stdout } = await lab.must(['plan', '--answers', 'script.yaml', '--format', 'sh'])
      const script = lab.file('plan.sh', stdout)
      const bare = join(lab.folder, 'usr-bin')
      spawnSync('bash', [
        '-c',
        `mkdir '${bare}' && for f in /usr/bin/*; do b=$(basename "$f"); case $b in node|nodejs|npm|npx) ;; *) ln -s "$f" '${bare}/' ;; esac; done`,
      ])
      const path = ['/usr/local/sbin', '/usr/sbin', bare, '/sbin', '/bin'].filter(
        folder => !existsSync(join(folder, 'node')),
      )
      const work = join(lab.folder, 'work')
      const { SECURE_ENDPOINT_LABS } = lab.env
      const { HOME } = process.env
      const env = { PATH: path.join(':'), HOME, SECURE_ENDPOINT_LABS, WORK: work, YES: '1' }
      const run = spawnSync('bash', [script], { encoding: 'utf8', env, timeout: 300_000 })
      expect(run.status, run.stderr).toBe(0)
      const leaf = spawnSync(
        'openssl',
        ['x509', '-noout', '-fingerprint', '-sha256', '-in', join(work, 'new/chain.pem')],
        { encoding: 'utf8' },
      ).stdout
      expect(new Set(lab.leaves())).toEqual(new Set([leaf.trim().split('=')[1]]))
      // back to HTTP by hand: the record knows nothing of what a script did
      const roots = ['--cacert', join(work, 'new/roots.pem')]
      const put = (path: string, ...rest: string[]) => {
        // seconds after a start the cluster says 503 to a change
        const again = ['--retry', '30', '--retry-delay', '1', '--retry-all-errors']
        const url = `https://127.0.0.1:${port}/v1/cluster${path}`
        return spawnSync('curl', ['-q', '-sSf', ...again, ...roots, '-X', 'PUT', ...rest, url])
      }
      expect(put('/set-config?net.http.use_https=false').status).toBe(0)
      put('', '-H', 'content-type: application/json', '-d', '{"action":"shutdown"}')
      expect(spawnSync(restart).status).toBe(0)
      expectHttp()
    },
  )

  it('killed: while the nodes are started, the command killed too', () => killedAt(isRestart, true))

  it.runIf(whole)('killed: while the nodes are started, the command left alive', () =>
    killedAt(isRestart, false),
  )

  it.runIf(whole)('killed: between use_https and the shutdown', () =>
    killedAt(({ type, id }) => type === 'step.started' && id === 'change.shutdown', false),
  )

  it.runIf(whole)('rotate root: a pair of another root starts the nodes again', async () => {
    const before = expectHttps()
    lab.file('none.yaml', answers('', '{source: self-signed, authority: none}'))
    await lab.must(['rotate', endpoint, '--answers', 'none.yaml', '--yes'])
    const own = expectHttps()
    expect(own).not.toBe(before)
    await lab.must(['rotate', endpoint, '--undo', '--yes'])
    expect(expectHttps()).toBe(before)
  })
})

interface Line {
  type: string
  id?: string
  argv?: string[]
  pid?: number
}

const isRestart = ({ type, argv }: Line) => type === 'tool.started' && argv?.[0] === restart

/** Enables, kills it where the journal says so, and lets the same command finish what it began. */
async function killedAt(point: (line: Line) => boolean, toolToo: boolean) {
  const { use_https } = lab.ask('/v1/cluster?what=cluster_config').net.http
  if (use_https) await lab.must(['disable', endpoint, '--yes'])
  const seen = lab.journal().length
  const child = lab.start(['init', '--answers', 'a.yaml', '--yes'])
  const end = ended(child)
  const found = () => lab.journal().slice(seen).find(point)
  while (!found()) await sleep(20)
  child.kill('SIGKILL')
  const { pid } = found() ?? {}
  if (toolToo && pid !== undefined) process.kill(-pid, 'SIGKILL')
  await end
  await enable()
  expectHttps()
}
