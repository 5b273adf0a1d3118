import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { request } from '../../../src/net/request.ts'
import { type AistoreFlow, flowOf, shutDown, usualAnswers } from '../../support/aistore-flow.ts'
import { make } from '../../support/certificates.ts'
import { createScratch, isThere } from '../../support/scratch.ts'

const certFile = '/etc/ais/tls/server.crt'
const keyFile = '/etc/ais/tls/server.key'
const nodes = ['stageproxy1', 'stagetarget1', 'stagetarget2']

const set = (flow: AistoreFlow, query: string) => flow.put(`/v1/cluster/set-config?${query}`)
const ais = (flow: AistoreFlow, words: string, env?: Record<string, string>) =>
  flow.world.run({ argv: ['ais', ...words.split(' ')], limitMs: 1_000, ...(env ? { env } : {}) })
const restart = (flow: AistoreFlow) =>
  flow.world.run({ argv: ['./restart-ais.sh'], limitMs: 1_000 })
const http = async (flow: AistoreFlow) => {
  const { json } = await flow.get('/v1/cluster?what=cluster_config')
  return (json as { net: { http: Record<string, unknown> } }).net.http
}
const messageOf = ({ json }: { json: unknown }) => (json as { message: string }).message

/** What the record says that `ais` is to be told. */
const commandOf = (clients: { who: string; command?: string }[]) =>
  clients.find(({ who }) => who === 'ais')?.command ?? ''

/** Files of an upload, and the answers that name them. */
function upload(leaf: { pem: string; keyPem: string }, root: { pem: string }): string {
  const { folder, file } = createScratch(onTestFinished)
  file('ca.pem', root.pem)
  file('chain.pem', leaf.pem)
  file('key.pem', leaf.keyPem)
  return usualAnswers(
    '',
    `{source: uploaded, chain: ${folder}/chain.pem, key: ${folder}/key.pem, roots: ${folder}/ca.pem}`,
  )
}

describe('traps of AIStore', () => {
  it('AIS-1 use_https before the pair, and half a pair, are refused; ours sets them in the order that works', async () => {
    const flow = await flowOf()
    const first = await set(flow, 'net.http.use_https=true')
    expect([first.status, messageOf(first)]).toEqual([
      400,
      'net.http.server_crt required when use_https=true (set server_crt and server_key first, then enable use_https)',
    ])
    const half = await set(flow, `net.http.server_key=${keyFile}`)
    expect(messageOf(half)).toBe(
      'net.http: both server_crt and server_key must be set (or neither)',
    )
    expect((await flow.go('enable')).outcome).toBe('done')
    const sets = flow.changes.filter(each => each.includes('set-config'))
    expect(sets.map(each => each.includes('use_https'))).toEqual([false, false, true])
    expect(sets[0]).toMatch(/server_crt=.*server_key=/)
  })

  it('AIS-2 a path to nothing is taken, and the nodes die at their start; ours lays the pair there first', async () => {
    const naive = await flowOf()
    expect((await set(naive, `net.http.server_crt=/no/c&net.http.server_key=/no/k`)).status).toBe(
      200,
    )
    await set(naive, 'net.http.use_https=true')
    await shutDown(naive)
    const { exit, stderr } = await restart(naive)
    expect([exit, stderr]).toEqual([1, expect.stringContaining('failed to fstat "/no/c"')])
    const flow = await flowOf()
    const { acted, outcome } = await flow.go('enable')
    expect(outcome).toBe('done')
    expect(acted.indexOf('prepare.files')).toBeLessThan(acted.indexOf('change.pair'))
    expect(readFileSync(flow.node(certFile), 'utf8')).toContain('BEGIN CERTIFICATE')
  })

  it('AIS-3 without its maps the cluster has another UUID and looks well; ours deletes none, keeps all, and sees it', async () => {
    const flow = await flowOf()
    let deletes = true
    const mapOf = (id: string) => flow.node(join('/var/ais', id, '.ais.smap'))
    flow.breakTool(() => {
      // the vendor's page: find ~/.ais* -type f -name .ais.smap | xargs rm
      if (deletes) for (const id of nodes) rmSync(mapOf(id))
      deletes = false
      return undefined
    })
    const { failed, events } = await flow.go('enable')
    expect(failed).toContain('aistore.not-back')
    const found = events.flatMap(each => (each.type === 'step.failed' ? each.findings : []))
    expect(found[0]?.evidence).toContain('its UUID is StageUuid2, not StageUuid1')
    const kept = join(flow.world.stateFolder, 'endpoints/ais/nodes/1')
    for (const id of nodes)
      expect(readdirSync(join(kept, id)).sort()).toEqual(['.ais.conf', '.ais.smap', 'where.json'])
    const whole = await flowOf()
    expect((await whole.go('enable')).outcome).toBe('done')
    expect(await whole.get('/v1/daemon?what=smap')).toMatchObject({ json: { uuid: 'StageUuid1' } })
  })

  it('AIS-4 ais.json and variables change nothing after the first start; ours goes through the cluster', async () => {
    const flow = await flowOf()
    for (const id of nodes) {
      const file = flow.node(join('/var/ais', id, 'ais.json'))
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify({ net: { http: { use_https: true } } }))
    }
    await shutDown(flow)
    await flow.world.run({
      argv: ['./restart-ais.sh'],
      env: { AIS_USE_HTTPS: 'true' },
      limitMs: 1_000,
    })
    expect(await http(flow)).toMatchObject({ use_https: false })
    expect((await flow.go('enable')).outcome).toBe('done')
    expect(await http(flow)).toMatchObject({ use_https: true })
  })

  it('AIS-5 skip_verify is taken and switches verifying off; ours sets client_ca_tls, and verifying on', async () => {
    const flow = await flowOf()
    expect((await set(flow, 'net.http.skip_verify=true')).status).toBe(200)
    expect(await http(flow)).toMatchObject({ skip_verify: true })
    expect((await flow.go('enable')).outcome).toBe('done')
    expect(await http(flow)).toMatchObject({
      skip_verify: false,
      client_ca_tls: '/etc/ais/tls/ca.crt',
    })
    expect(readFileSync(flow.node('/etc/ais/tls/ca.crt'), 'utf8')).toContain('BEGIN CERTIFICATE')
  })

  it('AIS-7 ais cluster shutdown ends with 0 without a terminal, and with -y before the nodes do; ours waits for closed ports', async () => {
    const naive = await flowOf()
    await set(naive, 'net.http.client_auth_tls=1')
    const silent = await ais(naive, 'cluster shutdown')
    expect([silent.exit, silent.stdout]).toEqual([0, 'Operation canceled.\n'])
    const said = await ais(naive, 'cluster shutdown -y')
    expect([said.exit, said.stdout]).toEqual([0, 'Cluster successfully shut down\n'])
    // the nodes run still: what starts them finds nothing to start, and nobody starts them afterwards
    expect((await restart(naive)).exit).toBe(0)
    await shutDown(naive).catch(() => {})
    await expect(naive.get('/v1/health')).rejects.toThrow('does not answer')
    const flow = await flowOf()
    const { json } = await flow.get('/v1/daemon?what=smap')
    const urls = JSON.stringify(json).match(/http:\/\/127\.0\.0\.1:\d+/g) ?? []
    const open: (number | undefined)[] = []
    flow.breakTool(async words => {
      if (words.startsWith('./restart'))
        for (const url of new Set(urls))
          open.push((await request({ url, timeoutMs: 1_000, roots: [] })).status)
      return undefined
    })
    expect((await flow.go('enable')).outcome).toBe('done')
    expect(open).toEqual(Array(9).fill(undefined))
  })

  it('AIS-8 ais keeps its http URL and fails after the switch; ours leads it to HTTPS, or says the commands that do', async () => {
    for (const cli of ['set', 'shown']) {
      const flow = await flowOf(usualAnswers(`  cli: ${cli}`))
      expect((await ais(flow, 'show cluster')).exit).toBe(0)
      const { plan } = await flow.go('enable')
      const { clients } = JSON.parse(
        readFileSync(join(flow.world.stateFolder, 'endpoints/ais/endpoint.json'), 'utf8'),
      )
      if (cli === 'shown') {
        const kept = await ais(flow, 'show cluster')
        expect([kept.exit, kept.stderr]).toEqual([
          1,
          expect.stringContaining('Client sent an HTTP request to an HTTPS server.'),
        ])
        // half of it is not enough
        const [url = '', root = ''] = commandOf(clients).split(' && ')
        await ais(flow, url.replace('ais ', ''))
        expect((await ais(flow, 'show cluster')).stderr).toContain('unknown authority')
        await ais(flow, root.replace('ais ', ''))
      } else expect(JSON.stringify(plan.steps)).toContain('cluster.client_ca_tls=')
      expect((await ais(flow, 'show cluster')).exit).toBe(0)
      const old = { AIS_ENDPOINT: 'http://gateway.lab.test:8080' }
      expect((await ais(flow, 'show cluster', old)).exit).toBe(1)
      expect(JSON.stringify(clients)).toContain('AIS_ENDPOINT wins')
      await flow.go('disable')
      if (cli === 'set') expect((await ais(flow, 'show cluster')).exit).toBe(0)
    }
  })

  it('AIS-9 a load that says that all is done can leave a node stale; ours looks, and loads it alone', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const pathname = '/v1/cluster/load-x509'
    flow.breakApi(async ({ url, method }) => {
      if (method !== 'PUT' || new URL(url).pathname !== pathname) return undefined as never
      for (const id of nodes.slice(0, 2)) await flow.put(`${pathname}/${id}`)
      return { status: 200 }
    })
    flow.changes.length = 0
    const { outcome, events } = await flow.go('rotate')
    expect(outcome).toBe('done')
    expect(flow.changes).toEqual([`PUT ${pathname}`, `PUT ${pathname}/stagetarget2`])
    const standing = events.flatMap(each =>
      each.type === 'step.progress' && each.standing ? [each.standing] : [],
    )
    expect(standing[0]?.rows.map(({ cells }) => cells[2])).toEqual(['new', 'new', 'old'])
    expect(standing[1]?.says).toBe('stagetarget2 loaded alone, try 1 of 3')
  })

  it('AIS-10 with an expired certificate no node starts again; ours refuses it before anything is asked', async () => {
    const root = make({ ca: true, cn: 'Private CA', at: Date.now() })
    const names = ['ais.lab.test', '127.0.0.1']
    const expired = make({ names, issuer: root, at: Date.now(), from: -30, to: -1 })
    const flow = await flowOf()
    await flow.go('enable')
    writeFileSync(flow.node(keyFile), expired.keyPem)
    writeFileSync(flow.node(certFile), expired.pem)
    await shutDown(flow)
    expect(await restart(flow)).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('expired'),
    })
    const ours = await flowOf(upload(expired, root))
    await expect(ours.go('enable')).rejects.toMatchObject({
      exit: 65,
      findings: expect.arrayContaining([expect.objectContaining({ id: 'cert.expired' })]),
    })
    expect(ours.changes).toEqual([])
  })

  it('AIS-11 a busy node has more bits than a healthy one; ours tests those of the certificate', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    let flags = 6 + 2_097_152
    flow.breakApi(({ url }) =>
      url.includes('node_status')
        ? { status: 200, body: JSON.stringify({ cluster: { flags } }) }
        : undefined,
    )
    expect(flags).not.toBe(6)
    expect((await flow.status()).alerts).toEqual([])
    expect((await flow.go('enable')).outcome).toBe('done')
    flags += 65_536
    expect((await flow.status()).alerts).toEqual(['tls-cert-will-soon-expire'])
  })

  it('AIS-12 plain HTTP to the TLS port is answered with 400 and curl ends with 0; ours takes no such answer', async () => {
    const flow = await flowOf()
    const { events } = await flow.go('enable')
    const { json } = await flow.get('/v1/daemon?what=smap')
    const { proxy_si } = json as { proxy_si: { public_net: { direct_url: string } } }
    const url = proxy_si.public_net.direct_url.replace('https:', 'http:')
    const naive = await request({ url, timeoutMs: 2_000 })
    expect([naive.status, naive.body]).toEqual([
      400,
      'Client sent an HTTP request to an HTTPS server.\n',
    ])
    const proofs = events.flatMap(each => (each.type === 'proof' ? [each] : []))
    const seen = (id: string) => proofs.find(each => each.id === id)?.seen
    expect(seen('http.plain')).toContain("refused: status 400, as Go's servers do")
    expect(seen('http.answers')).toContain('GET /v1/health 200')
  })

  it('AIS-13 DNS:127.0.0.1 is no IP address: such a leaf is refused, ours has both', async context => {
    if (!isThere('openssl')) return context.skip('no openssl here')
    const { folder } = createScratch(onTestFinished)
    const path = (name: string) => join(folder, name)
    const args = ['-subj', '/CN=localhost', '-addext', 'basicConstraints=CA:FALSE']
    spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', ...args],
      ...['-addext', 'subjectAltName=DNS:ais.lab.test,DNS:localhost,DNS:127.0.0.1'],
      ...['-keyout', path('key.pem'), '-out', path('chain.pem')],
    ])
    const files = `{source: uploaded, chain: ${path('chain.pem')}, key: ${path('key.pem')}, roots: ${path('chain.pem')}}`
    const flow = await flowOf(usualAnswers('', files))
    await expect(flow.go('enable')).rejects.toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ id: 'cert.name-missing' })]),
    })
    const ours = await flowOf()
    expect((await ours.go('enable')).outcome).toBe('done')
    const read = ['x509', '-noout', '-ext', 'subjectAltName', '-in', ours.node(certFile)]
    const { stdout } = spawnSync('openssl', read, { encoding: 'utf8' })
    expect(stdout).toContain('DNS:ais.lab.test, IP Address:127.0.0.1')
  })

  it("AIS-14 the page's make commands kill and delete; ours runs the command that was named, and no other", async () => {
    const flow = await flowOf()
    await flow.go('enable')
    await flow.go('rotate')
    await flow.go('disable')
    const commands = flow.changes.filter(each => !each.startsWith('PUT '))
    expect(commands).toEqual(['./restart-ais.sh --all', './restart-ais.sh --all'])
    const script = await flow.script('enable')
    expect(script).not.toMatch(/\bmake (clean|kill)|pkill|\.ais\.smap.*\brm\b|\brm\b.*\.ais/)
  })
})
