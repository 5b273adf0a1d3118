import { X509Certificate } from 'node:crypto'
import type { Secrets } from '../../answers/secret.ts'
import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { withForwards } from '../../kubernetes/forward.ts'
import {
  freshNamespace,
  podPort,
  podsOf,
  recentNamespace,
  workloadNamed,
} from '../../kubernetes/namespace.ts'
import type { Calling, Place } from '../../kubernetes/place.ts'
import { handshake } from '../../net/handshake.ts'
import type { RequestOptions, RequestResult } from '../../net/request.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { Recent } from '../../plan/recent.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { World } from '../../world.ts'
import { apiServer, inside } from './components.ts'
import { felderaFindings } from './findings.ts'

/** How the API of Feldera is reached and trusted. */
export interface ApiAccess {
  place: Place
  /** PEM certificates, any of which may end the served chain. */
  roots: readonly string[]
  /** An API key; it is sent only after the server was trusted, or through the cluster's own tunnel. */
  key?: string | undefined
}

export interface ApiResult {
  status: number
  json: Json
  /** In a few words. */
  seen: string
}

export interface Api {
  get(path: string): Promise<ApiResult>
  post(path: string): Promise<ApiResult>
}

type ApiCalling = Calling & { world: Pick<World, 'api' | 'clock'>; recent: Recent }

/** Milliseconds for one answer, and between two tries. */
const answerMs = 20_000
const againMs = 1_000
/** A forward can end with its pod, or lose a connection: how often it is made anew. */
const tries = 4

/** kubectl ends a forward with a connection that was reset, and it is opened again: how long that may take. */
const reopensMs = 3_000
const lookEveryMs = 100

/** No answer came; what was asked for may or may not have been done. */
class NoAnswer extends Error {}

/**
 * Talks to the API server through a port-forward of ours; nothing of Feldera is reachable otherwise.
 * What `use` does is done again when the connection is lost: it must look first what is to be done.
 *
 * @returns undefined where there is no pod of the API server
 */
async function withApi<T>(
  access: ApiAccess,
  calling: ApiCalling,
  use: (api: Api) => Promise<T>,
): Promise<T | undefined> {
  let read = recentNamespace
  for (let again = 1; ; again += 1) {
    try {
      return await tryApi(access, calling, read, use)
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      calling.signal.throwIfAborted()
      if (again === tries) throw noApi(error.message)
      read = freshNamespace // the pod may be another one now
      await calling.world.clock.sleep(againMs, calling.signal)
    }
  }
}

/**
 * The same with the key of each tenant in turn: an API key sees the pipelines of one tenant alone. One
 * time without a key where none is given.
 *
 * @returns one answer for each; none where there is no pod of the API server
 */
export async function withApis<T>(
  access: Omit<ApiAccess, 'key'>,
  secrets: Secrets,
  calling: ApiCalling,
  use: (api: Api) => Promise<T>,
): Promise<T[]> {
  const answers: T[] = []
  for (const key of secrets['target.apiKey']?.split('\n') ?? [undefined]) {
    const answer = await withApi({ ...access, key }, calling, use)
    if (answer !== undefined) answers.push(answer)
  }
  return answers
}

/** Asks as soon as something listens: where a connection was refused, nothing has reached the server. */
async function onceListening(
  { world, signal }: ApiCalling,
  options: RequestOptions,
): Promise<RequestResult> {
  const began = world.clock.elapsed()
  for (;;) {
    const result = await world.api(options)
    if (result.error !== 'ECONNREFUSED' || world.clock.elapsed() - began > reopensMs) return result
    await world.clock.sleep(lookEveryMs, signal)
  }
}

async function tryApi<T>(
  { place, roots, key }: ApiAccess,
  calling: ApiCalling,
  read: typeof recentNamespace,
  use: (api: Api) => Promise<T>,
): Promise<T | undefined> {
  const namespace = await read(place, calling)
  const workload = workloadNamed(namespace, apiServer)
  const [pod] = workload ? podsOf(workload, namespace) : []
  if (!pod) return undefined
  const service = namespace.services.find(({ metadata }) => metadata.name === 'feldera-api-server')
  const target = { pod: pod.metadata.name, port: podPort(service, 8080, pod) }
  // a handshake with a plain server ends its forward: the questions get another one
  return withForwards(place, [target, target], calling, async ([probed = 0, port = 0]) => {
    const at = { host: '127.0.0.1', port: probed, timeoutMs: 10_000, signal: calling.signal }
    const { chain } = await handshake({ ...at, name: inside(place.namespace), roots: [] })
    const trust = trustOf(chain, roots, place.namespace)
    const ask = async (method: 'GET' | 'POST', path: string): Promise<ApiResult> => {
      const result = await onceListening(calling, {
        url: `${trust ? 'https' : 'http'}://127.0.0.1:${port}${path}`,
        name: trust?.name ?? inside(place.namespace),
        method,
        ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
        roots: trust?.roots ?? [],
        endsAnywhere: true,
        timeoutMs: answerMs,
        signal: calling.signal,
      })
      const { status } = result
      if (status === undefined) throw new NoAnswer(`no answer (${result.error})`)
      const json = parsed(result.body)
      const said = oneLine(String(atPath(json, 'message') ?? result.body)).slice(0, 300)
      return { status, json, seen: `status ${status} ${said}`.trim() }
    }
    return use({ get: path => ask('GET', path), post: path => ask('POST', path) })
  })
}

/**
 * What the API server is trusted by, and under which of its names; undefined on plain HTTP. The
 * cluster's own tunnel leads to this very pod, so the end of the chain that it serves itself is taken
 * beside the kept ones, root or not: after a Secret was changed by hand, or for a chain of somebody else
 * that lacks its root, nothing else would be known. This is never
 * a proof: what must be served is proven against the recorded leaf and roots.
 */
function trustOf(
  chain: readonly Buffer[],
  roots: readonly string[],
  namespace: string,
): { roots: string[]; name: string } | undefined {
  const [leaf] = chain.map(der => new X509Certificate(der))
  const last = chain.at(-1)
  if (!leaf || !last) return undefined
  const wanted = inside(namespace)
  const own = /DNS:([^,\s]+)/.exec(leaf.subjectAltName ?? '')?.[1] ?? wanted
  const name = leaf.checkHost(wanted) ? wanted : own.replace(/^\*\./, 'feldera.')
  return { roots: [...roots, new X509Certificate(last).toString()], name }
}

/** The API does not answer, or not as it should. */
export function noApi(evidence: string): Problem {
  return new Problem(exitCodes.unavailable, [
    finding(felderaFindings, 'feldera.api', {
      subject: 'API',
      evidence,
      fix: 'Look at its log: kubectl logs deploy/feldera-api-server; then run the same command again.',
    }),
  ])
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}
