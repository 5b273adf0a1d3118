import {
  type ConnectionOptions,
  connect,
  type DetailedPeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import type { Address } from './address.ts'
import { isIP } from './is-ip.ts'
import { type ContextOptions, contextOptions } from './secure-context.ts'

export interface HandshakeOptions extends Address, ContextOptions {
  /** The name that is sent as SNI (never an IP address) and that the certificate is for. */
  name: string
  /** What the same roots, pair and versions came to before, where many handshakes share them. */
  context?: SecureContext
  /** Reads the leaf alone, or nothing: to read a chain costs as much as half of a handshake. */
  reads?: 'chain' | 'leaf' | 'nothing'
  timeoutMs: number
  signal?: AbortSignal
}

/** What a handshake showed, also when it ended in distrust. */
export interface HandshakeResult {
  /** `done`: keys were agreed on, whatever the certificate is worth. */
  outcome: 'done' | 'no-connection' | 'no-tls' | 'timeout'
  /** What the system or TLS said when it was not done, e.g. `ECONNREFUSED`. */
  error?: string
  protocol?: string
  /** DER, leaf first, as far as the server sent them or the given roots complete them. */
  chain: Buffer[]
  /** OpenSSL's verdict on the chain; undefined when it leads to one of `roots`. */
  distrust?: string
  /** Milliseconds until TCP was open, and until the end. */
  tcpMs?: number
  tookMs: number
}

/**
 * Opens TLS to one address and reads what is served.
 *
 * Trust stays switched on: the chain is read in the moment before OpenSSL's verdict is acted on, so a
 * certificate that nobody should trust is seen and nothing is ever sent to its server.
 */
export function handshake(options: HandshakeOptions): Promise<HandshakeResult> {
  const began = performance.now()
  const took = () => Math.round(performance.now() - began)
  return new Promise(resolve => {
    const socket = connect(connectionOptions(options))
    const readChain: ReadChain = socket.getPeerCertificate.bind(socket)
    // Node makes objects of a whole trusted chain for `checkServerIdentity`: as much work as all of the
    // rest, and ours looks at none of them.
    socket.getPeerCertificate = () => unread
    const seen: Pick<HandshakeResult, 'chain' | 'protocol' | 'tcpMs'> = { chain: [] }
    let agreed = false

    const finish = (rest: Pick<HandshakeResult, 'outcome' | 'error' | 'distrust'>) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve({ ...seen, ...rest, tookMs: took() })
    }
    const onAbort = () => finish({ outcome: 'timeout', error: 'aborted' })
    const timer = setTimeout(() => finish({ outcome: 'timeout' }), options.timeoutMs)
    options.signal?.addEventListener('abort', onAbort, { once: true })

    socket.once('connect', () => {
      seen.tcpMs = took()
    })
    // Before Node's own listener, which destroys the socket when the chain is not trusted.
    socket.prependOnceListener('secure', () => {
      agreed = true
      seen.chain = chainOf(socket, readChain, options.reads)
      seen.protocol = socket.getProtocol() ?? ''
    })
    socket.once('secureConnect', () => finish({ outcome: 'done' }))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // OpenSSL's verdicts that Node has no code for (name constraints) are in the message alone
      const said = error.code && error.code !== 'UNSPECIFIED' ? error.code : error.message
      if (agreed) finish({ outcome: 'done', distrust: said })
      else finish({ outcome: seen.tcpMs === undefined ? 'no-connection' : 'no-tls', error: said })
    })
    socket.once('close', () => {
      finish({ outcome: seen.tcpMs === undefined ? 'no-connection' : 'no-tls', error: 'closed' })
    })
  })
}

function connectionOptions(options: HandshakeOptions): ConnectionOptions {
  const { host, port, name, context } = options
  return {
    host,
    port,
    ...(context ? { secureContext: context } : contextOptions(options)),
    ...(isIP(name) ? {} : { servername: name }),
    // The name is judged by a probe of its own; here it would hide the verdict on the chain.
    checkServerIdentity: () => undefined,
  }
}

type ReadChain = (detailed: true) => DetailedPeerCertificate

const unread = {} as DetailedPeerCertificate

function chainOf(
  socket: TLSSocket,
  readChain: ReadChain,
  reads: HandshakeOptions['reads'] = 'chain',
): Buffer[] {
  if (reads === 'nothing') return []
  if (reads === 'leaf') return [socket.getPeerX509Certificate()?.raw ?? []].flat()
  const chain: Buffer[] = []
  let each: DetailedPeerCertificate | undefined = readChain(true)
  while (each?.raw && chain.length < 20) {
    chain.push(each.raw)
    if (each.issuerCertificate === each) break
    each = each.issuerCertificate
  }
  return chain
}
