import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { World } from '../../world.ts'

/** The API server as SkyPilot's client finds it: environment, then ~/.sky/config.yaml, then this machine. */
export interface ApiServer {
  /** Without user and password; no slash at the end. */
  url: string
  /** Request headers that log in; never shown. */
  headers: Record<string, string>
}

export type ApiAnswer =
  | { ok: true; value: Json }
  /** `silent`: nobody answers there. `login`: it wants to know who asks. */
  | { ok: false; why: 'silent' | 'login' | 'failed'; error: string; type?: string }

export const localServer = 'http://127.0.0.1:46580'

export async function findApiServer(world: Pick<World, 'env' | 'home'>): Promise<ApiServer> {
  const config = await readConfig(join(world.home, '.sky', 'config.yaml'))
  const text = (path: string) => {
    const value = atPath(config, path)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const written =
    world.env.SKYPILOT_API_SERVER_ENDPOINT || text('api_server.endpoint') || localServer
  const token = world.env.SKYPILOT_SERVICE_ACCOUNT_TOKEN || text('api_server.service_account_token')
  return serverOf(written, token)
}

/** The server that a plan is for, with this machine's login where that is for the same one. */
export async function plannedServer(
  url: string,
  world: Pick<World, 'env' | 'home'>,
): Promise<ApiServer> {
  const found = await findApiServer(world)
  return found.url === url ? found : { url, headers: {} }
}

function serverOf(written: string, token: string | undefined): ApiServer {
  const url = URL.canParse(written) ? new URL(written) : new URL(localServer)
  const basic =
    url.username === ''
      ? undefined
      : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`
  const authorization = token ? `Bearer ${token}` : basic
  url.username = ''
  url.password = ''
  return {
    url: url.href.replace(/\/+$/, ''),
    headers: authorization ? { authorization } : {},
  }
}

/** Whether the server answers and is well; it is asked before any `sky` command, which might start one. */
export async function askHealth(
  server: ApiServer,
  world: Pick<World, 'api'>,
  signal?: AbortSignal,
): Promise<ApiAnswer> {
  return ask(server, { path: '/api/health', timeoutMs: 5_000 }, world, signal)
}

/**
 * A read of SkyServe's API: the request is posted, its answer fetched by its id. The server needs some
 * seconds for each, as it does for `sky serve status`, but the client none.
 *
 * @param names services, or null for all
 */
export async function askServices(
  server: ApiServer,
  names: string[] | null,
  world: Pick<World, 'api'>,
  signal?: AbortSignal,
): Promise<ApiAnswer> {
  const body = JSON.stringify({ service_names: names })
  const posted = await send(
    server,
    { path: '/serve/status', body, timeoutMs: 30_000 },
    world,
    signal,
  )
  if ('ok' in posted) return posted
  const id = posted.headers['x-skypilot-request-id']
  if (!id) return { ok: false, why: 'failed', error: 'the server gave no request id' }
  const path = `/api/get?request_id=${encodeURIComponent(id)}`
  const answer = await ask(server, { path, timeoutMs: 120_000 }, world, signal)
  if (!answer.ok) return answer
  const returned = atPath(answer.value, 'return_value')
  return typeof returned === 'string'
    ? parsed(returned)
    : { ok: false, why: 'failed', error: 'the server gave no value' }
}

/** The requests that are under way: their names and the services they are about. */
export async function askRequests(
  server: ApiServer,
  world: Pick<World, 'api'>,
  signal?: AbortSignal,
): Promise<{ name: string; services: string[] }[]> {
  const answer = await ask(server, { path: '/api/status', timeoutMs: 30_000 }, world, signal)
  if (!answer.ok || !Array.isArray(answer.value)) return []
  return answer.value.flatMap(each => {
    const name = atPath(each, 'name')
    const body = atPath(each, 'request_body')
    if (typeof name !== 'string' || typeof body !== 'string') return []
    const request = parsed(body)
    return request.ok ? [{ name, services: namesIn(request.value) }] : []
  })
}

function namesIn(body: Json): string[] {
  const one = atPath(body, 'service_name')
  const many = atPath(body, 'service_names')
  const names = [one, ...(Array.isArray(many) ? many : [many])]
  return names.filter(name => typeof name === 'string')
}

interface Ask {
  path: string
  body?: string
  timeoutMs: number
}

async function ask(
  server: ApiServer,
  what: Ask,
  world: Pick<World, 'api'>,
  signal?: AbortSignal,
): Promise<ApiAnswer> {
  const result = await send(server, what, world, signal)
  return 'ok' in result ? result : parsed(result.body)
}

async function send(
  server: ApiServer,
  { path, body, timeoutMs }: Ask,
  world: Pick<World, 'api'>,
  signal?: AbortSignal,
) {
  const result = await world.api({
    url: server.url + path,
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...server.headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    timeoutMs,
    ...(signal ? { signal } : {}),
  })
  const { status } = result
  const failed = (why: 'silent' | 'login' | 'failed', error: string, type?: string) =>
    ({ ok: false, why, error, ...(type ? { type } : {}) }) as const
  if (status === undefined) return failed('silent', result.error ?? 'no answer')
  if (status === 401 || status === 403 || (status >= 300 && status < 400))
    return failed('login', `status ${status}`)
  if (status >= 400) {
    const detail = parsed(result.body)
    const error = atPath(detail.ok ? detail.value : null, 'detail.error')
    const inner = typeof error === 'string' ? parsed(error) : undefined
    const of = (key: string) => (inner?.ok ? String(atPath(inner.value, key) ?? '') : '')
    return failed('failed', of('message') || `status ${status}`, of('type'))
  }
  return { headers: result.headers, body: result.body }
}

function parsed(text: string): ApiAnswer {
  try {
    return { ok: true, value: JSON.parse(text) as Json }
  } catch {
    return { ok: false, why: 'failed', error: 'the server answered no JSON' }
  }
}

async function readConfig(path: string): Promise<Json> {
  try {
    const { parseYaml } = await import('../../plan/parse-yaml.ts')
    return (parseYaml(await readFile(path, 'utf8')) as Json) ?? null
  } catch {
    return null // SkyPilot itself complains about a file that it cannot read
  }
}
