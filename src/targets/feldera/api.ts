import type { Secrets } from '../../answers/secret.ts'
import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import {
  freshNamespace,
  podPort,
  podsOf,
  recentNamespace,
  workloadNamed,
} from '../../kubernetes/namespace.ts'
import type { Place } from '../../kubernetes/place.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { Recent } from '../../plan/recent.ts'
import { oneLine } from '../../process/plain-text.ts'
import { apiServer } from './components.ts'
import { felderaFindings } from './findings.ts'
import { leaveWay, takeWay, type WayCalling } from './way.ts'

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

type ApiCalling = WayCalling & { recent: Recent }

/** Milliseconds between two tries. */
const againMs = 1_000
/** A forward can end with its pod, or lose a connection: how often it is made anew. */
const tries = 4

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
  const { name, uid } = pod.metadata
  const to = { place, pod: name, ...(uid ? { uid } : {}), port: podPort(service, 8080, pod) }
  const way = await takeWay(to, roots, calling)
  const headers: Record<string, string> =
    key === undefined ? {} : { authorization: `Bearer ${key}` }
  const ask = async (method: 'GET' | 'POST', path: string): Promise<ApiResult> => {
    const result = await way.ask(method, path, headers)
    const { status } = result
    if (status === undefined) throw new NoAnswer(`no answer (${result.error})`)
    const json = parsed(result.body)
    const said = oneLine(String(atPath(json, 'message') ?? result.body)).slice(0, 300)
    return { status, json, seen: `status ${status} ${said}`.trim() }
  }
  let answered = false
  try {
    const answer = await use({ get: path => ask('GET', path), post: path => ask('POST', path) })
    answered = true
    return answer
  } finally {
    await (answered ? leaveWay(to, way, calling) : way.close())
  }
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
