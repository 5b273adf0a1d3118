import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createRunTool } from '../../src/process/run-tool.ts'
import type { RunTool, ToolCall } from '../../src/process/tool.ts'
import { type Proving, prove, proveLeaf } from '../../src/proof/prove.ts'
import { provePlain } from '../../src/proof/prove-plain.ts'
import { probeServersPlain } from '../../src/proof/servers.ts'
import type { WantedEndpoint } from '../../src/proof/wanted.ts'
import { type StageOptions, serveStage } from '../../src/rehearsal/stage-server.ts'
import { family, make } from '../support/certificates.ts'
import { type FakeClock, fakeClock } from '../support/play.ts'
import { createScratch, isThere, type Scratch } from '../support/scratch.ts'
import { closedPort, serveHttp, serveTcp, serveTls } from '../support/servers.ts'

const name = 'fraud.ml.example.com'
const at = Date.now()
const { root, issuing, leaf } = family({ at })
const chain = leaf.pem + issuing.pem
const pair = { chain, key: leaf.keyPem, old: false }

type AtEnd = (close: () => void) => void

/** What the rehearsal's load balancer serves, until the test ends. */
async function stage(atEnd: AtEnd, options: Partial<StageOptions> = {}): Promise<number> {
  const server = await serveStage({ tls: pair, readyAt: 0, now: Date.now, ...options })
  atEnd(() => void server.close())
  return server.port
}

const missing: RunTool = async ({ argv }) => ({
  argv,
  outcome: 'missing',
  stdout: '',
  stderr: '',
  tookMs: 0,
})

function proving(more: Partial<Proving> = {}): Proving & { clock: FakeClock } {
  const clock = fakeClock(at)
  const signal = new AbortController().signal
  return { world: { clock, env: {} }, run: missing, signal, clock, ...more }
}

function wanted(box: Scratch, ports: number[], more: Partial<WantedEndpoint> = {}): WantedEndpoint {
  return {
    addresses: ports.map(port => `127.0.0.1:${port}`),
    name,
    leaf: leaf.certificate.fingerprint,
    roots: box.file('roots.pem', root.pem),
    path: '/',
    expect: [200, 503],
    plainRefusal: 'as SkyServe does',
    decides: 'undo',
    waitMs: 0,
    ...more,
  }
}

/** Ids with their states; those that pass are left out. */
function bad(results: { id: string; state: string }[]): Record<string, string> {
  const others = results.filter(({ state }) => state !== 'pass')
  return Object.fromEntries(others.map(({ id, state }) => [id, state]))
}

const ids = [
  'tcp.open',
  'tls.handshake',
  'tls.leaf',
  'tls.chain',
  'tls.name',
  'tls.dates',
  'tls.versions',
  'http.plain',
  'http.answers',
]

describe.concurrent('a proof', () => {
  it('passes where all is as wanted, with curl', async ({ onTestFinished, skip }) => {
    if (!isThere('curl')) return skip()
    const box = createScratch(onTestFinished)
    const port = await stage(onTestFinished)
    const results = await prove(wanted(box, [port]), proving({ run: createRunTool(box.env) }))
    expect(results.map(({ id }) => id)).toEqual(ids)
    expect(bad(results)).toEqual({})
    const seen = Object.fromEntries(results.map(each => [each.id, each.seen]))
    expect(seen).toMatchObject({
      'tls.handshake': `TLSv1.3 with SNI ${name}`,
      'tls.leaf': expect.stringMatching(/^[0-9A-F:]{11} is the wanted leaf, at 1 of 1 addresses$/),
      'tls.chain': 'leads to Example Root CA (roots.pem)',
      'tls.name': `covered by ${name}`,
      'tls.dates': '86 of 90 days left',
      'tls.versions': '1.2 and 1.3; 1.1 is refused',
      'http.plain': 'refused: empty reply (curl exit 52), as SkyServe does',
      'http.answers': 'GET / 200',
    })
    for (const { command, id } of results) expect(command, id).not.toMatch(/ -k\b|--insecure/)
  })

  it('passes without curl, and says that the look is built in', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const port = await stage(onTestFinished)
    const results = await prove(wanted(box, [port]), proving())
    expect(bad(results)).toEqual({})
    const [answers] = results.filter(({ id }) => id === 'http.answers')
    expect(answers?.seen).toBe('GET / 200 (built in: no curl here)')
    expect(answers?.command).toContain('curl -q')
  })

  it('tries no version that a handshake was in already', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const server = await serveTls(onTestFinished, { cert: chain, key: leaf.keyPem })
    const results = await prove(wanted(box, [server.port]), proving())
    expect(bad(results)).toEqual({})
    const versions = results.find(({ id }) => id === 'tls.versions')
    expect(versions?.seen).toBe('1.2 and 1.3; 1.1 is refused')
    // what is served, and the path over it; then the version that is left
    expect(server.names).toEqual([name, name, name])
  })

  it('begins no process for each of many addresses, and asks all of them', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    const ports = await Promise.all(Array.from({ length: 6 }, () => stage(onTestFinished)))
    const asked: string[] = []
    const run: RunTool = async call => {
      asked.push(call.argv.at(-1) ?? '')
      return missing(call)
    }
    const results = await prove(wanted(box, ports), proving({ run }))
    expect(bad(results)).toEqual({})
    expect(asked.filter(url => url.startsWith('https:'))).toHaveLength(4)
    const answers = results.find(({ id }) => id === 'http.answers')
    expect(answers?.seen).toContain('at 6 of 6 addresses')
  })

  it('says so where one of many addresses answers otherwise', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const ports = await Promise.all(Array.from({ length: 5 }, () => stage(onTestFinished)))
    const silent = await stage(onTestFinished, { readyAt: Number.POSITIVE_INFINITY })
    const all = wanted(box, [...ports, silent], { expect: [200] })
    const results = await prove(all, proving())
    expect(bad(results)).toEqual({ 'http.answers': 'fail' })
    expect(results.at(-1)?.seen).toContain(`GET / 503 (127.0.0.1:${silent}); as wanted at 5 of 6`)
  })

  it('takes a load balancer without a replica for what it is: TLS is good', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    const port = await stage(onTestFinished, { readyAt: Number.POSITIVE_INFINITY })
    const notReady = { status: 503, says: 'the model is not ready' }
    const results = await prove(wanted(box, [port], { notReady }), proving())
    expect(bad(results)).toEqual({})
    expect(results.at(-1)?.seen).toContain('GET / 503: the model is not ready')
  })

  it.for([
    ['another leaf', { tls: { ...pair, ...strange() } }, 'tls.leaf', 'skip'],
    ['no intermediate', { tls: { ...pair, chain: leaf.pem } }, 'tls.chain', 'skip'],
    ['TLS 1.1', { tls: { ...pair, old: true } }, 'tls.versions', undefined],
    ['plain HTTP on its port', { answersPlain: true }, 'http.plain', undefined],
  ] as const)(
    'fails in one probe alone where the server has %s',
    async ([_name, options, id, answers], { onTestFinished }) => {
      const box = createScratch(onTestFinished)
      const results = await prove(wanted(box, [await stage(onTestFinished, options)]), proving())
      const failed = results.filter(({ state }) => state === 'fail')
      expect(failed.map(each => each.id)).toEqual([id])
      expect(failed[0]).toMatchObject({
        fix: expect.stringMatching(/./),
        means: expect.stringMatching(/./),
      })
      expect(results.some(({ state }) => state === 'unknown')).toBe(false)
      expect(bad(results)['http.answers']).toBe(answers)
    },
  )

  it.for([
    [
      'the name',
      { names: ['another.example.com'] },
      { 'tls.name': 'fail', 'http.answers': 'skip' },
    ],
    [
      'its end',
      { from: -90, to: -1 },
      { 'tls.dates': 'fail', 'tls.chain': 'skip', 'http.answers': 'skip' },
    ],
    [
      'its begin',
      { from: 1, to: 90 },
      { 'tls.dates': 'fail', 'tls.chain': 'skip', 'http.answers': 'skip' },
    ],
  ] as const)(
    'names what is wrong with the leaf itself: %s',
    async ([_what, wish, expected], { onTestFinished }) => {
      const box = createScratch(onTestFinished)
      const odd = make({
        issuer: issuing,
        at,
        ...wish,
        names: [...('names' in wish ? wish.names : [name])],
      })
      const port = await stage(onTestFinished, {
        tls: { chain: odd.pem + issuing.pem, key: odd.keyPem, old: false },
      })
      const results = await prove(
        wanted(box, [port], { leaf: odd.certificate.fingerprint }),
        proving(),
      )
      expect(bad(results)).toEqual(expected)
    },
  )

  it('finds an intermediate that has expired', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const old = make({ ca: true, cn: 'Old CA', issuer: root, at, from: -90, to: -1 })
    const own = make({ issuer: old, at })
    const tls = { chain: own.pem + old.pem, key: own.keyPem, old: false }
    const port = await stage(onTestFinished, { tls })
    const results = await prove(
      wanted(box, [port], { leaf: own.certificate.fingerprint }),
      proving(),
    )
    expect(bad(results)).toMatchObject({ 'tls.dates': 'fail', 'tls.chain': 'skip' })
    expect(results.find(({ id }) => id === 'tls.dates')?.seen).toContain('Old CA in the chain')
  })

  it('tries nothing further where nothing listens or TLS is not spoken', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    const closed = await prove(wanted(box, [await closedPort()]), proving())
    expect(closed.map(({ id, state }) => `${id} ${state}`)).toEqual(
      ids.map(id => `${id} ${id === 'tcp.open' ? 'fail' : 'skip'}`),
    )
    const http = await serveHttp(onTestFinished, (_request, response) => void response.end('x'))
    const spoken = await prove(wanted(box, [http]), proving())
    expect(bad(spoken)).toMatchObject({
      'tls.handshake': 'fail',
      'tls.leaf': 'skip',
      'http.plain': 'fail',
    })
    expect(bad(spoken)['tcp.open']).toBeUndefined()
  })

  it('holds every address against what is wanted, and names the one that is not', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    const good = await stage(onTestFinished)
    const odd = await stage(onTestFinished, { tls: { ...pair, ...strange() } })
    const results = await prove(wanted(box, [good, odd, good]), proving())
    const served = results.find(({ id }) => id === 'tls.leaf')
    expect(served).toMatchObject({ state: 'fail', address: `127.0.0.1:${odd}` })
    expect(served?.seen).toMatch(
      new RegExp(`\\(127\\.0\\.0\\.1:${odd}\\); as wanted at 1 of 2 addresses$`),
    )
    const both = await prove(wanted(box, [good, await stage(onTestFinished)]), proving())
    expect(both.find(({ id }) => id === 'tls.leaf')?.seen).toContain('at 2 of 2 addresses')
  })

  it('passes any leaf where none is wanted, and says so', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const { leaf: _leaf, ...any } = wanted(box, [await stage(onTestFinished)])
    expect(bad(await prove(any, proving()))).toEqual({ 'tls.leaf': 'skip' })
  })

  it('sends no request to a server that is not trusted', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const server = await serveTls(onTestFinished, { key: leaf.keyPem, cert: leaf.pem })
    await prove(wanted(box, [server.port]), proving({ run: createRunTool(box.env) }))
    expect(server.requests).toEqual([])
  })

  it('asks curl for the address itself: no ~/.curlrc, no proxy, no -k', async ({
    onTestFinished,
    skip,
  }) => {
    if (!isThere('curl')) return skip()
    const box = createScratch(onTestFinished)
    box.file('.curlrc', 'insecure\nproxy = http://127.0.0.1:1\n')
    const calls: ToolCall[] = []
    const env = { ...box.env, https_proxy: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' }
    const run: RunTool = call => {
      calls.push(call)
      return createRunTool(env)(call)
    }
    const port = await stage(onTestFinished)
    expect(bad(await prove(wanted(box, [port]), proving({ run })))).toEqual({})
    for (const { argv } of calls) {
      expect(argv.slice(0, 2)).toEqual(['curl', '-q'])
      expect(argv).toContain('--resolve')
      expect(argv.join(' ')).not.toMatch(/ -k |--insecure/)
    }
    const elsewhere = box.file('elsewhere.pem', make({ ca: true, at }).pem)
    const distrusted = await prove(wanted(box, [port], { roots: elsewhere }), proving({ run }))
    expect(bad(distrusted)).toEqual({ 'tls.chain': 'fail', 'http.answers': 'skip' })
  })

  it('takes an answer that is not expected for what it is', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const cert = { key: leaf.keyPem, cert: chain, minVersion: 'TLSv1.2' as const }
    const server = await serveTls(onTestFinished, {
      ...cert,
      onRequest: (_request, response) => {
        response.writeHead(404, { connection: 'close' }).end('\u001b[31mgone\u202e')
      },
    })
    const results = await prove(wanted(box, [server.port], { expect: [200] }), proving())
    const answers = results.find(({ id }) => id === 'http.answers')
    expect(answers).toMatchObject({ state: 'fail', evidence: ['404 gone'] })
    expect(answers?.seen).toContain('GET / 404')
  })

  it.for([
    [301, 'fail'],
    [204, 'fail'],
    [400, undefined],
    [426, undefined],
  ] as const)(
    'judges plain HTTP that is answered with %i',
    async ([status, state], { onTestFinished }) => {
      const box = createScratch(onTestFinished)
      const port = await serveHttp(onTestFinished, (_request, response) => {
        response.writeHead(status, { connection: 'close' }).end()
      })
      const results = await prove(wanted(box, [port]), proving())
      expect(bad(results)['http.plain']).toBe(state)
    },
  )

  it('of the leaf alone asks for nothing else', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const port = await stage(onTestFinished, { answersPlain: true })
    const results = await proveLeaf(wanted(box, [port]), proving())
    expect(results.map(({ id }) => id)).toEqual(['tcp.open', 'tls.handshake', 'tls.leaf'])
    expect(bad(results)).toEqual({})
  })
})

describe.concurrent('a failure', () => {
  it('that is definite is believed after three tries, 5 s apart', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const port = await stage(onTestFinished, { tls: { ...pair, chain: leaf.pem } })
    const retries: string[] = []
    const asked = proving({ onRetry: seen => retries.push(seen) })
    const results = await prove(wanted(box, [port], { waitMs: 300_000 }), asked)
    expect(asked.clock.slept).toEqual([5_000, 5_000])
    expect(retries).toHaveLength(2)
    expect(retries[0]).toMatch(/^tls\.chain: /)
    const failed = results.find(({ id }) => id === 'tls.chain')
    expect(failed?.tried).toEqual({ times: 3, overMs: 10_000 })
    expect(results.find(({ id }) => id === 'tls.leaf')?.tried).toBeUndefined()
  })

  it('that may only need time is tried until that is over', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const asked = proving()
    const results = await prove(wanted(box, [await closedPort()], { waitMs: 20_000 }), asked)
    expect(asked.clock.slept).toEqual(Array.from({ length: 40 }, () => 500))
    expect(results[0]).toMatchObject({ id: 'tcp.open', state: 'fail', tried: { times: 41 } })
  })

  it('that passes away is none', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    // a server that refuses three handshakes before it serves
    let refused = 0
    const inner = await stage(onTestFinished)
    const flaky = await serveTcp(onTestFinished, socket => {
      refused += 1
      if (refused <= 3) return void socket.destroy()
      const through = connect(inner, '127.0.0.1')
      through.on('error', () => socket.destroy())
      socket.pipe(through).pipe(socket)
    })
    const results = await prove(wanted(box, [flaky], { waitMs: 60_000 }), proving())
    expect(bad(results)).toEqual({})
    expect(results.every(({ tried }) => tried === undefined)).toBe(true)
  })

  it('is no reason to go on when the user stops', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const stop = new AbortController()
    const asked = proving({ signal: stop.signal, onRetry: () => stop.abort() })
    await expect(
      prove(wanted(box, [await closedPort()], { waitMs: 60_000 }), asked),
    ).rejects.toThrow()
    expect(asked.clock.slept).toEqual([])
  })
})

describe.concurrent('the proof of an endpoint without TLS', () => {
  it('passes where HTTP answers and TLS does not', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const server = await serveStage({ readyAt: 0, now: Date.now })
    onTestFinished(() => void server.close())
    const results = await provePlain(wanted(box, [server.port]), proving())
    expect(results.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'http.answers pass',
      'tls.handshake pass',
    ])
  })

  it('fails where TLS is still spoken', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const port = await stage(onTestFinished, { answersPlain: true })
    expect(bad(await provePlain(wanted(box, [port]), proving()))).toEqual({
      'tls.handshake': 'fail',
    })
  })

  it('does not pass for TLS that fails where nothing answers', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const results = await provePlain(wanted(box, [await closedPort()]), proving())
    expect(bad(results)).toEqual({ 'http.answers': 'fail', 'tls.handshake': 'unknown' })
  })

  it('is nothing when it is broken off', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const port = await serveTcp(onTestFinished, () => {})
    const stop = new AbortController()
    const servers = [{ address: `127.0.0.1:${port}`, name: 'pod/a:8080', probes: 'leaf' as const }]
    const asked = probeServersPlain(servers, wanted(box, []), proving({ signal: stop.signal }))
    stop.abort()
    await expect(asked).rejects.toThrow()
  })

  it('asks any answer over HTTP of servers that are not asked for the path', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    const there = await serveHttp(onTestFinished, (_, response) => response.writeHead(404).end())
    const cut = await serveTcp(onTestFinished, socket => void socket.destroy())
    const of = (port: number, name: string) => ({
      address: `127.0.0.1:${port}`,
      name,
      probes: 'leaf' as const,
    })
    const servers = [of(there, 'pod/a:8080'), of(cut, 'pod/b:8080')]
    const probed = await probeServersPlain(servers, wanted(box, []), proving())
    expect(probed.map(({ id, state, address }) => `${address} ${id} ${state}`)).toEqual([
      'pod/a:8080 http.answers pass',
      'pod/a:8080 tls.handshake pass',
      'pod/b:8080 http.answers fail',
      'pod/b:8080 tls.handshake pass',
    ])
  })
})

/** Another leaf for the same name, from a CA that nobody knows. */
function strange(): { chain: string; key: string } {
  const other = make({ at })
  return { chain: other.pem, key: other.keyPem }
}
