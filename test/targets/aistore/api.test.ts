import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { request } from '../../../src/net/request.ts'
import { createApi } from '../../../src/targets/aistore/api.ts'
import { make } from '../../support/certificates.ts'
import { closedPort, serveHttp } from '../../support/servers.ts'

const world = { api: request }
const at = Date.now()
const authority = make({ ca: true, cn: 'Private CA', at })
const leafFor = (names: string[]) => make({ names, issuer: authority, at })

function api(more: Partial<Parameters<typeof createApi>[0]> = {}) {
  return createApi(
    { roots: [authority.pem], ...more },
    { world, signal: AbortSignal.timeout(9_000) },
  )
}

const refusal = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'

/** Speaks TLS, and says what Go's servers say to plain HTTP. */
async function serveGo(names: string[], onRequest: RequestListener, ca?: string): Promise<string> {
  const { pem: cert, keyPem: key } = leafFor(names)
  const asks = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  const tls = createServer({ cert, key, ...asks }, onRequest)
  const server = createTcp(socket => {
    socket.on('error', () => socket.destroy())
    socket.once('data', first => {
      socket.pause()
      socket.unshift(first)
      if (first[0] === 0x16) tls.emit('connection', socket)
      else socket.end(refusal)
      process.nextTick(() => socket.resume())
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe("the API of AIStore's nodes", () => {
  it('finds out what a listener speaks', async () => {
    const plain = await serveHttp(onTestFinished, (_request, response) => response.end())
    const secure = await serveGo(['127.0.0.1'], (_request, response) => response.end())
    const own = api()
    expect(await own.scheme(`127.0.0.1:${plain}`)).toBe('http')
    expect(await own.scheme(secure)).toBe('https')
    expect(await own.scheme(`127.0.0.1:${await closedPort()}`)).toBe('down')
  })

  it('sends its token to a server that it trusts, and with no question that finds out the scheme', async () => {
    const seen: [url: string, token: string | undefined][] = []
    const address = await serveGo(['127.0.0.1'], ({ url, headers }, response) => {
      seen.push([url ?? '', headers.authorization])
      response.end('{"uuid": "x"}')
    })
    const said = await api({ token: 's3cret' }).get(address, '/v1/daemon?what=smap')
    expect(said).toMatchObject({ status: 200, json: { uuid: 'x' } })
    expect(seen).toEqual([['/v1/daemon?what=smap', 'Bearer s3cret']])
  })

  it.each([
    ['another root', ['127.0.0.1'], [make({ ca: true, cn: 'Other CA', at }).pem]],
    ['another host', ['other.test'], [authority.pem]],
  ])('sends nothing to a server of %s', async (_name, names, roots) => {
    let asked = 0
    const address = await serveGo(names, (_request, response) => {
      asked += 1
      response.end()
    })
    const said = await api({ roots, token: 's3cret' }).put(address, '/v1/cluster', {
      action: 'shutdown',
    })
    expect(said).toMatchObject({ untrusted: true })
    expect([said.status, asked]).toEqual([undefined, 0])
  })

  it('shows its own certificate where the cluster asks for one', async () => {
    const own = make({ names: ['admin.test'], issuer: authority, at, eku: ['clientAuth'] })
    const onRequest: RequestListener = (_request, response) => response.end('{}')
    const address = await serveGo(['127.0.0.1'], onRequest, authority.pem)
    const client = { chain: own.pem, key: own.keyPem }
    expect((await api({ client }).get(address, '/')).status).toBe(200)
    expect((await api().get(address, '/')).status).toBe(undefined)
  })

  it('shows words of a node as one safe line', async () => {
    const port = await serveHttp(onTestFinished, (_request, response) => {
      response.statusCode = 400
      response.end(JSON.stringify({ message: 'no\u001b[2J\nsuch thing' }))
    })
    const { seen } = await api().get(`127.0.0.1:${port}`, '/x')
    expect(seen).toBe('400 no such thing')
  })

  it('says where it is a certificate of ours that is missed', async () => {
    const address = await serveGo(
      ['127.0.0.1'],
      (_request, response) => response.end(),
      authority.pem,
    )
    expect(await api().get(address, '/v1/daemon?what=smap')).toMatchObject({ wantsClient: true })
  })
})
