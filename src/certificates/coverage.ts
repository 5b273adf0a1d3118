import { oneLine } from '../process/plain-text.ts'
import type { Certificate } from './certificate.ts'
import { type Name, parseName } from './name.ts'

export type Coverage =
  | { covered: true; by: string }
  | {
      covered: false
      /** Whether the common name would cover it, if clients read that. */
      onlyCommonName: boolean
      /** Something near that is easily taken for covering it; a clause without a full stop. */
      hint?: string
    }

type NamesOf = Pick<Certificate, 'dnsNames' | 'ipAddresses' | 'commonName'>

/**
 * Whether clients accept a certificate for a name, by its SAN alone (RFC 9525, 6.3).
 *
 * @param wanted DNS name (also IDN, also with `*.` at its front) or IP address in any form
 */
export function coverageOf(certificate: NamesOf, wanted: string): Coverage {
  const name = parseName(wanted)
  if (!name) {
    const hint = `${oneLine(wanted).slice(0, 100)} is neither a DNS name nor an IP address`
    return { covered: false, onlyCommonName: false, hint }
  }
  const by = coveredBy(certificate, name)
  if (by) return { covered: true, by }
  const { commonName } = certificate
  const cn = commonName === undefined ? undefined : parseName(commonName)
  const hint = nearMiss(certificate, name)
  return {
    covered: false,
    onlyCommonName: cn !== undefined && (cn.text === name.text || matches(cn.text, name)),
    ...(hint ? { hint } : {}),
  }
}

/** Those of some names that a certificate does not cover. */
export function uncovered(certificate: NamesOf, names: readonly string[]): string[] {
  return names.filter(name => !coverageOf(certificate, name).covered)
}

function coveredBy({ dnsNames, ipAddresses }: NamesOf, name: Name): string | undefined {
  if (name.kind === 'ip') return ipAddresses.find(address => address === name.text)
  return dnsNames.find(pattern => matches(pattern, name))
}

/**
 * `*` stands for one whole label at the front, with two more behind it at least: OpenSSL and browsers
 * refuse `*.com` and `f*.example.com`. A wanted wildcard is covered by the same wildcard alone.
 */
function matches(pattern: string, name: Name): boolean {
  if (name.kind === 'ip') return false
  if (!pattern.startsWith('*.')) return pattern === name.text
  const base = pattern.slice(2)
  if (!base.includes('.') || base.includes('*')) return false
  return name.text.slice(name.text.indexOf('.') + 1) === base
}

function nearMiss({ dnsNames, ipAddresses }: NamesOf, name: Name): string | undefined {
  if (name.kind === 'ip') {
    const asDns = dnsNames.find(each => parseName(each)?.text === name.text)
    return asDns && `${asDns} stands there as a DNS name; clients look for it among the addresses`
  }
  const wildcard = dnsNames.find(each => each.startsWith('*.') && reaches(each.slice(2), name.text))
  if (wildcard) return `${wildcard} covers names one level below ${wildcard.slice(2)}, no others`
  const alone = dnsNames.find(each => name.wildcard && each.endsWith(name.text.slice(1)))
  if (alone) return `${alone} is one name; clients ask for others below it, too`
  return ipAddresses.length > 0 && dnsNames.length === 0 ? 'it holds only IP addresses' : undefined
}

function reaches(base: string, host: string): boolean {
  return host === base || host.endsWith(`.${base}`)
}
