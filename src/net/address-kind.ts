import { BlockList } from 'node:net'
import { isIP } from './is-ip.ts'

/**
 * `private`: networks of companies and homes. `inner`: this machine, its link, and what a cloud answers
 * to its own machines alone (metadata).
 */
export type AddressKind = 'public' | 'private' | 'inner'

type Subnet = readonly [net: string, prefix: number]

/** IANA's registries of special-purpose addresses, and the fixed ones of cloud providers. */
const inner: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local, with the metadata services of AWS, Azure, GCP and others
  ['192.0.0.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['100.100.100.200', 32], // metadata of Alibaba Cloud
  ['168.63.129.16', 32], // the host agent of Azure
  ['::', 127], // unspecified and loopback
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32], // metadata of AWS
  ['fd20:ce::', 32], // metadata of GCP
]

const companies: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
  ['fc00::', 7],
  ['fec0::', 10],
]

/** Where an IP address lies; one that is written inside an IPv6 address (NAT64, 6to4, mapped) counts. */
export function addressKind(address: string): AddressKind {
  const bare = address.replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return 'inner'
  const all = family === 6 ? [bare, ...embedded(bare)] : [bare]
  if (all.some(each => isIn(each, inner))) return 'inner'
  return all.some(each => isIn(each, companies)) ? 'private' : 'public'
}

function isIn(address: string, subnets: readonly Subnet[]): boolean {
  const list = new BlockList()
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, family(net))
  return list.check(address, family(address))
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** The IPv4 address in an IPv6 one: mapped and compatible (::/80), NAT64 (64:ff9b::/96), 6to4 (2002::/16). */
function embedded(address: string): string[] {
  const groups = groupsOf(address)
  const dotted = (high = 0, low = 0) => [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const last = dotted(groups[6], groups[7])
  if (groups[0] === 0x2002) return [dotted(groups[1], groups[2])]
  if (groups[0] === 0x64 && groups[1] === 0xff9b) return [last]
  return groups.slice(0, 5).every(group => group === 0) ? [last] : []
}

function groupsOf(address: string): number[] {
  // the URL parser writes every form of an address in the same way, without dots
  const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [before = [], after = []] = plain.split('::').map(half => half.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map(group => Number.parseInt(group, 16))
}
