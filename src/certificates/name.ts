import { domainToASCII } from 'node:url'
import { ipBytes, ipText } from './ip.ts'

/** A name that clients ask for, or that a certificate is made for. */
export type Name =
  | { kind: 'dns'; text: string; wildcard: boolean }
  | { kind: 'ip'; text: string; bytes: Buffer }

const label = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/

/**
 * Reads a DNS name (`*.` may stand at its front) or an IP address in any of its forms. Capitals and a
 * last dot go, IDN becomes its A-label.
 *
 * @returns undefined for what is neither
 */
export function parseName(text: string): Name | undefined {
  const bytes = ipBytes(text)
  const ip = bytes && ipText(bytes)
  if (bytes && ip) return { kind: 'ip', text: ip, bytes }
  const wildcard = text.startsWith('*.')
  const host = asciiHost(wildcard ? text.slice(2) : text)
  if (host === undefined) return undefined
  return { kind: 'dns', text: wildcard ? `*.${host}` : host, wildcard }
}

function asciiHost(text: string): string | undefined {
  const dotless = text.replace(/\.$/, '')
  // plain ASCII is not given to the URL parser: it would decode %41 and read 1.2.3 as an address
  const ascii = /^[\x21-\x7e]*$/.test(dotless) ? dotless.toLowerCase() : domainToASCII(dotless)
  const labels = ascii.split('.')
  const right =
    ascii.length <= 253 &&
    labels.every(each => each.length <= 63 && label.test(each)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  return right ? ascii : undefined
}
