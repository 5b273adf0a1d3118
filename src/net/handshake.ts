import {
  type ConnectionOptions,
  connect,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls'
import type { Address } from './address.ts'
import { isIP } from './is-ip.ts'

export interface HandshakeOptions extends Address {
  /** The name that is sent as SNI (never an IP address) and that the certificate is for. */
  name: string
  /** PEM certificates that are trusted. */
  roots: readonly string[]
  /** PEM of our own certificate and key, where the server asks clients for one. */
  client?: { chain: string; key: string }
  minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
  maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'
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
      seen.chain = chainOf(socket)
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
  const { host, port, name, roots, client, minVersion, maxVersion } = options
  const old = minVersion === 'TLSv1' || minVersion === 'TLSv1.1'
  return {
    host,
    port,
    ca: [...roots],
    ...(client ? { cert: client.chain, key: client.key } : {}),
    ...(isIP(name) ? {} : { servername: name }),
    // The name is judged by a probe of its own; here it would hide the verdict on the chain.
    checkServerIdentity: () => undefined,
    ...(minVersion ? { minVersion } : {}),
    ...(maxVersion ? { maxVersion } : {}),
    // OpenSSL 3 offers TLS 1.0 and 1.1 only at security level 0: needed to see them refused.
    ...(old ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
  }
}

function chainOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = []
  let each: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (each?.raw && chain.length < 20) {
    chain.push(each.raw)
    if (each.issuerCertificate === each) break
    each = each.issuerCertificate
  }
  return chain
}
