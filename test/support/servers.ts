import { createSocket } from 'node:dgram'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls'
import packet, { type Answer, type DecodedPacket, type Question } from 'dns-packet'

type AtEnd = (close: () => void) => void

/** Listens on a free port of loopback until the test ends. */
async function listen(server: Server, atEnd: AtEnd, host = '127.0.0.1', port = 0): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  atEnd(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** A server that does with each connection what the test says. */
export function serveTcp(atEnd: AtEnd, onSocket: (socket: Socket) => void): Promise<number> {
  return listen(createServer(onSocket), atEnd)
}

export interface TlsSeen {
  port: number
  /** The names that clients sent as SNI, as far as they sent one. */
  names: string[]
  /** The requests that came through. */
  requests: string[]
}

/** HTTPS (or anything over TLS) with a pair of the test's. */
export async function serveTls(
  atEnd: AtEnd,
  options: TlsOptions & { onRequest?: RequestListener; onSocket?: (socket: TLSSocket) => void },
): Promise<TlsSeen> {
  const { onRequest, onSocket, ...tls } = options
  const seen: TlsSeen = { port: 0, names: [], requests: [] }
  const http = createHttp((request, response) => {
    seen.requests.push(`${request.method} ${request.headers.host} ${request.url}`)
    if (onRequest) onRequest(request, response)
    else response.writeHead(200, { connection: 'close' }).end('hello\n')
  })
  const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
    seen.names.push(name)
    done(null)
  }
  const server = createTls({ SNICallback, ...tls }, socket => {
    socket.on('error', () => {})
    if (onSocket) onSocket(socket)
    else http.emit('connection', socket)
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  seen.port = await listen(server, atEnd)
  return seen
}

export async function serveHttp(atEnd: AtEnd, onRequest: RequestListener): Promise<number> {
  return listen(createHttp(onRequest), atEnd)
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** What a name server of a test says; raw bytes stand for whatever a test likes. */
export type Reply =
  | 'silent'
  | Buffer
  | {
      rcode?: number
      answers?: Answer[]
      authorities?: Answer[]
      /** Says that it does not fit, so that the client asks over TCP. */
      truncated?: boolean
      authoritative?: boolean
      /** Instead of the id and name that were asked. */
      id?: number
      name?: string
      /** A query instead of a response. */
      query?: boolean
    }

export interface Asked extends Question {
  over: 'udp' | 'tcp'
  recursive: boolean
}

export interface NameServerSeen {
  host: string
  port: number
  asked: Asked[]
}

/** A name server; `say` may give several messages for one question. */
export async function serveNames(
  atEnd: AtEnd,
  say: (asked: Asked) => Reply | Reply[],
  { host = '127.0.0.1', port = 0, tcp = true } = {},
): Promise<NameServerSeen> {
  for (let attempt = 0; ; attempt += 1) {
    const udp = createSocket('udp4')
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind(port, host, resolve)
    })
    const seen: NameServerSeen = { host, port: udp.address().port, asked: [] }
    try {
      if (tcp)
        await listen(
          createServer(socket => overTcp(socket, say, seen)),
          atEnd,
          host,
          seen.port,
        )
    } catch (error) {
      udp.close() // somebody else has that port for TCP
      if (attempt < 20 && port === 0) continue
      throw error
    }
    atEnd(() => udp.close())
    udp.on('message', (data, from) => {
      for (const reply of replies(data, 'udp', say, seen)) udp.send(reply, from.port, from.address)
    })
    return seen
  }
}

function overTcp(socket: Socket, say: (asked: Asked) => Reply | Reply[], seen: NameServerSeen) {
  let received = Buffer.alloc(0)
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
    for (const reply of replies(received.subarray(2), 'tcp', say, seen)) {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(reply.length)
      // byte by byte at first, as a slow network would have it
      socket.write(length.subarray(0, 1))
      setImmediate(() => socket.end(Buffer.concat([length.subarray(1), reply])))
    }
  })
}

function replies(
  data: Buffer,
  over: Asked['over'],
  say: (asked: Asked) => Reply | Reply[],
  seen: NameServerSeen,
): Buffer[] {
  const query = decoded(data)
  const question = query?.questions?.[0]
  if (!query || !question) return []
  const asked = { ...question, over, recursive: query.flag_rd === true }
  seen.asked.push(asked)
  return [say(asked)].flat().flatMap(reply => {
    if (reply === 'silent') return []
    if (Buffer.isBuffer(reply)) return [reply]
    const flags =
      (reply.rcode ?? 0) |
      (reply.truncated ? packet.TRUNCATED_RESPONSE : 0) |
      (reply.authoritative ? packet.AUTHORITATIVE_ANSWER : 0)
    return [
      packet.encode({
        type: reply.query ? 'query' : 'response',
        id: reply.id ?? query.id ?? 0,
        flags,
        questions: [{ ...question, name: reply.name ?? question.name }],
        answers: reply.answers ?? [],
        authorities: reply.authorities ?? [],
      }),
    ]
  })
}

function decoded(data: Buffer): DecodedPacket | undefined {
  try {
    return packet.decode(data)
  } catch {
    return undefined
  }
}

export const a = (name: string, data: string, ttl = 300): Answer => ({ type: 'A', name, data, ttl })
export const aaaa = (name: string, data: string, ttl = 300): Answer => ({
  type: 'AAAA',
  name,
  data,
  ttl,
})
export const cname = (name: string, data: string, ttl = 300): Answer => ({
  type: 'CNAME',
  name,
  data,
  ttl,
})
export const soa = (name: string, ttl: number): Answer => ({
  type: 'SOA',
  name,
  ttl,
  data: {
    mname: `ns1.${name}`,
    rname: `hostmaster.${name}`,
    serial: 1,
    refresh: 7200,
    retry: 900,
    expire: 86400,
    minimum: ttl,
  },
})

export const rcodes = { servfail: 2, nxdomain: 3, refused: 5 } as const
