import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls'

export interface StageServer {
  port: number
  close(): Promise<void>
}

export interface StageOptions {
  /** PEM. Without them plain HTTP is served. */
  tls?: { chain: string; key: string; old: boolean }
  /** Until then no replica is ready (ms since 1970). */
  readyAt: number
  now(): number
  /** Whether plain HTTP on the TLS port is answered instead of refused. */
  answersPlain?: boolean
  /** How it is refused: with Go's 400 and its words, or (by default) by no answer at all. */
  plain?: 'bad-request'
  /** What it asks of its clients, as Go's tls.ClientAuthType; PEM of the roots that sign theirs. */
  clients?: { level: number; roots: string }
  /** By default any that is free. */
  port?: number
}

const routed = ['GET', 'POST', 'PUT', 'DELETE']
const notReady =
  'No ready replicas. Use "sky serve status [SERVICE_NAME]" to check the replica status.'

/** What Go's net/http says to plain HTTP on a TLS port. */
const badRequest =
  'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'

/**
 * A load balancer on loopback that behaves as SkyServe's: 503 with its words before a replica is
 * ready, 405 on HEAD and OPTIONS, no redirect, an empty reply to plain HTTP on the TLS port.
 */
export async function serveStage(options: StageOptions): Promise<StageServer> {
  const http = createHttp((request, response) => answer(request, response, options))
  const tls = options.tls
    ? createTls(tlsOptions(options.tls, options.clients), socket => {
        if (takesClient(socket, options.clients?.level ?? 0)) http.emit('connection', socket)
        else socket.destroy()
      })
    : undefined
  tls?.on('tlsClientError', (_error, socket) => socket.destroy())
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (!tls) return void http.emit('connection', socket)
    socket.once('data', first => {
      socket.pause()
      socket.unshift(first)
      if (first[0] === 0x16) tls.emit('connection', socket)
      else if (options.answersPlain) http.emit('connection', socket)
      else return void (options.plain ? socket.end(badRequest) : socket.destroy())
      process.nextTick(() => socket.resume())
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  server.unref()
  return { port: (server.address() as AddressInfo).port, close: () => close(server, sockets) }
}

function tlsOptions(
  { chain, key, old }: NonNullable<StageOptions['tls']>,
  clients: StageOptions['clients'],
): TlsOptions {
  const least: TlsOptions = old
    ? { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }
    : { minVersion: 'TLSv1.2' }
  const { level, roots } = clients ?? { level: 0, roots: '' }
  const asks = { requestCert: level > 0, rejectUnauthorized: level === 4 }
  return { cert: chain, key, ...least, ...asks, ...(roots === '' ? {} : { ca: roots }) }
}

/** Levels 2 (any certificate) and 3 (none, or a good one), which Node has no options for. */
function takesClient(socket: TLSSocket, level: number): boolean {
  const given = socket.getPeerX509Certificate() !== undefined
  return (level !== 2 || given) && (level !== 3 || !given || socket.authorized)
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { readyAt, now }: StageOptions,
): void {
  const send = (status: number, type: string, body: string, more = {}) => {
    response.writeHead(status, {
      'content-type': type,
      server: 'uvicorn',
      connection: 'close',
      ...more,
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  if (!routed.includes(request.method ?? '')) {
    const detail = JSON.stringify({ detail: 'Method Not Allowed' })
    send(405, 'application/json', detail, { allow: 'DELETE, PUT, POST, GET' })
  } else if (now() < readyAt) {
    send(503, 'application/json', JSON.stringify({ detail: notReady }))
  } else {
    send(200, 'text/plain', 'hello from the rehearsal stage\n')
  }
}

function close(server: Server, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy()
  return new Promise(resolve => server.close(() => resolve()))
}
