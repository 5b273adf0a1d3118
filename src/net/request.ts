import { type Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { SecureContext } from 'node:tls'
import { isIP } from './is-ip.ts'

export interface RequestOptions {
  url: string
  method?: 'GET' | 'POST' | 'PUT'
  /** TLS name and Host header, where the URL holds an address instead. */
  name?: string
  headers?: Record<string, string>
  body?: string
  /** PEM certificates that are trusted (https). */
  roots?: readonly string[]
  /** A way may end with any of `roots`, as rustls has it, not only with one that signed itself. */
  endsAnywhere?: boolean
  /** PEM of our own certificate and key, where the server asks clients for one (https). */
  client?: { chain: string; key: string }
  /** What roots and client came to before, where many requests share them. */
  context?: SecureContext
  /** Holds a connection for requests that follow each other, to one server that is trusted alike. */
  agent?: Agent
  timeoutMs: number
  signal?: AbortSignal
}

export interface RequestResult {
  /** Undefined when no answer came; then `error` says why. */
  status?: number
  headers: Record<string, string>
  /** At most 8 MiB. */
  body: string
  error?: string
  tookMs: number
}

const bodyCap = 8 * 1024 * 1024

function trustOf({ roots, endsAnywhere, client, context }: RequestOptions) {
  if (context) return { secureContext: context }
  return {
    ...(roots ? { ca: [...roots] } : {}),
    ...(endsAnywhere ? { allowPartialTrustChain: true } : {}),
    ...(client ? { cert: client.chain, key: client.key } : {}),
  }
}

/** One HTTP request, on a connection of its own where no agent holds one. Redirects are answers, not followed; never throws. */
export function request(options: RequestOptions): Promise<RequestResult> {
  const began = performance.now()
  const url = new URL(options.url)
  const secure = url.protocol === 'https:'
  const name = options.name ?? url.hostname
  const port = url.port === '' ? '' : `:${url.port}`
  return new Promise(resolve => {
    const finish = (rest: Omit<RequestResult, 'tookMs'>) => {
      clearTimeout(timer)
      outgoing.destroy()
      resolve({ ...rest, tookMs: Math.round(performance.now() - began) })
    }
    const failed = (error: string) => finish({ headers: {}, body: '', error })
    const outgoing = (secure ? httpsRequest : httpRequest)(url, {
      method: options.method ?? 'GET',
      agent: options.agent ?? false,
      headers: { ...(options.name ? { host: `${name}${port}` } : {}), ...options.headers },
      ...(secure ? trustOf(options) : {}),
      ...(secure && !isIP(name) ? { servername: name } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    })
    const timer = setTimeout(() => failed('timeout'), options.timeoutMs)
    outgoing.on('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message))
    outgoing.on('response', response => {
      const chunks: Buffer[] = []
      let size = 0
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([key, value]) => [key, String(value)]),
      )
      const done = () => {
        const body = Buffer.concat(chunks).toString('utf8')
        finish({ status: response.statusCode ?? 0, headers, body })
      }
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= bodyCap) chunks.push(chunk)
        else done()
      })
      response.on('end', done)
      response.on('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message))
    })
    outgoing.end(options.body)
  })
}
