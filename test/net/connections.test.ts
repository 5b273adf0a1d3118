import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress, urlHost } from '../../src/net/address.ts'
import { handshake } from '../../src/net/handshake.ts'
import { request } from '../../src/net/request.ts'
import { pemCertificates, systemRoots } from '../../src/net/roots.ts'
import { family, make } from '../support/certificates.ts'
import { createScratch } from '../support/scratch.ts'
import { closedPort, serveHttp, serveTcp, serveTls } from '../support/servers.ts'

const name = 'fraud.ml.example.com'
const host = '127.0.0.1'
const timeoutMs = 20_000
const at = Date.now()
const { root, issuing, leaf } = family({ at })
const chain = leaf.pem + issuing.pem
const pair = { key: leaf.keyPem, cert: chain }

describe.concurrent('a handshake', () => {
  it('that leads to a trusted root shows the whole chain', async ({ onTestFinished }) => {
    const server = await serveTls(onTestFinished, pair)
    const seen = await handshake({ host, port: server.port, name, roots: [root.pem], timeoutMs })
    expect(seen).toMatchObject({ outcome: 'done', protocol: 'TLSv1.3' })
    expect(seen.distrust).toBeUndefined()
    expect(seen.tcpMs).toBeLessThanOrEqual(seen.tookMs)
    const names = seen.chain.map(der => new X509Certificate(der).subject)
    expect(names).toEqual([
      'CN=fraud.ml.example.com',
      'CN=Example Issuing CA 3',
      'CN=Example Root CA',
    ])
    expect(server.names).toEqual([name])
  })

  it.for([
    [
      'another root',
      { key: leaf.keyPem, cert: chain },
      [make({ ca: true, at }).pem],
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      2,
    ],
    [
      'no intermediate',
      { key: leaf.keyPem, cert: leaf.pem },
      [root.pem],
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      1,
    ],
    [
      'no roots at all',
      { key: leaf.keyPem, cert: chain },
      [],
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      2,
    ],
  ] as const)(
    'that nobody should trust is read all the same: %s',
    async ([_name, served, roots, distrust, sent], { onTestFinished }) => {
      const received: Buffer[] = []
      const onSocket = (socket: import('node:tls').TLSSocket) => {
        socket.on('data', chunk => received.push(chunk))
      }
      const server = await serveTls(onTestFinished, { ...served, onSocket })
      const seen = await handshake({ host, port: server.port, name, roots, timeoutMs })
      expect(seen).toMatchObject({ outcome: 'done', distrust })
      expect(seen.chain).toHaveLength(sent)
      expect(new X509Certificate(seen.chain[0] ?? '').fingerprint256).toBe(
        leaf.certificate.fingerprint,
      )
      expect(received).toEqual([]) // nothing was said to it
    },
  )

  it.for([
    ['has expired', { from: -90, to: -1 }, 'CERT_HAS_EXPIRED'],
    ['is not valid yet', { from: 1, to: 90 }, 'CERT_NOT_YET_VALID'],
  ] as const)(
    'with a leaf that %s is done and distrusted',
    async ([_name, days, distrust], { onTestFinished }) => {
      const old = make({ issuer: issuing, at, ...days })
      const served = { key: old.keyPem, cert: old.pem + issuing.pem }
      const server = await serveTls(onTestFinished, served)
      const seen = await handshake({ host, port: server.port, name, roots: [root.pem], timeoutMs })
      expect(seen).toMatchObject({ outcome: 'done', distrust })
    },
  )

  it('does not judge the name, and sends no address as a name', async ({ onTestFinished }) => {
    const server = await serveTls(onTestFinished, pair)
    const common = { host, port: server.port, roots: [root.pem], timeoutMs }
    expect(await handshake({ ...common, name: 'other.example.com' })).toMatchObject({
      outcome: 'done',
    })
    expect(await handshake({ ...common, name: host })).toMatchObject({ outcome: 'done' })
    expect(server.names).toEqual(['other.example.com'])
  })

  it('speaks only the versions that it is told to', async ({ onTestFinished }) => {
    const server = await serveTls(onTestFinished, { ...pair, maxVersion: 'TLSv1.2' })
    const common = { host, port: server.port, name, roots: [root.pem], timeoutMs }
    expect((await handshake(common)).protocol).toBe('TLSv1.2')
    const only = await handshake({ ...common, minVersion: 'TLSv1.3' })
    expect(only.outcome).toBe('no-tls')
    expect(only.chain).toEqual([])
  })

  it('with a server that still speaks 1.1 is seen, and with one that does not is refused', async ({
    onTestFinished,
  }) => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
    const weak = { ...pair, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const bad = await serveTls(onTestFinished, weak)
    const good = await serveTls(onTestFinished, { ...pair, minVersion: 'TLSv1.2' })
    const common = { host, name, roots: [root.pem], timeoutMs, ...old }
    expect(await handshake({ ...common, port: bad.port })).toMatchObject({
      outcome: 'done',
      protocol: 'TLSv1.1',
    })
    expect((await handshake({ ...common, port: good.port })).outcome).toBe('no-tls')
  })

  it('finds nothing listening', async () => {
    const seen = await handshake({ host, port: await closedPort(), name, roots: [], timeoutMs })
    expect(seen).toMatchObject({ outcome: 'no-connection', error: 'ECONNREFUSED', chain: [] })
    expect(seen.tcpMs).toBeUndefined()
  })

  it.for([
    ['closes', (socket: import('node:net').Socket) => socket.end()],
    ['resets', (socket: import('node:net').Socket) => socket.resetAndDestroy()],
    [
      'answers plain HTTP',
      (socket: import('node:net').Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ],
  ] as const)(
    'finds something that %s instead of speaking TLS',
    async ([_name, onSocket], { onTestFinished }) => {
      const port = await serveTcp(onTestFinished, socket => {
        socket.once('data', () => onSocket(socket))
      })
      const seen = await handshake({ host, port, name, roots: [], timeoutMs })
      expect(seen).toMatchObject({ outcome: 'no-tls', chain: [] })
      expect(seen.tcpMs).toBeDefined()
      expect(seen.error).toBeTruthy()
    },
  )

  it('does not wait for ever, and ends when the user stops', async ({ onTestFinished }) => {
    const port = await serveTcp(onTestFinished, () => {})
    const silent = await handshake({ host, port, name, roots: [], timeoutMs: 200 })
    expect(silent).toMatchObject({ outcome: 'timeout', chain: [] })
    expect(silent.tcpMs).toBeDefined()
    const stop = new AbortController()
    const waiting = handshake({ host, port, name, roots: [], timeoutMs, signal: stop.signal })
    stop.abort()
    expect(await waiting).toMatchObject({ outcome: 'timeout', error: 'aborted' })
  })
})

describe.concurrent('a request', () => {
  it('goes to the address under the name, trusting what it is told to', async ({
    onTestFinished,
  }) => {
    const server = await serveTls(onTestFinished, {
      ...pair,
      onRequest: (_request, response) => {
        response.writeHead(503, { 'x-odd': ['a', 'b'], connection: 'close' }).end('not ready')
      },
    })
    const url = `https://${host}:${server.port}/health?x=1`
    const answer = await request({ url, name, roots: [root.pem], timeoutMs })
    expect(answer).toMatchObject({ status: 503, body: 'not ready', headers: { 'x-odd': 'a, b' } })
    expect(server.requests).toEqual([`GET ${name}:${server.port} /health?x=1`])
    expect(server.names).toEqual([name])
  })

  it('is not sent to a server that is not trusted, or is another', async ({ onTestFinished }) => {
    const server = await serveTls(onTestFinished, pair)
    const url = `https://${host}:${server.port}/`
    const other = await request({ url, name, roots: [make({ ca: true, at }).pem], timeoutMs })
    expect(other).toMatchObject({ error: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', body: '' })
    const elsewhere = { url, name: 'other.example.com', roots: [root.pem], timeoutMs }
    expect((await request(elsewhere)).error).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(server.requests).toEqual([])
  })

  it('posts a body with its headers, and follows no redirect', async ({ onTestFinished }) => {
    const seen: string[] = []
    const port = await serveHttp(onTestFinished, (incoming, response) => {
      let body = ''
      incoming.on('data', chunk => {
        body += chunk
      })
      incoming.on('end', () => {
        seen.push(`${incoming.method} ${incoming.headers['content-type']} ${body}`)
        response.writeHead(302, { location: '/elsewhere', connection: 'close' }).end()
      })
    })
    const answer = await request({
      url: `http://${host}:${port}/`,
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
      timeoutMs,
    })
    expect(answer).toMatchObject({ status: 302, headers: { location: '/elsewhere' } })
    expect(seen).toEqual(['POST application/json {"a":1}'])
  })

  it('keeps 8 MiB of an answer without end', async ({ onTestFinished }) => {
    const block = Buffer.alloc(1024 * 1024, 'x')
    const port = await serveHttp(onTestFinished, (_incoming, response) => {
      const more = () => {
        while (response.write(block));
        response.once('drain', more)
      }
      response.on('error', () => {})
      more()
    })
    const answer = await request({ url: `http://${host}:${port}/`, timeoutMs })
    expect(answer.status).toBe(200)
    expect(answer.body.length).toBeLessThanOrEqual(8 * 1024 * 1024)
    expect(answer.body.length).toBeGreaterThan(7 * 1024 * 1024)
  })

  it('says why there is no answer, and never throws', async ({ onTestFinished }) => {
    const refused = await request({ url: `http://${host}:${await closedPort()}/`, timeoutMs })
    expect(refused).toMatchObject({ error: 'ECONNREFUSED', headers: {}, body: '' })
    expect(refused.status).toBeUndefined()
    const cut = await serveTcp(onTestFinished, socket => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'))
    })
    expect((await request({ url: `http://${host}:${cut}/`, timeoutMs })).error).toBe('ECONNRESET')
    const rubbish = await serveTcp(
      onTestFinished,
      socket => void socket.end('no HTTP at all\r\n\r\n'),
    )
    expect((await request({ url: `http://${host}:${rubbish}/`, timeoutMs })).error).toMatch(
      /HPE_|ECONNRESET|EPIPE/,
    )
    const silent = await serveTcp(onTestFinished, () => {})
    expect((await request({ url: `http://${host}:${silent}/`, timeoutMs: 200 })).error).toBe(
      'timeout',
    )
    const stop = AbortSignal.abort()
    const stopped = await request({ url: `http://${host}:${silent}/`, timeoutMs, signal: stop })
    expect(stopped.error).toBeTruthy()
  })
})

describe('an address', () => {
  it.each([
    ['localhost:30001', 'localhost', 30001],
    ['203.0.113.17:1', '203.0.113.17', 1],
    ['[2001:db8::1]:443', '2001:db8::1', 443],
  ])('%s is read and written the same', (text, at, port) => {
    expect(parseAddress(text)).toEqual({ host: at, port })
    expect(formatAddress({ host: at, port })).toBe(text)
  })

  it.each([
    'localhost',
    'a:0',
    'a:65536',
    'a:b',
    ':1',
    '2001:db8::1:443',
    'a b:1',
    '[a]b:1',
    'https://a:1',
    '',
  ])('%j is none', text => {
    expect(parseAddress(text)).toBeUndefined()
  })

  it('stands in brackets in a URL where it has colons', () => {
    expect(urlHost('2001:db8::1')).toBe('[2001:db8::1]')
    expect(urlHost('a.example')).toBe('a.example')
  })
})

describe('the roots of this machine', () => {
  it('are those that SSL_CERT_FILE names, as curl has it', ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const path = box.file('roots.pem', `# ours\n${root.pem}\n${issuing.pem}`)
    expect(systemRoots({ SSL_CERT_FILE: path })).toHaveLength(2)
    expect(systemRoots({}).length).toBeGreaterThan(10)
    expect(pemCertificates('nothing')).toEqual([])
  })
})
