import type { Answer } from 'dns-packet'
import { type Address, parseAddress } from './address.ts'
import { askDns } from './dns.ts'

/** A name server of a zone. */
interface NameServer {
  name: string
  address: Address
}

export interface Zone {
  name: string
  servers: NameServer[]
}

const askMs = 3_000

/** A resolver as it is written in answers and resolv.conf: `IP`, `IP:PORT` or `[v6]:PORT`. */
export function resolverAddress(text: string): Address {
  const bare = /^\[([^\]]+)\]$/.exec(text)?.[1]
  return parseAddress(text) ?? { host: bare ?? text, port: 53 }
}

/**
 * The zone that a name lies in and its own servers, as a resolver tells them. The zone is the closest
 * parent that has NS records. undefined when the resolver does not say.
 */
export async function findZone(
  name: string,
  resolver: Address,
  signal?: AbortSignal,
): Promise<Zone | undefined> {
  const labels = name.split('.')
  for (let from = 0; from < labels.length; from += 1) {
    const zone = labels.slice(from).join('.')
    const hosts = await nsRecords(zone, resolver, signal)
    if (hosts === undefined) return undefined
    if (hosts.length === 0) continue
    const addresses = await Promise.all(hosts.map(host => addressesOf(host, resolver, signal)))
    const servers = hosts.flatMap((host, index) =>
      (addresses[index] ?? [])
        .slice(0, 1)
        .map(ip => ({ name: host, address: { host: ip, port: 53 } })),
    )
    return { name: zone, servers }
  }
  return undefined
}

async function nsRecords(
  zone: string,
  resolver: Address,
  signal?: AbortSignal,
): Promise<string[] | undefined> {
  const question = {
    server: resolver,
    name: zone,
    type: 'NS',
    recursive: true,
    timeoutMs: askMs,
  } as const
  const { answers, error } = await askDns({ ...question, ...(signal ? { signal } : {}) })
  if (error) return undefined
  return answers
    .filter(answer => answer.type === 'NS' && sameName(answer.name, zone))
    .map(answer => String((answer as { data: unknown }).data).toLowerCase())
    .sort()
}

async function addressesOf(
  host: string,
  resolver: Address,
  signal?: AbortSignal,
): Promise<string[]> {
  const found: string[] = []
  for (const type of ['A', 'AAAA'] as const) {
    const question = { server: resolver, name: host, type, recursive: true, timeoutMs: askMs }
    const { answers } = await askDns({ ...question, ...(signal ? { signal } : {}) })
    found.push(...addressData(answers))
  }
  return found
}

/** The IP addresses among some records. */
export function addressData(answers: readonly Answer[]): string[] {
  return answers.flatMap(answer =>
    answer.type === 'A' || answer.type === 'AAAA' ? [answer.data.toLowerCase()] : [],
  )
}

/** Names compare without regard to case and to a dot at the end. */
export function sameName(a: string, b: string): boolean {
  const bare = (name: string) => name.toLowerCase().replace(/\.$/, '')
  return bare(a) === bare(b)
}
