import type { Address } from '../net/address.ts'
import { takesConnections } from '../net/port.ts'
import { leafProbes, type Proving, probeAll } from './prove.ts'
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

/** The same for servers that are back on HTTP; a path is asked only of those with all probes. */
export async function probeServersPlain(
  servers: readonly Server[],
  wanted: WantedEndpoint,
  proving: Proving,
): Promise<Probed[]> {
  const addresses = servers.map(({ address }) => address)
  const probed = await provePlainOnce({ ...wanted, addresses }, proving)
  const asked = (address: string) =>
    servers.some(each => each.address === address && each.probes === 'all')
  const kept = probed.filter(({ id, address }) => id === 'tls.handshake' || asked(address))
  return named(kept, servers)
}

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
