import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { askDns } from '../../src/net/dns.ts'
import { handshake } from '../../src/net/handshake.ts'
import { serveDns } from '../../src/rehearsal/dns-server.ts'
import { isStageFault, stageFaults } from '../../src/rehearsal/faults.ts'
import { type StageOptions, serveStage } from '../../src/rehearsal/stage-server.ts'
import { family } from '../support/certificates.ts'

const name = 'fraud.ml.example.com'
const at = Date.now()
const { root, issuing, leaf } = family({ at })
const tls = { chain: leaf.pem + issuing.pem, key: leaf.keyPem, old: false }
type AtEnd = (close: () => void) => void

async function stage(atEnd: AtEnd, options: Partial<StageOptions>): Promise<number> {
  const server = await serveStage({ readyAt: 0, now: Date.now, ...options })
  atEnd(() => void server.close())
  return server.port
}

/** One request as any client makes it; its error where none is answered. */
function ask(scheme: 'http' | 'https', port: number, method: string) {
  const options = { host: '127.0.0.1', port, method, servername: name, ca: root.pem, agent: false }
  const headers = { host: name }
  return new Promise<{ status?: number; headers: object; body: string; error?: string }>(
    resolve => {
      const make = scheme === 'https' ? secureRequest : request
      const outgoing = make({ ...options, headers }, response => {
        let body = ''
        response.on('data', chunk => {
          body += chunk
        })
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
        })
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ error: error.code ?? error.message, headers: {}, body: '' }),
      )
      outgoing.end()
    },
  )
}

describe.concurrent('the stage behaves as the load balancer of SkyServe', () => {
  for (const scheme of ['http', 'https'] as const) {
    const options = scheme === 'https' ? { tls } : {}

    it(`over ${scheme}: 503 with its words until a replica is ready, then 200`, async ({
      onTestFinished,
    }) => {
      let now = 0
      const port = await stage(onTestFinished, { ...options, readyAt: 10, now: () => now })
      const before = await ask(scheme, port, 'GET')
      expect(before.status).toBe(503)
      expect(JSON.parse(before.body).detail).toMatch(/^No ready replicas\. Use "sky serve status/)
      now = 10
      expect(await ask(scheme, port, 'GET')).toMatchObject({ status: 200 })
    })

    it(`over ${scheme}: 405 on HEAD and OPTIONS, and no redirect`, async ({ onTestFinished }) => {
      const port = await stage(onTestFinished, options)
      for (const method of ['HEAD', 'OPTIONS']) {
        const answer = await ask(scheme, port, method)
        expect(answer).toMatchObject({ status: 405, headers: { allow: 'DELETE, PUT, POST, GET' } })
      }
      for (const method of ['GET', 'POST']) {
        const { status, headers } = await ask(scheme, port, method)
        expect(status).toBe(200)
        expect(headers).not.toHaveProperty('location')
      }
    })
  }

  it('gives plain HTTP on the TLS port an empty reply', async ({ onTestFinished }) => {
    const port = await stage(onTestFinished, { tls })
    expect((await ask('http', port, 'GET')).error).toBe('ECONNRESET')
    const said = await new Promise<number>(resolve => {
      let bytes = 0
      const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'))
      socket.on('data', chunk => {
        bytes += chunk.length
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(bytes))
    })
    expect(said).toBe(0)
  })

  it('serves the pair that it is given, from TLS 1.2 on', async ({ onTestFinished }) => {
    const port = await stage(onTestFinished, { tls })
    const common = { host: '127.0.0.1', port, name, roots: [root.pem], timeoutMs: 20_000 }
    expect((await handshake(common)).distrust).toBeUndefined()
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
    expect((await handshake({ ...common, ...old })).outcome).toBe('no-tls')
  })

  it('ends with its connections', async () => {
    const server = await serveStage({ tls, readyAt: 0, now: Date.now })
    const socket = connect(server.port, '127.0.0.1')
    await new Promise(resolve => socket.once('connect', resolve))
    const closed = new Promise(resolve => socket.once('close', resolve))
    socket.on('error', () => {})
    await server.close()
    await closed
    expect((await ask('https', server.port, 'GET')).error).toBe('ECONNREFUSED')
  })
})

describe.concurrent('the name server of the stage', () => {
  it('knows the one name, over UDP and TCP, and no other', async ({ onTestFinished }) => {
    const server = await serveDns(asked => (asked === name ? '127.0.0.1' : undefined))
    onTestFinished(() => void server.close())
    const question = {
      server: { host: '127.0.0.1', port: server.port },
      recursive: true,
      timeoutMs: 20_000,
    }
    expect(await askDns({ ...question, name: name.toUpperCase(), type: 'A' })).toMatchObject({
      rcode: 'NOERROR',
      authoritative: true,
      answers: [{ data: '127.0.0.1' }],
    })
    expect(await askDns({ ...question, name, type: 'AAAA' })).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
    })
    expect((await askDns({ ...question, name: 'x.example', type: 'A' })).rcode).toBe('NXDOMAIN')
    const reply = await new Promise<Buffer>((resolve, reject) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(Buffer.from('001d12340100000100000000000001780765', 'hex').subarray(0, 1))
        const query = Buffer.from('1234010000010000000000000178076578616d706c650000010001', 'hex')
        const length = Buffer.from([0, query.length])
        socket.write(Buffer.concat([length, query]).subarray(1))
      })
      const chunks: Buffer[] = []
      socket.on('data', chunk => chunks.push(chunk))
      socket.on('error', reject)
      socket.on('end', () => resolve(Buffer.concat(chunks)))
    })
    expect(reply.subarray(2, 4).toString('hex')).toBe('1234')
    expect(reply.readUInt16BE(0)).toBe(reply.length - 2)
    expect((reply[5] ?? 0) & 0x0f).toBe(3)
  })

  it('is not brought down by rubbish', async ({ onTestFinished }) => {
    const server = await serveDns(() => '127.0.0.1')
    onTestFinished(() => void server.close())
    const { createSocket } = await import('node:dgram')
    const socket = createSocket('udp4')
    onTestFinished(() => void socket.close())
    for (const rubbish of ['', 'x', '\u0000'.repeat(12), 'x'.repeat(400)]) {
      await new Promise(resolve =>
        socket.send(Buffer.from(rubbish), server.port, '127.0.0.1', resolve),
      )
    }
    const at127 = { host: '127.0.0.1', port: server.port }
    const question = { server: at127, name, type: 'A' as const, recursive: true, timeoutMs: 20_000 }
    expect((await askDns(question)).rcode).toBe('NOERROR')
  })
})

describe('a fault of the stage', () => {
  it('is one of those that are listed', () => {
    for (const fault of Object.keys(stageFaults)) expect(isStageFault(fault)).toBe(true)
    for (const other of ['', 'constructor', 'tls', 'Leaf']) expect(isStageFault(other)).toBe(false)
  })
})
