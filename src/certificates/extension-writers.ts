import type { IpRange, NameConstraints } from './constraints.ts'
import * as der from './der.ts'
import { type KeyUse, keyUses } from './extensions.ts'
import type { Name } from './name.ts'
import { oids, uses } from './oids.ts'

/** One extension as it stands in a certificate. */
export function extension(id: string, value: der.Der, critical = false): der.Der {
  return der.sequence(der.oid(id), ...(critical ? [der.bool(true)] : []), der.octetString(value))
}

export function basicConstraints(isCa: boolean, pathLength?: number): der.Der {
  const length = pathLength === undefined ? [] : [der.integer(pathLength)]
  // FALSE is the default, and DER leaves defaults out
  const value = isCa ? der.sequence(der.bool(true), ...length) : der.sequence()
  return extension(oids.basicConstraints, value, true)
}

export function keyUsage(wanted: readonly KeyUse[]): der.Der {
  const bits = wanted.map(use => keyUses.indexOf(use))
  const last = Math.max(...bits)
  const bytes = Buffer.alloc((last >> 3) + 1)
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return extension(oids.keyUsage, der.bitString(bytes, 7 - (last & 7)), true)
}

export function extendedKeyUsage(wanted: readonly (keyof typeof uses)[]): der.Der {
  return extension(oids.extendedKeyUsage, der.sequence(...wanted.map(use => der.oid(uses[use]))))
}

export function subjectAltName(names: readonly Name[]): der.Der {
  return extension(oids.subjectAltName, der.sequence(...names.map(generalName)))
}

export function subjectKeyId(id: Buffer): der.Der {
  return extension(oids.subjectKeyId, der.octetString(id))
}

export function authorityKeyId(id: Buffer): der.Der {
  return extension(oids.authorityKeyId, der.sequence(der.contextPrimitive(0, id)))
}

export function nameConstraints(constraints: NameConstraints): der.Der {
  const subtrees = (tag: number, dns: readonly string[], ip: readonly IpRange[]) => {
    const all = [...dns.map(dnsBase), ...ip.map(ipBase)]
    return all.length > 0 ? [der.context(tag, ...all.map(each => der.sequence(each)))] : []
  }
  const value = der.sequence(
    ...subtrees(0, constraints.permittedDns, constraints.permittedIp),
    ...subtrees(1, constraints.excludedDns, constraints.excludedIp),
  )
  return extension(oids.nameConstraints, value, constraints.critical)
}

function generalName(name: Name): der.Der {
  return name.kind === 'dns' ? dnsBase(name.text) : der.contextPrimitive(7, name.bytes)
}

function dnsBase(text: string): der.Der {
  return der.contextPrimitive(2, Buffer.from(text, 'latin1'))
}

function ipBase({ address, mask }: IpRange): der.Der {
  return der.contextPrimitive(7, Buffer.concat([address, mask]))
}
