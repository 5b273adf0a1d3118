import type { Name } from './name.ts'

/** An IP range as name constraints hold it: 4 or 16 bytes each. */
export interface IpRange {
  address: Buffer
  mask: Buffer
}

/** What names a CA may vouch for (RFC 5280, 4.2.1.10). */
export interface NameConstraints {
  critical: boolean
  permittedDns: string[]
  excludedDns: string[]
  permittedIp: IpRange[]
  excludedIp: IpRange[]
  /** Whether kinds of names are constrained that are not read here: mail, URI, directory names. */
  others: boolean
}

/** Whether a CA with these constraints may vouch for a DNS name or IP address. */
export function permits(constraints: NameConstraints, name: Name): boolean {
  if (name.kind === 'ip') {
    const inside = (range: IpRange) => inRange(range, name.bytes)
    return allowed(constraints.permittedIp, constraints.excludedIp, inside)
  }
  const host = name.text.replace(/^\*\./, '')
  const below = (base: string) => isBelow(host, base)
  // a wildcard also stands for names that an exclusion deeper down is about
  const touches = (base: string) => below(base) || (name.wildcard && isBelow(base, host))
  return allowed(constraints.permittedDns, [], below) && !constraints.excludedDns.some(touches)
}

/**
 * The narrowest constraints that permit some names: each DNS name with what is below it, each IP
 * address alone. A kind of name that is not among them is excluded as a whole.
 */
export function constraintsFor(names: readonly Name[]): NameConstraints {
  const hosts = names.flatMap(name => (name.kind === 'dns' ? [name.text.replace(/^\*\./, '')] : []))
  const bases = [...new Set(hosts)].filter(
    host => !hosts.some(other => other !== host && isBelow(host, other)),
  )
  const single = (bytes: Buffer): IpRange => ({
    address: bytes,
    mask: Buffer.alloc(bytes.length, 0xff),
  })
  const addresses = names.flatMap(name => (name.kind === 'ip' ? [name] : []))
  const unique = [...new Map(addresses.map(name => [name.text, single(name.bytes)])).values()]
  return {
    critical: true,
    permittedDns: bases,
    // the empty name has every name below it: OpenSSL, Go, NSS and rustls read it so
    excludedDns: bases.length > 0 ? [] : [''],
    permittedIp: unique,
    excludedIp: unique.length > 0 ? [] : [4, 16].map(everyAddress),
    others: false,
  }
}

function everyAddress(length: number): IpRange {
  return { address: Buffer.alloc(length), mask: Buffer.alloc(length) }
}

/** A kind of name is limited only where something of that kind is permitted. */
function allowed<T>(
  permitted: readonly T[],
  excluded: readonly T[],
  matches: (each: T) => boolean,
) {
  return (permitted.length === 0 || permitted.some(matches)) && !excluded.some(matches)
}

function isBelow(host: string, base: string): boolean {
  if (base === '') return true
  return base.startsWith('.') ? host.endsWith(base) : host === base || host.endsWith(`.${base}`)
}

function inRange({ address, mask }: IpRange, bytes: Buffer): boolean {
  return (
    address.length === bytes.length &&
    bytes.every((byte, at) => (byte & (mask[at] ?? 0)) === ((address[at] ?? 0) & (mask[at] ?? 0)))
  )
}
