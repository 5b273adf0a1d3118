import { isIPv4, isIPv6 } from 'node:net'

/**
 * 4, 6, or 0 for what is no IP address: as Node's own, which compiles its pattern of IPv6 for every
 * name that it is given, 4 ms of each start.
 */
export function isIP(text: string): 0 | 4 | 6 {
  if (text.includes(':')) return isIPv6(text) ? 6 : 0
  return isIPv4(text) ? 4 : 0
}
