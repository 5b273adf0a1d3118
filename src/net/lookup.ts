import type { Answer } from 'dns-packet'
import type { Address } from './address.ts'
import { askDns, type DnsAnswer } from './dns.ts'
import { addressData, sameName } from './zone.ts'

/** What one server says of a name, over A and AAAA and along its CNAMEs. */
export interface Lookup {
  /** `addresses`: it has some. `absent`: NXDOMAIN or no data. `broken`: an answer that is of no use. */
  outcome: 'addresses' | 'absent' | 'broken' | 'silent'
  addresses: string[]
  /** The names that CNAMEs led over, the last one being where the addresses are. */
  aliases: string[]
  /** SERVFAIL, REFUSED, timeout, "CNAME loop" … when there are no addresses. */
  reason?: string
  /** Seconds for which a resolver may keep giving this answer. */
  keepsForS?: number
  authoritative: boolean
}

/**
 * @param follow where CNAMEs that leave the server's own zone are followed to, for servers that do not
 *   recurse; undefined for resolvers
 */
export async function lookUp(
  name: string,
  server: Address,
  options: { follow?: Address; timeoutMs: number; signal?: AbortSignal },
): Promise<Lookup> {
  const ask = (asked: string, type: 'A' | 'AAAA', from: Address, recursive: boolean) =>
    askDns({
      server: from,
      name: asked,
      type,
      recursive,
      timeoutMs: options.timeoutMs,
      ...(options.signal ? { signal: options.signal } : {}),
    })
  const recursive = options.follow === undefined
  const [a, aaaa] = await Promise.all([
    ask(name, 'A', server, recursive),
    ask(name, 'AAAA', server, recursive),
  ])
  const chain = aliasChain(name, [...a.answers, ...aaaa.answers])
  const authoritative = a.authoritative || aaaa.authoritative
  if (chain === 'loop')
    return { ...nothing, outcome: 'broken', reason: 'CNAME loop', authoritative }
  const addresses = [...addressData(a.answers), ...addressData(aaaa.answers)]
  const last = chain.at(-1)
  if (addresses.length === 0 && last !== undefined && options.follow) {
    const { follow, ...others } = options
    const rest = await lookUp(last, follow, others)
    return { ...rest, aliases: [...chain, ...rest.aliases], authoritative }
  }
  if (addresses.length > 0) {
    const keepsForS = Math.max(...[...a.answers, ...aaaa.answers].map(ttlOf))
    return { outcome: 'addresses', addresses, aliases: chain, keepsForS, authoritative }
  }
  return { ...judgeEmpty(a, aaaa), aliases: chain, authoritative }
}

const nothing = { addresses: [] as string[], aliases: [] as string[] }

function judgeEmpty(a: DnsAnswer, aaaa: DnsAnswer): Omit<Lookup, 'aliases' | 'authoritative'> {
  // "no data" speaks for its own type alone: where A was not answered, AAAA cannot stand in for it
  const answer = a.rcode === undefined && aaaa.rcode !== 'NOERROR' ? aaaa : a
  if (answer.rcode === undefined) {
    const reason = a.error === 'timeout' ? 'no answer' : (a.error ?? 'no answer')
    return { addresses: [], outcome: 'silent', reason }
  }
  if (answer.rcode === 'NXDOMAIN' || answer.rcode === 'NOERROR') {
    // RFC 2308: a negative answer is kept for the TTL of the SOA record that comes with it.
    const soa = answer.authorities.find(({ type }) => type === 'SOA')
    const reason = answer.rcode === 'NXDOMAIN' ? 'no such name' : 'no address'
    const keeps = soa ? { keepsForS: ttlOf(soa) } : {}
    return { addresses: [], outcome: 'absent', reason, ...keeps }
  }
  return { addresses: [], outcome: 'broken', reason: answer.rcode }
}

function aliasChain(name: string, answers: readonly Answer[]): string[] | 'loop' {
  const chain: string[] = []
  let at = name
  for (;;) {
    const alias = answers.find(each => each.type === 'CNAME' && sameName(each.name, at))
    if (!alias) return chain
    at = String((alias as { data: unknown }).data).toLowerCase()
    if (sameName(at, name) || chain.some(each => sameName(each, at))) return 'loop'
    chain.push(at)
  }
}

function ttlOf(answer: Answer): number {
  return 'ttl' in answer ? (answer.ttl ?? 0) : 0
}
