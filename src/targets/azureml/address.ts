import { tryKubectl } from '../../kubernetes/kubectl.ts'
import { recentNamespace } from '../../kubernetes/namespace.ts'
import type { Calling, Cluster } from '../../kubernetes/place.ts'
import { isUnreachable, kubernetesProblem } from '../../kubernetes/problems.ts'
import { formatAddress, parseAddress } from '../../net/address.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { Recalling } from '../../plan/recent.ts'
import { succeeded } from '../../process/tool.ts'
import { namespace } from './answers.ts'

/** Where clients reach azureml-fe. */
export interface At {
  host: string
  port: string
  /** `host:port`. */
  address: string
}

/** The Service of the inference router; the same name in every version of the extension. */
export const service = 'azureml-fe'

/** Of one call of kubectl, as its words say it. Milliseconds. */
const limitMs = 60_000

/**
 * Reads the Service, or the Ingress before it, and where it is reached; undefined while it has no
 * address yet.
 *
 * @throws Problem where the API server stays away: that is no address that may come
 */
export async function addressIn(
  cluster: Cluster,
  { instead, ingress }: { instead?: Json | undefined; ingress?: Json | undefined },
  scheme: 'http' | 'https',
  calling: Calling,
): Promise<At | undefined> {
  const object = typeof ingress === 'string' ? ['ingress', ingress] : ['service', service]
  const words = ['get', ...object, '-o', 'json', '--ignore-not-found']
  const result = await tryKubectl({ ...cluster, namespace }, words, calling)
  if (!succeeded(result)) {
    const problem = kubernetesProblem(result, cluster, limitMs)
    if (isUnreachable(problem)) throw problem
    return undefined
  }
  if (result.stdout.trim() === '') return undefined
  const found = JSON.parse(result.stdout) as Json
  return serviceAddress(found, typeof instead === 'string' ? instead : undefined, scheme)
}

/** The same, where the namespace was read a moment ago for the rollout. */
export async function recentAddress(
  cluster: Cluster,
  where: { instead?: Json | undefined; ingress?: Json | undefined },
  scheme: 'http' | 'https',
  calling: Calling & Recalling,
): Promise<At | undefined> {
  if (typeof where.ingress === 'string') return addressIn(cluster, where, scheme, calling)
  const seen = await recentNamespace({ ...cluster, namespace }, calling).catch(error => {
    if (isUnreachable(error)) throw error
  })
  const found = seen?.services.find(({ metadata }) => metadata.name === service)
  const { instead } = where
  return (
    found && serviceAddress(found as unknown as Json, instead ? String(instead) : undefined, scheme)
  )
}

/**
 * Where a Service is reached: its load balancer's address and the port of the scheme. No source says
 * that the port is 443, so it is read.
 *
 * @param instead `HOST` or `HOST:PORT` of the answers, where the cluster cannot say it
 */
function serviceAddress(
  found: Json,
  instead: string | undefined,
  scheme: 'http' | 'https',
): At | undefined {
  const node = atPath(found, 'spec.type') === 'NodePort'
  const port = portOf(found, scheme, node)
  const given = instead === undefined ? undefined : parseAddress(withPort(instead, port))
  if (given) return at(given.host, given.port)
  const ingress = atPath(found, 'status.loadBalancer.ingress.0')
  const host = atPath(ingress, 'ip') ?? atPath(ingress, 'hostname')
  return typeof host === 'string' && host !== '' ? at(host, port) : undefined
}

function at(host: string, port: number): At {
  return { host, port: String(port), address: formatAddress({ host, port }) }
}

function withPort(text: string, port: number): string {
  return parseAddress(text) === undefined ? `${text}:${port}` : text
}

const usual = { http: 80, https: 443 } as const

function portOf(found: Json, scheme: 'http' | 'https', node: boolean): number {
  const ports = atPath(found, 'spec.ports')
  const all = Array.isArray(ports) ? ports : []
  const named = all.find(each => atPath(each, 'name') === scheme)
  const match = named ?? all.find(each => atPath(each, 'port') === usual[scheme])
  const value = atPath(match, node ? 'nodePort' : 'port')
  return typeof value === 'number' ? value : usual[scheme]
}
