import type { Op } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { quoteCommand } from '../process/quote.ts'
import type { KubeObject } from './kubectl.ts'
import { kubectlObjects } from './kubectl.ts'
import { kubectlArgv, placeOf, shellPlace } from './place.ts'

/** Where a Service is reached from outside, as its status says. */
export interface ServiceAddress {
  type: string
  /** IP or host name of its load balancer; undefined where it has none (yet). */
  host?: string
}

/** Reads the outside address of a Service. A host name (AWS) is as good as an IP. */
export function serviceAddress({ spec = {}, status = {} }: KubeObject): ServiceAddress {
  const [ingress] = status.loadBalancer?.ingress ?? []
  const host = ingress?.ip ?? ingress?.hostname ?? spec.externalIPs?.[0]
  return { type: String(spec.type ?? 'ClusterIP'), ...(host ? { host: String(host) } : {}) }
}

/** Looks at a Service: `{place, service, port}`; `address` is null until its load balancer has one. */
export const serviceOp: Op = {
  changes: false,
  async run({ place: at, service, port }, ctx): Promise<Json> {
    const place = placeOf(at)
    const words = ['get', 'services', `--field-selector=metadata.name=${service}`]
    const [found] = await kubectlObjects(place, words, ctx)
    if (!found) return { type: null, host: null, address: null, seen: `no Service ${service}` }
    const { type, host } = serviceAddress(found)
    const address = host === undefined ? null : `${host.includes(':') ? `[${host}]` : host}:${port}`
    const seen = address ?? `${type}, no address yet`
    return { type, host: host ?? null, address, port: String(port), seen }
  },
  printed: ({ place, service }, show) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'get', 'service', show(service))),
  ],
  shell: ({ place, service, port }, sh) => [
    `kube_service ${shellPlace(place, sh)} ${[service, port].map(sh.word).join(' ')}`,
  ],
}
