import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { RunTool } from '../../process/tool.ts'
import { toolProblem } from '../../process/tool-problem.ts'
import type { World } from '../../world.ts'
import { type ApiServer, askServices } from './api.ts'
import { endpointUrl, readStatusWords } from './words.ts'

/** One service as sky knows it. */
export interface ServiceState {
  name: string
  /** READY, REPLICA_INIT, SHUTTING_DOWN … */
  status: string
  replicas: { ready: number; total: number }
  /** Whether its load balancer was started with TLS; missing where sky does not say yet. */
  tls?: boolean
  /** `https://host:port`, once its port is registered. */
  url?: string
  /** The paths in the YAML that it runs with. */
  keyfile?: string
  certfile?: string
  /** The YAML that the user gave; it may hold secrets and is never shown. */
  yaml?: string
}

export interface Services {
  services: ServiceState[]
  /** Whether a service that is not listed is really gone. */
  whole: boolean
  /** In a few words, where it was read and what is odd about it. */
  seen: string
  source: 'api' | 'sky'
}

const statusLimitMs = 120_000

/**
 * All services, or the named ones: from the API server's own API, or from `sky serve status` where
 * that wants a login which only sky has.
 */
export async function readServices(
  names: string[] | null,
  server: ApiServer,
  { world, run, signal }: { world: World; run: RunTool; signal: AbortSignal },
): Promise<Services> {
  const answer = await askServices(server, names, world, signal)
  if (answer.ok) {
    const { parseYaml } = await import('../../plan/parse-yaml.ts')
    const records = Array.isArray(answer.value) ? answer.value : []
    const services = records.flatMap(record => fromRecord(record, parseYaml))
    return { services, whole: true, seen: `${services.length} listed`, source: 'api' }
  }
  // A controller that is not up yet, or stopped because nothing runs: no service can be there.
  if (answer.type?.endsWith('ClusterNotUpError')) {
    return { services: [], whole: true, seen: 'no controller runs', source: 'api' }
  }
  if (answer.why === 'failed') {
    return { services: [], whole: false, seen: oneLine(answer.error), source: 'api' }
  }
  const argv = ['sky', 'serve', 'status', ...(names ?? [])] as [string, ...string[]]
  const result = await run({ argv, limitMs: statusLimitMs, signal })
  if (result.outcome !== 'ended' || result.exit !== 0) throw toolProblem(result, statusLimitMs)
  const words = readStatusWords(result.stdout)
  // With names given, a table without one of them is a whole answer; without a table see `whole`.
  return { ...words, source: 'sky' }
}

/** The state of one service; `ABSENT` only where its absence is sure, else `UNKNOWN`. */
export function serviceNamed(all: Services, name: string): ServiceState {
  const found = all.services.find(each => each.name === name)
  if (found) return found
  return { name, status: all.whole ? 'ABSENT' : 'UNKNOWN', replicas: { ready: 0, total: 0 } }
}

/** A service in a few words: what it does, over what, where. */
export function inWords({ status, tls, replicas, url }: ServiceState, seen: string): string {
  if (status === 'ABSENT') return 'not there'
  if (status === 'UNKNOWN') return `not known: ${seen}`
  const scheme = tls === undefined ? '' : tls ? ', HTTPS' : ', HTTP'
  const at = url ? `, ${url}` : ''
  return `${status}${scheme}, ${replicas.ready} of ${replicas.total} replicas ready${at}`
}

function fromRecord(record: Json, parse: (text: string) => Json): ServiceState[] {
  const name = atPath(record, 'name')
  const status = atPath(record, 'status')
  if (typeof name !== 'string' || typeof status !== 'string') return []
  const tls = atPath(record, 'tls_encrypted')
  const replicas = atPath(record, 'replica_info')
  const list = Array.isArray(replicas) ? replicas : []
  const ready = list.filter(each => atPath(each, 'status') === 'READY').length
  const total = atPath(record, 'target_num_replicas')
  const url = endpointUrl(String(atPath(record, 'endpoint') ?? ''))
  const content = atPath(record, 'yaml_content')
  const yaml = typeof content === 'string' ? safeParse(content, parse) : null
  const text = (path: string) => {
    const value = atPath(yaml, path)
    return typeof value === 'string' ? value : undefined
  }
  const keyfile = text('service.tls.keyfile')
  const certfile = text('service.tls.certfile')
  const user = text('_user_specified_yaml')
  return [
    {
      name,
      status,
      replicas: { ready, total: typeof total === 'number' ? total : list.length },
      ...(typeof tls === 'boolean' ? { tls } : {}),
      ...(url ? { url } : {}),
      ...(keyfile ? { keyfile } : {}),
      ...(certfile ? { certfile } : {}),
      ...(user ? { yaml: user } : {}),
    },
  ]
}

function safeParse(text: string, parse: (text: string) => Json): Json {
  try {
    return parse(text)
  } catch {
    return null
  }
}
