import { withForwards } from '../../kubernetes/forward.ts'
import { podPort, podsOf, readNamespace, workloadNamed } from '../../kubernetes/namespace.ts'
import type { Calling, Place } from '../../kubernetes/place.ts'
import { handshake } from '../../net/handshake.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { World } from '../../world.ts'
import { apiServer, inside } from './components.ts'

/** How the API of Feldera is reached and trusted. */
export interface ApiAccess {
  place: Place
  /** PEM certificates, any of which may end the served chain. */
  roots: readonly string[]
  /** An API key; it is sent only after the server was trusted, or through the cluster's own tunnel. */
  key?: string | undefined
}

export interface ApiResult {
  /** Undefined where no answer came. */
  status?: number | undefined
  json: Json
  /** In a few words. */
  seen: string
}

export interface Api {
  https: boolean
  get(path: string): Promise<ApiResult>
  post(path: string): Promise<ApiResult>
}

type ApiCalling = Calling & { world: Pick<World, 'api'> }

/** Milliseconds for one answer. */
const answerMs = 20_000

/** Talks to the API server through a port-forward of ours; nothing of Feldera is reachable otherwise. */
export async function withApi<T>(
  { place, roots, key }: ApiAccess,
  calling: ApiCalling,
  use: (api: Api) => Promise<T>,
): Promise<T | undefined> {
  const namespace = await readNamespace(place, calling)
  const workload = workloadNamed(namespace, apiServer)
  const [pod] = workload ? podsOf(workload, namespace) : []
  if (!pod) return undefined
  const service = namespace.services.find(({ metadata }) => metadata.name === 'feldera-api-server')
  const target = { pod: pod.metadata.name, port: podPort(service, 8080, pod) }
  return withForwards(place, [target], calling, async ([port = 0]) => {
    const name = inside(place.namespace)
    const at = { host: '127.0.0.1', port, name, roots, timeoutMs: 10_000, signal: calling.signal }
    const https = (await handshake(at)).outcome === 'done'
    const ask = async (method: 'GET' | 'POST', path: string): Promise<ApiResult> => {
      const result = await calling.world.api({
        url: `${https ? 'https' : 'http'}://127.0.0.1:${port}${path}`,
        name,
        method,
        ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
        roots,
        timeoutMs: answerMs,
        signal: calling.signal,
      })
      const json = parsed(result.body)
      const said = oneLine(String(atPath(json, 'message') ?? result.body)).slice(0, 300)
      const seen =
        result.status === undefined
          ? `no answer (${result.error})`
          : `status ${result.status} ${said}`
      return { status: result.status, json, seen: seen.trim() }
    }
    return use({ https, get: path => ask('GET', path), post: path => ask('POST', path) })
  })
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}
