import type { RequestResult } from '../../net/request.ts'
import { sharedContexts } from '../../net/secure-context.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { World } from '../../world.ts'

/** What a listener speaks. */
export type Scheme = 'http' | 'https' | 'down'

/** How a cluster's nodes are reached and trusted. */
export interface Access {
  /** PEM certificates. */
  roots: readonly string[]
  /** Our own, where the cluster asks clients for one; PEM. */
  client?: { chain: string; key: string }
  /** The name in its certificate, where it is reached by another address: through a tunnel. */
  name?: string
  /** Of an AuthN server; sent with each question but the one that finds out the scheme. */
  token?: string
  /** What is known to be spoken: it is not asked first. */
  speaks?: 'https'
}

/**
 * What a node said. `status` is missing where it said nothing; `untrusted` is set where it is somebody
 * else, `wantsClient` where it demands a certificate of its clients and does not take ours.
 */
export interface Said {
  status?: number
  json: Json
  /** In a few words; never more than a line. */
  seen: string
  untrusted?: true
  wantsClient?: true
  /** What its clock says, milliseconds since 1970, exact to a second. */
  date?: number
}

/** Asks the nodes of a cluster by address, in whatever scheme each of them speaks now. */
export interface Api {
  /** What the listener speaks now, asked anew. */
  scheme(address: string): Promise<Scheme>
  get(address: string, path: string): Promise<Said>
  put(address: string, path: string, body?: Json): Promise<Said>
}

/** Milliseconds for an answer; a load on many nodes goes through them one after the other. */
const answerMs = 30_000
const lookMs = 4_000

/** Go's net/http to plain HTTP on a TLS port, with status 400: its curl exit is 0. */
const wantsHttps = /HTTP request to an HTTPS server/
/** What OpenSSL says to a server that speaks no TLS. */
const speaksHttp = /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$|wrong version/
/** TLS alerts of a server that refuses a client's certificate, or the lack of one. */
const refusesClient = /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_EXPIRED)/
const distrust =
  /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ALTNAME|unable to (verify|get)|self.signed/

export function createApi(
  { roots, client, token, name, speaks: certain }: Access,
  { world, signal }: { world: Pick<World, 'api'>; signal: AbortSignal },
): Api {
  const known = new Map<string, 'http' | 'https'>()
  const trust = { roots, ...(client ? { client } : {}) }
  const contexts = sharedContexts(trust)

  const scheme: Api['scheme'] = async address => {
    known.delete(address)
    const url = `http://${address}/v1/health`
    const result = await world.api({ url, timeoutMs: lookMs, signal })
    if (result.status === undefined) return 'down'
    const found = result.status === 400 && wantsHttps.test(result.body) ? 'https' : 'http'
    known.set(address, found)
    return found
  }

  const askIn = (
    speaks: 'http' | 'https',
    address: string,
    path: string,
    put?: { body?: Json },
  ) => {
    const context = speaks === 'https' ? contexts() : undefined
    return world.api({
      url: `${speaks}://${address}${path}`,
      method: put ? 'PUT' : 'GET',
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(put?.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(put?.body === undefined ? {} : { body: JSON.stringify(put.body) }),
      ...(speaks === 'https' ? trust : {}),
      ...(name === undefined ? {} : { name }),
      ...(context ? { context } : {}),
      timeoutMs: answerMs,
      signal,
    })
  }

  const ask = async (address: string, path: string, put?: { body?: Json }): Promise<Said> => {
    for (let again = false; ; again = true) {
      const speaks = certain ?? known.get(address) ?? (await scheme(address))
      if (speaks === 'down') return { json: null, seen: 'nothing listens' }
      const result = await askIn(speaks, address, path, put)
      const changed =
        speaks === 'http'
          ? result.status === 400 && wantsHttps.test(result.body)
          : speaksHttp.test(result.error ?? '')
      if (!changed || again || certain) return saidIn(result)
      known.delete(address)
    }
  }
  return { scheme, get: ask, put: (address, path, body) => ask(address, path, bodyOf(body)) }
}

function bodyOf(body: Json | undefined): { body?: Json } {
  return body === undefined ? {} : { body }
}

function saidIn({ status, body, error = '', headers }: RequestResult): Said {
  if (status === undefined) {
    const seen = oneLine(`no answer (${error})`)
    if (refusesClient.test(error)) return { json: null, seen, wantsClient: true }
    return { json: null, seen, ...(distrust.test(error) ? { untrusted: true } : {}) }
  }
  const json = parsed(body)
  const words = oneLine(String(atPath(json, 'message') ?? body)).slice(0, 300)
  const date = Date.parse(headers.date ?? '')
  const clock = Number.isNaN(date) ? {} : { date }
  return { status, json, seen: `${status} ${words}`.trim(), ...clock }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}
