import { isIP } from '../net/is-ip.ts'
import { resolverAddress } from '../net/zone.ts'
import type { ProofResult } from '../plan/events.ts'
import { plainText } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import type { RunTool } from '../process/tool.ts'
import type { World } from '../world.ts'
import { type DnsLook, type DnsWanted, lookAtDns } from './dns-look.ts'

export interface DnsProof {
  result: ProofResult
  look: DnsLook
  /** The addresses that the name leads clients to. */
  addresses: string[]
}

/**
 * `dns.address`: the name leads to the endpoint. nslookup is run for real as evidence; the verdict asks
 * the zone's own servers, too.
 */
export async function probeDns(
  wanted: DnsWanted,
  { world, run, signal }: { world: World; run: RunTool; signal: AbortSignal },
): Promise<DnsProof> {
  const began = world.clock.elapsed()
  const look = await lookAtDns(wanted, world, signal)
  const shown = await showNslookup(wanted, { world, run, signal })
  const right = look.servers.filter(({ state }) => state === 'right').length
  const heard = shown.addresses
  const disagrees = shown.ran && look.settled && heard.length === 0
  const pass = look.settled && !disagrees
  const result: ProofResult = {
    id: 'dns.address',
    decides: 'report',
    state: pass ? 'pass' : 'fail',
    expected: wanted.host,
    seen: pass
      ? `${(heard.length > 0 ? heard : addressesSaid(look)).join(', ')} (${shown.how}, ${right} of ${look.servers.length} servers)`
      : disagrees
        ? `nslookup finds no address, though ${right} servers have it`
        : look.seen,
    evidence: [
      ...look.servers.map(
        each => `${each.server}: ${each.says}${each.note ? ` (${each.note})` : ''}`,
      ),
      ...shown.output,
    ],
    command: shown.command,
    means: pass ? '' : 'Clients that go by name do not reach the endpoint yet.',
    fix: pass ? '' : `Create or correct this record: ${look.copy}`,
    tookMs: Math.round(world.clock.elapsed() - began),
  }
  return { result, look, addresses: heard.length > 0 ? heard : addressesSaid(look) }
}

function addressesSaid(look: DnsLook): string[] {
  const resolver = look.servers.find(({ role, state }) => role !== 'zone' && state === 'right')
  return resolver ? resolver.says.split(', ') : []
}

interface Shown {
  ran: boolean
  how: string
  command: string
  output: string[]
  addresses: string[]
}

async function showNslookup(
  wanted: DnsWanted,
  { world, run, signal }: { world: World; run: RunTool; signal: AbortSignal },
): Promise<Shown> {
  const argv = nslookupArguments(wanted, world.resolvers()[0])
  const result = await run({ argv, limitMs: 20_000, signal })
  const command = quoteCommand(argv)
  if (result.outcome === 'missing' || result.outcome === 'not-executable') {
    return { ran: false, how: 'built in: no nslookup here', command, output: [], addresses: [] }
  }
  const output = plainText(result.stdout + result.stderr)
    .split('\n')
    .filter(line => line.trim() !== '')
  return { ran: true, how: 'nslookup', command, output, addresses: addressesOf(output) }
}

/** `nslookup NAME` asks this machine's resolver; a port or a named server is written out. */
export function nslookupArguments(
  wanted: DnsWanted,
  own: string | undefined,
): [string, ...string[]] {
  const named = wanted.server ?? (own && resolverAddress(own).port !== 53 ? own : undefined)
  if (named === undefined) return ['nslookup', '-timeout=5', wanted.name]
  const { host, port } = resolverAddress(named)
  const portFlag = port === 53 ? [] : [`-port=${port}`]
  return ['nslookup', '-timeout=5', ...portFlag, wanted.name, host]
}

/** The addresses after the first "Name:" line; those before it are the server's own. */
function addressesOf(output: readonly string[]): string[] {
  const from = output.findIndex(line => /^Name:/.test(line))
  if (from < 0) return []
  return output.slice(from).flatMap(line => {
    const address = /^Address(?:es)?:\s*(\S+)$/.exec(line)?.[1]
    return address && isIP(address) ? [address.toLowerCase()] : []
  })
}
