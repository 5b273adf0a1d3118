import { formatLimit } from '../duration.ts'
import type { Address } from '../net/address.ts'
import { formatAddress } from '../net/address.ts'
import { isIP } from '../net/is-ip.ts'
import { type Lookup, lookUp } from '../net/lookup.ts'
import { findZone, resolverAddress, sameName, type Zone } from '../net/zone.ts'
import type { DnsSeen } from '../plan/events.ts'
import type { World } from '../world.ts'

/** The record that leads a name to an endpoint. */
interface DnsRecord {
  type: 'A' | 'AAAA' | 'CNAME'
  name: string
  value: string
  /** Seconds. */
  ttl: number
  /** As a line of a zone file. */
  line: string
}

export interface DnsLook {
  servers: DnsSeen[]
  /** Whether clients will find the endpoint: everyone that answers says so, and the resolver does. */
  settled: boolean
  /** Servers that gave no usable answer while the others are right. */
  silent: string[]
  zone?: string
  record: DnsRecord
  /** What a person has to do, and the line to paste. */
  text: string[]
  copy: string
  /** What is seen, in one sentence. */
  seen: string
}

export interface DnsWanted {
  name: string
  /** The address of the endpoint: an IP address, or the host name of a load balancer. */
  host: string
  /** The resolver that the clients use, beside this machine's. */
  server?: string
}

const askMs = 5_000
const ttl = 300

/** Asks everyone who matters what a name leads to: the zone's own servers and the resolvers. */
export async function lookAtDns(
  wanted: DnsWanted,
  world: Pick<World, 'resolvers'>,
  signal: AbortSignal,
): Promise<DnsLook> {
  const named = wanted.server === undefined ? undefined : resolverAddress(wanted.server)
  const own = world.resolvers().slice(0, 1).map(resolverAddress)
  const resolver = named ?? own[0]
  if (!resolver) return nobody(wanted)
  const zone = await findZone(wanted.name, resolver, signal)
  const target = await targetOf(wanted.host, resolver, signal)
  const asked = askedServers(zone, own, named)
  const seen = await Promise.all(
    asked.map(async each => {
      const follow = each.role === 'zone' ? { follow: resolver } : {}
      const found = await lookUp(wanted.name, each.address, { ...follow, timeoutMs: askMs, signal })
      return judge(each, found, target)
    }),
  )
  const zoneIsRight = seen.filter(({ role }) => role === 'zone')
  const clients = seen.filter(({ role }) => role === (named ? 'named' : 'resolver'))
  const settled =
    clients.every(({ state }) => state === 'right') &&
    zoneIsRight.every(({ state }) => state === 'right' || state === 'unknown')
  return {
    servers: seen,
    settled,
    silent: settled
      ? zoneIsRight.filter(({ state }) => state === 'unknown').map(s => s.server)
      : [],
    ...(zone ? { zone: zone.name } : {}),
    ...whatToDo(wanted, zone?.name),
    seen: sentence(seen, settled),
  }
}

interface Asked {
  server: string
  role: DnsSeen['role']
  address: Address
}

function askedServers(zone: Zone | undefined, own: Address[], named: Address | undefined): Asked[] {
  const asked: Asked[] = (zone?.servers ?? []).map(({ name, address }) => ({
    server: name,
    role: 'zone',
    address,
  }))
  if (named) asked.push({ server: shortAddress(named), role: 'named', address: named })
  for (const address of own) {
    if (named && formatAddress(named) === formatAddress(address)) continue
    asked.push({ server: 'system resolver', role: 'resolver', address })
  }
  return asked
}

/** Where the endpoint is: its addresses, and its host name when it has one. */
interface TargetHost {
  host?: string
  addresses: string[]
}

async function targetOf(host: string, resolver: Address, signal: AbortSignal): Promise<TargetHost> {
  if (isIP(host)) return { addresses: [host.toLowerCase()] }
  if (host === 'localhost') return { addresses: ['127.0.0.1', '::1'] }
  const { addresses } = await lookUp(host, resolver, { timeoutMs: askMs, signal })
  return { host, addresses }
}

function judge(asked: Asked, found: Lookup, target: TargetHost): DnsSeen {
  const { server, role } = asked
  const base = { server, role }
  if (found.outcome === 'silent' || found.outcome === 'broken') {
    const broken = found.reason === 'CNAME loop'
    return { ...base, says: found.reason ?? 'no answer', state: broken ? 'wrong' : 'unknown' }
  }
  const over = found.aliases.length > 0 ? `over ${found.aliases.join(', ')}` : undefined
  if (found.outcome === 'absent') {
    const dangling = found.aliases.at(-1)
    const says = dangling ? `${found.reason}: ${dangling}` : (found.reason ?? 'no such name')
    const kept = role !== 'zone' && found.keepsForS ? found.keepsForS : 0
    const note = kept > 0 ? `may keep saying so for ${formatKept(kept)}` : undefined
    return { ...base, says, state: dangling ? 'wrong' : 'absent', ...(note ? { note } : {}) }
  }
  const says = found.addresses.join(', ')
  const right = found.addresses.filter(each => target.addresses.includes(each))
  const byName =
    target.host !== undefined && found.aliases.some(each => sameName(each, target.host ?? ''))
  if (byName || (right.length === found.addresses.length && right.length > 0)) {
    return { ...base, says, state: 'right', ...(over ? { note: over } : {}) }
  }
  const kept =
    role !== 'zone' && found.keepsForS ? `, kept for up to ${formatKept(found.keepsForS)}` : ''
  const note = right.length > 0 ? 'another address beside the right one' : `the old address${kept}`
  return { ...base, says, state: 'wrong', note: over ? `${note}, ${over}` : note }
}

/** The record that is needed, and what to do with it. */
function whatToDo(
  { name, host }: DnsWanted,
  zone: string | undefined,
): Pick<DnsLook, 'record' | 'text' | 'copy'> {
  const type = isIP(host) === 6 ? 'AAAA' : isIP(host) === 4 || host === 'localhost' ? 'A' : 'CNAME'
  const value = host === 'localhost' ? '127.0.0.1' : host
  const line = `${name}. ${ttl} IN ${type} ${type === 'CNAME' ? `${value}.` : value}`
  const where = zone === undefined ? '' : ` in zone ${zone}`
  return {
    record: { type, name, value, ttl, line },
    text: [
      'The endpoint is served and proven at its address. Its name must lead there.',
      `Create this record${where} (or change the one that is there):`,
      `type ${type} · name ${name} · value ${value} · TTL ${ttl}`,
    ],
    copy: line,
  }
}

function sentence(seen: readonly DnsSeen[], settled: boolean): string {
  const right = seen.filter(({ state }) => state === 'right')
  if (settled) return `${right.length} of ${seen.length} servers say ${right[0]?.says ?? ''}`
  const bad = seen.filter(({ state }) => state !== 'right')
  const words = bad.map(({ server, says }) => `${server} says ${says}`)
  return words.join('; ')
}

function nobody(wanted: DnsWanted): DnsLook {
  const server = {
    server: 'system resolver',
    role: 'resolver',
    says: 'none is set',
    state: 'unknown',
  } as const
  return {
    servers: [server],
    settled: false,
    silent: [],
    ...whatToDo(wanted, undefined),
    seen: 'no resolver is set',
  }
}

function formatKept(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : formatLimit(Math.ceil(seconds / 60) * 60_000)
}

function shortAddress(address: Address): string {
  return address.port === 53 ? address.host : formatAddress(address)
}
