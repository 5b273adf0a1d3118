import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RealSky, realSky } from '../support/real-sky.ts'
import { ended } from '../support/sandbox.ts'

const whole = process.env.SE_REAL_PART !== '1'
const service = `svc-${process.pid.toString(36)}`
const domain = `${service}.lab.test`

let lab: RealSky

const serviceYaml = `# the owner's file
service:
  readiness_probe: /
  replicas: 1
resources:
  ports: 8080
  cpus: 1
  memory: 1
run: python3 -m http.server 8080
`

const answers = (certificate = '{source: self-signed, authority: local}') => `version: 1
endpoint: ${service}
domain: ${domain}
certificate: ${certificate}
target: {kind: skyserve, service: ${service}, yaml: ./service.yaml}
dns: {server: ${process.env.LAB_DNS_RESOLVER}, wait: 3m}
`

beforeAll(() => {
  lab = realSky()
  lab.file('service.yaml', serviceYaml)
  lab.file('a.yaml', answers())
  const input = `server ${process.env.LAB_DNS_PRIMARY}\nzone lab.test\nupdate add ${domain}. 60 A 127.0.0.1\nsend\n`
  spawnSync('nsupdate', ['-k', process.env.LAB_DNS_TSIG_KEYFILE ?? ''], { input })
})

afterAll(async () => {
  for (const name of Object.keys(services())) {
    if (name.startsWith(service)) lab.sky('serve', 'down', name, '-y')
  }
  for (
    let tries = 0;
    tries < 60 && Object.keys(services()).some(name => name.startsWith(service));
    tries += 1
  )
    await sleep(3000)
  lab.close()
})

/** What `sky serve status` says: the endpoint of each service. */
function services(): Record<string, string> {
  const { stdout } = lab.sky('serve', 'status')
  const [table = ''] = stdout.replace(/\u001b\[[0-9;]*m/g, '').split('Service Replicas')
  const lines = table.split('\n')
  const rows = lines
    .filter(line => /https?:\/\/|_INIT|SHUTTING|READY/.test(line))
    .map(line => line.trim().split(/\s+/))
  return Object.fromEntries(rows.map(words => [words[0] ?? '', words.at(-1) ?? '']))
}

function record() {
  return JSON.parse(readFileSync(join(lab.state, `endpoints/${service}/endpoint.json`), 'utf8'))
}

function generation(): string {
  const folder = join(lab.state, `endpoints/${service}`)
  return join(folder, 'generations', readFileSync(join(folder, 'current'), 'utf8').trim())
}

function servedLeaf(port: string): string {
  const { stdout } = spawnSync(
    'bash',
    [
      '-c',
      `openssl s_client -connect 127.0.0.1:${port} -servername ${domain} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256`,
    ],
    { encoding: 'utf8' },
  )
  return stdout.trim().split('=')[1] ?? ''
}

/** HTTPS really answers with the leaf of the current generation, seen by curl and openssl alone. */
function expectHttps(): string {
  const url = String(record().url)
  const { leaf } = JSON.parse(readFileSync(join(generation(), 'meta.json'), 'utf8'))
  expect(servedLeaf(new URL(url).port)).toBe(leaf.fingerprint)
  expect(lab.curl(url, join(generation(), 'roots.pem'))).toEqual({ status: '200', exit: 0 })
  expect(lab.curl(url).exit).toBe(60)
  return leaf.fingerprint
}

describe('a real SkyServe service', () => {
  it('refuse: a pair that does not belong together is refused before sky is called', async () => {
    const pem = (name: string) => {
      spawnSync('openssl', [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '30',
        '-subj',
        `/CN=${domain}`,
        '-addext',
        `subjectAltName=DNS:${domain}`,
        '-keyout',
        join(lab.folder, `${name}.key`),
        '-out',
        join(lab.folder, `${name}.pem`),
      ])
    }
    pem('one')
    pem('two')
    lab.file('bad.yaml', answers('{source: uploaded, chain: ./one.pem, key: ./two.key}'))
    const run = await lab.must(['init', '--answers', 'bad.yaml', '--yes'], 65)
    expect(run.stderr).toContain('The key does not belong to this certificate.')
    expect(lab.calls()).toEqual([])
  })

  it('enable nothing: from no service to proven HTTPS', async () => {
    await lab.must(['init', '--answers', 'a.yaml', '--yes'])
    expectHttps()
    expect(Object.keys(services())).toContain(service)
    expect(readFileSync(join(lab.folder, 'service.yaml'), 'utf8')).toBe(serviceYaml)
  })

  it('again: the same command changes nothing', async () => {
    const before = lab.changes().length
    await lab.must(['init', '--answers', 'a.yaml', '--yes'])
    expect(lab.changes().length).toBe(before)
  })

  it('rotate in place: another leaf is served and proven', async () => {
    const before = expectHttps()
    await lab.must(['rotate', service, '--yes'])
    expect(expectHttps()).not.toBe(before)
  })

  it('disable: HTTP answers and TLS does not', async () => {
    await lab.must(['disable', service, '--yes'])
    const url = String(record().url)
    expect(lab.curl(url)).toEqual({ status: '200', exit: 0 })
    expect(lab.curl(url.replace('http:', 'https:')).exit).not.toBe(0)
  })

  it('enable http: a service that runs over HTTP, unknown here, goes to proven HTTPS', async () => {
    await lab.must(['forget', service, '--yes'])
    await lab.must(['init', '--answers', 'a.yaml', '--yes'])
    expectHttps()
    const kept = join(lab.state, `endpoints/${service}/generations/0/service.yaml`)
    expect(readFileSync(kept, 'utf8')).not.toContain('tls:')
  })

  it('killed: in the middle of "sky serve down", the tool killed too', () =>
    killedIn('down', 1500, true))

  it.runIf(whole)('killed: in the middle of "sky serve up", the tool left alive', () =>
    killedIn('up', 6000, false),
  )

  it.runIf(whole)('killed: in the middle of "sky serve up", the tool killed too', () =>
    killedIn('up', 9000, true),
  )

  it.runIf(whole)('rotate beside: the new one is proven, the old one runs on', async () => {
    const before = expectHttps()
    const old = String(record().url)
    const run = await lab.must(['rotate', service, '--switch', 'blue-green', '--yes'])
    expect(run.stdout).toContain('skipped: Wait until the clients have moved')
    expect(expectHttps()).not.toBe(before)
    expect(record().live.service).toBe(`${service}-2`)
    expect(servedLeaf(new URL(old).port)).toBe(before)
    lab.sky('serve', 'down', service, '-y')
  })

  it.runIf(whole)(
    'script: the plan as a script, without node on PATH, reaches the same state',
    async () => {
      const name = `${service}s`
      lab.file('s.yaml', answers().replaceAll(service, name))
      const input = `server ${process.env.LAB_DNS_PRIMARY}\nzone lab.test\nupdate add ${name}.lab.test. 60 A 127.0.0.1\nsend\n`
      spawnSync('nsupdate', ['-k', process.env.LAB_DNS_TSIG_KEYFILE ?? ''], { input })
      const { stdout } = await lab.must(['plan', '--answers', 's.yaml', '--format', 'sh'])
      const script = lab.file('plan.sh', stdout)
      const work = join(lab.folder, 'work')
      const path = lab.env.PATH?.split(':')
        .filter(folder => !existsSync(join(folder, 'node')) || folder === '/usr/bin')
        .join(':')
      // node lies in /usr/bin here: a folder of links to all but node stands in for it
      const bare = join(lab.folder, 'usr-bin')
      spawnSync('bash', [
        '-c',
        `mkdir '${bare}' && for f in /usr/bin/*; do b=$(basename "$f"); case $b in node|nodejs|npm|npx) ;; *) ln -s "$f" '${bare}/' ;; esac; done`,
      ])
      const env = [
        '-i',
        `PATH=${path?.replace('/usr/bin', bare)}`,
        `HOME=${lab.folder}`,
        `WORK=${work}`,
        'YES=1',
        'SKYPILOT_DISABLE_USAGE_COLLECTION=1',
      ]
      expect(spawnSync('env', [...env, 'bash', '-c', 'command -v node']).status).toBe(1)
      const run = spawnSync('env', [...env, 'bash', script], {
        encoding: 'utf8',
        cwd: lab.folder,
        timeout: 900_000,
      })
      expect(run.status, run.stderr).toBe(0)
      const endpoint = services()[name] ?? ''
      expect(endpoint).toMatch(/^https:/)
      const wanted = spawnSync(
        'openssl',
        ['x509', '-in', join(work, 'new/chain.pem'), '-noout', '-fingerprint', '-sha256'],
        { encoding: 'utf8' },
      )
        .stdout.trim()
        .split('=')[1]
      expect(servedLeaf(new URL(endpoint).port)).toBe(wanted)
      lab.sky('serve', 'down', name, '-y')
    },
  )
})

/** Rotates, kills it inside a tool, and lets the same command finish what it began. */
async function killedIn(tool: 'up' | 'down', afterMs: number, toolToo: boolean) {
  const before = expectHttps()
  const child = lab.start(['rotate', service, '--yes'])
  const end = ended(child)
  const journal = join(lab.state, `endpoints/${service}/journal.ndjson`)
  const seen = readFileSync(journal, 'utf8').length
  const started = () =>
    readFileSync(journal, 'utf8')
      .slice(seen)
      .split('\n')
      .filter(line => line.endsWith('}'))
      .map(line => JSON.parse(line))
      .find(({ type, argv }) => type === 'tool.started' && argv[1] === 'serve' && argv[2] === tool)
  while (!started()) await sleep(50)
  await sleep(afterMs)
  child.kill('SIGKILL')
  if (toolToo) {
    try {
      process.kill(-started().pid, 'SIGKILL')
    } catch {
      // it had ended by itself
    }
  }
  await end
  await lab.must(['rotate', service, '--yes'])
  const after = expectHttps()
  expect(after).not.toBe(before)
  const changes = lab.changes().length
  await lab.must(['init', '--answers', 'a.yaml', '--yes'])
  expect(lab.changes().length).toBe(changes)
}
