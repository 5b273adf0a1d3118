import { type AzContext, az, azProblem, jsonOnly } from '../azure/az.ts'
import { isIP } from '../net/is-ip.ts'
import type { Op, OpTable } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { atPath } from '../plan/predicate.ts'
import { quoteCommand } from '../process/quote.ts'

/** A name in a zone of Azure DNS, and where it must lead. */
interface AzureRecord {
  subscription: string
  resourceGroup: string
  zone: string
  /** `private` zones answer in their virtual networks only. */
  kind: 'public' | 'private'
  /** The name within the zone: `ml`, or `@`. */
  record: string
  /** An IP address, or a host name for a CNAME. */
  host: string
}

type Input = Record<string, Json>

const limitMs = 120_000
/** Seconds; of a record that is new. One that is there keeps its own. */
const usualTtl = 300

/** Whether the record leads to the host and nowhere else. */
const look: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const wanted = input as unknown as AzureRecord
    const { values } = await read(wanted, ctx)
    const led = values.length === 1 && sameHost(values[0], wanted.host)
    return { led, seen: values.length === 0 ? 'no such record' : values.join(', ') }
  },
  printed: (input, show) => [command(input, 'show', [], show)],
  shell: (input, sh) => [`azure_dns_look ${words(input, sh.word)}`],
}

/**
 * Leads a name to a host: the new value goes in before the old ones go, so that no moment is without
 * one. `add-record` alone would leave a stale address beside the new one, and without `--ttl` it sets
 * the record's time to live to 3600.
 */
const lead: Op = {
  changes: true,
  async run(input: Input, ctx): Promise<Json> {
    const wanted = input as unknown as AzureRecord
    const { values, ttl } = await read(wanted, ctx)
    const { host } = wanted
    const call = async (verb: string, more: string[]) => {
      const answer = await az({ args: argumentsOf(wanted, verb, more), limitMs }, ctx)
      if (!answer.ok) throw azProblem(answer, { subject: `${wanted.record} in ${wanted.zone}` })
    }
    // a private zone's command knows no --ttl
    const time = wanted.kind === 'private' ? [] : ['--ttl', String(ttl ?? usualTtl)]
    if (isIP(host) === 0) await call('set-record', ['--cname', host, ...time])
    else {
      if (!values.includes(host)) await call('add-record', [address(host), host, ...time])
      for (const old of values.filter(each => each !== host))
        await call('remove-record', [address(host), old])
    }
    return { led: true, seen: `leads to ${host}` }
  },
  printed: (input, show) => {
    const host = show(input.host)
    const verb = isName(host) ? 'set-record' : 'add-record'
    return [
      command(input, verb, [isName(host) ? '--cname' : address(host), host, '--ttl', '300'], show),
      'other addresses of this name are removed after that',
    ]
  },
  shell: (input, sh) => [`azure_dns_lead ${words(input, sh.word)}`],
}

function isName(host: string): boolean {
  return isIP(host) === 0 && !host.startsWith('<')
}

function address(host: string): string {
  return isIP(host) === 6 ? '--ipv6-address' : '--ipv4-address'
}

function typeOf(host: string): 'a' | 'aaaa' | 'cname' {
  if (isIP(host) === 6) return 'aaaa'
  return isName(host) ? 'cname' : 'a'
}

function argumentsOf(at: AzureRecord, verb: string, more: string[]): string[] {
  const { subscription, resourceGroup, zone, kind, record, host } = at
  const group = kind === 'private' ? 'private-dns' : 'dns'
  const place = ['-g', resourceGroup, '-z', zone, '--subscription', subscription]
  return ['network', group, 'record-set', typeOf(host), verb, '-n', record, ...place, ...more]
}

async function read(
  wanted: AzureRecord,
  ctx: AzContext,
): Promise<{ values: string[]; ttl?: number }> {
  const answer = await az({ args: argumentsOf(wanted, 'show', []), limitMs }, ctx)
  if (!answer.ok) {
    if (answer.failure === 'not-found' && !/zone|ParentResource|GroupNotFound/i.test(answer.said))
      return { values: [] }
    throw azProblem(answer, { subject: `zone ${wanted.zone}` })
  }
  const all = atPath(answer.value, 'ARecords') ?? atPath(answer.value, 'aRecords')
  const six = atPath(answer.value, 'AAAARecords') ?? atPath(answer.value, 'aaaaRecords')
  const list = [...(Array.isArray(all) ? all : []), ...(Array.isArray(six) ? six : [])]
  const values = list.flatMap(each => [
    String(atPath(each, 'ipv4Address') ?? atPath(each, 'ipv6Address') ?? ''),
  ])
  const cname =
    atPath(answer.value, 'CNAMERecord.cname') ?? atPath(answer.value, 'cnameRecord.cname')
  const ttl = atPath(answer.value, 'TTL') ?? atPath(answer.value, 'ttl')
  return {
    values: [...values, ...(typeof cname === 'string' ? [cname] : [])].filter(Boolean),
    ...(typeof ttl === 'number' ? { ttl } : {}),
  }
}

function sameHost(value: string | undefined, host: string): boolean {
  const of = (name: string) => name.toLowerCase().replace(/\.$/, '')
  return value !== undefined && of(value) === of(host)
}

function command(
  input: Record<string, unknown>,
  verb: string,
  more: string[],
  show: (text: unknown) => string,
): string {
  const at = Object.fromEntries(Object.entries(input).map(([key, value]) => [key, show(value)]))
  const args = argumentsOf(at as unknown as AzureRecord, verb, more)
  return quoteCommand(['az', ...args, ...jsonOnly])
}

function words(input: Record<string, unknown>, word: (text: unknown) => string): string {
  const { kind, subscription, resourceGroup, zone, record, host } = input
  return [kind, subscription, resourceGroup, zone, record, host].map(word).join(' ')
}

export const azureDnsOps: OpTable = { 'dns.azure-look': look, 'dns.azure-lead': lead }
