import { type Address, formatAddress, urlHost } from '../net/address.ts'
import { isIP } from '../net/is-ip.ts'
import { request } from '../net/request.ts'
import type { Contexts } from '../net/secure-context.ts'
import { oneLine } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import type { RunTool, ToolResult } from '../process/tool.ts'
import type { Probed } from './result.ts'

export interface HttpWanted {
  address: Address
  name: string
  path: string
  expect: readonly number[]
  notReady?: { status: number; says: string }
  plainRefusal?: string
  /** PEM file for curl, and its certificates for the built-in client. */
  rootsFile?: string
  roots: readonly string[]
  /** What these and our own pair come to, for all addresses. */
  contexts?: Contexts
  /** Our own certificate and key: files for curl, and what is in them. */
  clientFiles?: { chain: string; key: string }
  client?: { chain: string; key: string }
  /** Runs curl; without it the built-in client asks. */
  run?: RunTool
  signal: AbortSignal
}

/** What either client says: a status, or why there is none. */
interface Asked {
  status?: number
  body: string
  failure?: string
  exit?: number
  command: string
  tookMs: number
  noCurl: boolean
}

const askMs = 20_000

/** `http.answers`: the path, over TLS, by name, trusted. */
export function probeAnswers(wanted: HttpWanted): Promise<Probed> {
  return probeStatus(wanted, 'https')
}

/** `http.answers` of an endpoint without TLS. */
export function probeHttp(wanted: HttpWanted): Promise<Probed> {
  return probeStatus(wanted, 'http')
}

async function probeStatus(wanted: HttpWanted, scheme: 'http' | 'https'): Promise<Probed> {
  const asked = await ask(wanted, scheme)
  const { status, body } = asked
  const at = formatAddress(wanted.address)
  const expected = `GET ${wanted.path} ${wanted.expect.join(' or ')}`
  const note = asked.noCurl ? ' (built in: no curl here)' : ''
  const base = {
    id: 'http.answers',
    expected,
    address: at,
    command: asked.command,
    tookMs: asked.tookMs,
  }
  if (status === undefined) {
    return {
      ...base,
      state: 'fail',
      seen: `no answer: ${asked.failure}${note}`,
      evidence: [`curl: ${asked.failure}`],
      transient: true,
      means: 'Clients get no answer either.',
      fix: 'Look at the log of the server.',
    }
  }
  const words = oneLine(body).slice(0, 100)
  const evidence = [`${status} ${words}`]
  const waiting = wanted.notReady?.status === status ? `: ${wanted.notReady.says}` : ''
  if (wanted.expect.includes(status)) {
    return {
      ...base,
      state: 'pass',
      seen: `GET ${wanted.path} ${status}${waiting}${note}`,
      evidence,
    }
  }
  return {
    ...base,
    state: 'fail',
    seen: `GET ${wanted.path} ${status}${waiting}${note}`,
    evidence,
    transient: status >= 500,
    means: 'The connection is good; the answer is not one of those that proof.expect names.',
    fix: 'Put this right in the service, or change proof.path or proof.expect.',
  }
}

/** `http.plain`: plain HTTP to the TLS port gives no 2xx or 3xx; the way it is refused is evidence. */
export async function probePlain(wanted: HttpWanted): Promise<Probed> {
  const asked = await ask(wanted, 'http', briefly)
  const at = formatAddress(wanted.address)
  const base = {
    id: 'http.plain',
    expected: 'no 2xx or 3xx over plain HTTP',
    address: at,
    command: asked.command,
    tookMs: asked.tookMs,
  }
  const { status } = asked
  if (status !== undefined && status >= 200 && status < 400) {
    return {
      ...base,
      state: 'fail',
      seen: `plain HTTP is answered with ${status}`,
      evidence: [oneLine(asked.body).slice(0, 200)],
      means: 'A client that forgets the "s" sends its data in the clear.',
      fix: 'Close plain HTTP on this port.',
    }
  }
  const how = status === undefined ? (asked.failure ?? 'no answer') : `status ${status}`
  const exit = asked.exit ? ` (curl exit ${asked.exit})` : ''
  const words = wanted.plainRefusal ? `, ${wanted.plainRefusal}` : ''
  return { ...base, state: 'pass', seen: `refused: ${how}${exit}${words}` }
}

const curlExits: Record<number, string> = {
  6: 'the name is not known',
  7: 'the connection is refused',
  28: 'no answer in time',
  35: 'the TLS handshake failed',
  52: 'empty reply',
  56: 'the connection is cut',
  60: 'the certificate is not trusted',
}

/**
 * A refusal is told by its status: curl does not wait for the rest of it then. A tunnel to a pod ends a
 * connection a second after its server has (containerd's port-forward).
 */
const briefly = ['--fail']

async function ask(
  wanted: HttpWanted,
  scheme: 'http' | 'https',
  more: readonly string[] = [],
): Promise<Asked> {
  const argv = curlArguments(wanted, scheme, more)
  const command = quoteCommand(argv)
  const result = await wanted.run?.({ argv, limitMs: askMs + 5_000, signal: wanted.signal })
  const noCurl = result?.outcome === 'missing' || result?.outcome === 'not-executable'
  if (!result || noCurl) return { ...(await askBuiltIn(wanted, scheme)), command, noCurl }
  return { ...readCurl(result), command, tookMs: result.tookMs, noCurl }
}

/**
 * `-q` first: a ~/.curlrc with `insecure` must not decide; no proxy: the address itself is proven.
 */
function curlArguments(
  wanted: HttpWanted,
  scheme: 'http' | 'https',
  more: readonly string[],
): [string, ...string[]] {
  const { address, name, path } = wanted
  const pin = isIP(name) && name === address.host ? [] : ['--resolve', pinned(name, address)]
  const trust = scheme === 'https' && wanted.rootsFile ? ['--cacert', wanted.rootsFile] : []
  const own = scheme === 'https' && wanted.clientFiles ? clientArguments(wanted.clientFiles) : []
  return [
    'curl',
    '-q',
    '--silent',
    '--show-error',
    '--noproxy',
    '*',
    '--max-time',
    '20',
    ...more,
    ...trust,
    ...own,
    ...pin,
    '--write-out',
    '\n%{http_code}',
    `${scheme}://${urlHost(name)}:${address.port}${path}`,
  ]
}

/** A colon ends the path for curl, unless it is escaped. */
function clientArguments({ chain, key }: { chain: string; key: string }): string[] {
  return ['--cert', chain.replace(/[\\:]/g, '\\$&'), '--key', key]
}

function pinned(name: string, { host, port }: Address): string {
  return `${name}:${port}:${isIP(host) === 6 ? `[${host}]` : host}`
}

function readCurl(result: ToolResult): Pick<Asked, 'status' | 'body' | 'failure' | 'exit'> {
  const end = result.stdout.lastIndexOf('\n')
  const body = result.stdout.slice(0, Math.max(end, 0))
  const status = Number(result.stdout.slice(end + 1))
  if (status > 0 && [0, 22, 28].includes(result.exit ?? -1)) return { status, body }
  const exit = result.exit ?? 0
  const said = oneLine(result.stderr.replace(/^curl: \(\d+\) /, '')).slice(0, 200)
  return { body, exit, failure: curlExits[exit] ?? (said || result.outcome) }
}

async function askBuiltIn(
  { address, name, path, roots, client, contexts, signal }: HttpWanted,
  scheme: 'http' | 'https',
): Promise<Omit<Asked, 'command' | 'noCurl'>> {
  const url = `${scheme}://${urlHost(address.host)}:${address.port}${path}`
  const own = client ? { client } : {}
  const context = scheme === 'https' ? contexts?.() : undefined
  const trust = { roots, ...own, ...(context ? { context } : {}) }
  const answer = await request({ url, name, ...trust, timeoutMs: askMs, signal })
  const { status, body, tookMs } = answer
  const failure = answer.error === 'ECONNRESET' ? 'empty reply' : answer.error
  return {
    body,
    tookMs,
    ...(status === undefined ? { failure: failure ?? 'no answer' } : { status }),
  }
}
