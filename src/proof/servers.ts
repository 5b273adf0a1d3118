import { type Address, formatAddress, parseAddress } from '../net/address.ts'
import { takesConnections } from '../net/port.ts'
import { leafProbes, type Proving, probeAll, resolveHost } from './prove.ts'
import { provePlainOnce } from './prove-plain.ts'
import type { Probed } from './result.ts'
import type { WantedEndpoint } from './wanted.ts'

/** One server of an endpoint, and where it is reached now: our end of a tunnel, for example. */
export interface Server {
  /** `host:port`. */
  address: string
  /** As people know it: `pod/feldera-api-server-5d9c:8080`. */
  name: string
  /** All probes, or only those that tell which leaf is served. */
  probes: 'all' | 'leaf'
  /** What it is a listener of, where that has several: a node of a cluster. */
  part?: string
  /** The fingerprint that it shall serve, where that is not the one of the endpoint. */
  leaf?: string
  /** Names of alerts that the part raises of its own certificate. */
  raises?: readonly string[]
}

/** The servers at recorded addresses; a host name stands for all addresses that it resolves to. */
export async function serversAt(addresses: readonly string[]): Promise<Server[]> {
  const parsed = addresses.flatMap(text => parseAddress(text) ?? [])
  const expanded = (await Promise.all(parsed.map(resolveHost))).flat()
  return expanded.map(each => {
    const address = formatAddress(each)
    return { address, name: address, probes: 'all' }
  })
}

/** Probes each server once, and says its own name in the place of the address. */
export async function probeServers(
  servers: readonly Server[],
  wanted: WantedEndpoint,
  proving: Proving,
): Promise<Probed[]> {
  const of = (probes: Server['probes'], leaf?: string) =>
    servers
      .filter(each => each.probes === probes && each.leaf === leaf)
      .map(({ address }) => address)
  const inTurn = { ...proving, between: (address: Address) => accepts(address, proving) }
  const leaves = [...new Set(servers.map(({ leaf }) => leaf))]
  const probed = await Promise.all(
    leaves.flatMap(leaf => {
      const own = leaf === undefined ? wanted : { ...wanted, leaf }
      return [
        probeAll({ ...own, addresses: of('all', leaf) }, inTurn),
        probeAll({ ...own, addresses: of('leaf', leaf) }, proving, leafProbes),
      ]
    }),
  )
  return named(probed.flat(), servers)
}

/**
 * The same for servers that are back on HTTP. The wanted status is asked only of those with all probes;
 * any other must give one, too: a server that is gone speaks no TLS either.
 */
export async function probeServersPlain(
  servers: readonly Server[],
  wanted: WantedEndpoint,
  proving: Proving,
): Promise<Probed[]> {
  const of = (probes: Server['probes']) =>
    servers.filter(each => each.probes === probes).map(({ address }) => address)
  const inTurn = { ...proving, between: (address: Address) => accepts(address, proving) }
  const probed = await Promise.all([
    provePlainOnce({ ...wanted, addresses: of('all') }, inTurn),
    provePlainOnce({ ...wanted, addresses: of('leaf'), expect: anyStatus }, inTurn),
  ])
  return named(probed.flat(), servers)
}

const anyStatus = Array.from({ length: 500 }, (_, index) => 100 + index)

/** How long a tunnel may take to be open again, and between two looks. Milliseconds. */
const againMs = 3_000
const lookMs = 50

/** Waits until an address takes connections, or gives up: the probe says then what is wrong. */
async function accepts(address: Address, { world: { clock }, signal }: Proving): Promise<void> {
  const began = clock.elapsed()
  while (!(await takesConnections(address)) && clock.elapsed() - began < againMs)
    await clock.sleep(lookMs, signal)
}

function named(probed: readonly Probed[], servers: readonly Server[]): Probed[] {
  return probed.map(each => {
    const server = servers.find(({ address }) => address === each.address)
    return server ? { ...each, address: server.name } : each
  })
}
