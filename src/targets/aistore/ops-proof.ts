import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { retried } from '../../proof/prove.ts'
import { probeServers, probeServersPlain, type Server } from '../../proof/servers.ts'
import { verdict, wantedOf } from '../../proof/verdict.ts'
import { createApi } from './api.ts'
import { probeClients } from './client-proof.ts'
import { type Node, nodeLabel } from './cluster.ts'
import { fingerprintIn } from './fingerprint.ts'
import type { Ports } from './listeners.ts'
import { type OwnLeaves, ownLeaves } from './own-leaves.ts'
import { accessOf, placeOf } from './place.ts'
import { shellPlace } from './shell.ts'
import { reachedOf } from './standing.ts'
import { probeStates } from './state-probe.ts'

type Input = Record<string, Json>

/**
 * Proves what each listener of each node serves, and that each node says of itself that it is well:
 * `{at, ports, name, path, expect, leaf, roots, found, ...}`. All probes on the public listeners; on the
 * others, which are no API for clients, which leaf is served. `found` has the files of a pair that was
 * kept, `{chain, roots}`; files that were not kept are left out. `pair` is the chain of the pair that is
 * proven: beside it stands what nodes had of their own.
 */
export const proveServedOp: Op = {
  changes: false,
  run: (input, ctx) => proveNodes(input, 'https', ctx),
  printed,
  shell: (input, sh) => proofLines('ais_prove', input, sh),
}

/** Proves that each node answers over HTTP and that a handshake fails. */
export const provePlainOp: Op = {
  changes: false,
  run: (input, ctx) => proveNodes(input, 'http', ctx),
  printed,
  shell: (input, sh) => proofLines('ais_prove_plain', input, sh),
}

async function proveNodes(input: Input, scheme: 'http' | 'https', ctx: Performing): Promise<Json> {
  const place = placeOf(input.at)
  const own = typeof input.pair === 'string' ? await ownLeaves(dirname(input.pair)) : {}
  const servers = serversOf(place.nodes, input.ports as Ports, scheme === 'https' ? own : {})
  const access = await accessOf(place, ctx)
  const wanted = wantedOf({ ...input, ...(await keptFiles(input, ctx)), addresses: [] }, ctx)
  if (access.client && scheme === 'https') {
    const [chain = '', key = ''] = [place.client.chain, place.client.key].map(path =>
      resolve(ctx.userFolder, path),
    )
    wanted.client = { chain, key }
  }
  const proving = { ...ctx, onRetry: (seen: string) => ctx.say(seen) }
  const api = createApi(access, ctx)
  const level = scheme === 'https' ? input.clientAuth : undefined
  const probe = scheme === 'https' ? probeServers : probeServersPlain
  const results = await retried(wanted, proving, async () => {
    const [probed, nodes, clients] = await Promise.all([
      probe(servers, wanted, proving),
      probeStates(place, api, scheme),
      typeof level === 'number' ? probeClients(servers, level, access, ctx) : [],
    ])
    return [...probed, ...nodes, ...clients]
  })
  for (const result of results) ctx.proof(result)
  return verdict(results)
}

/** The leaf of a pair that was found, where its chain was kept, and the roots, where there are any. */
async function keptFiles(
  { found, roots }: Input,
  { userFolder }: Performing,
): Promise<{ leaf?: string; roots: Json }> {
  const pair = (found ?? { roots: roots ?? null }) as { chain?: string; roots: string | null }
  const file = pair.roots === null ? '' : resolve(userFolder, pair.roots)
  const chain = pair.chain === undefined ? '' : await readFile(pair.chain, 'utf8').catch(() => '')
  const leaf = fingerprintIn(chain)
  return { ...(leaf === undefined ? {} : { leaf }), roots: existsSync(file) ? file : null }
}

/**
 * Each listener as a server of the endpoint. Of a node with a certificate of its own it is asked alone
 * whether it serves that one: its names are not those of the endpoint.
 */
export function serversOf(nodes: readonly Node[], ports: Ports, own: OwnLeaves = {}): Server[] {
  return nodes.flatMap(node =>
    reachedOf(node, ports).map(({ net, address }) => ({
      address,
      name: `${node.id} ${net} ${address}`,
      part: nodeLabel(node),
      probes: net === 'public' && own[node.id] === undefined ? ('all' as const) : ('leaf' as const),
      ...(own[node.id] === undefined ? {} : { leaf: own[node.id] as string }),
    })),
  )
}

function printed(
  { at, ports, name, path }: Record<string, unknown>,
  show: (text: unknown) => string,
): string[] {
  const servers = serversOf(placeOf(at as Json).nodes, ports as Ports)
  // of a new cluster only the run finds out which listeners there are
  const addresses =
    servers.length === 0 ? ['<each listener>'] : servers.map(({ address }) => address)
  return [
    ...addresses.map(address => `openssl s_client -connect ${address} -servername ${show(name)}`),
    `curl --cacert roots.pem --resolve ${show(name)}:PORT:ADDRESS https://${show(name)}:PORT${show(path)}   (each node)`,
  ]
}

function proofLines(
  command: string,
  input: Record<string, unknown>,
  sh: Parameters<Op['shell']>[1],
) {
  const { at, ports, name, path, expect, leaf = '', roots = '', waitMs } = input
  const words = [ports, name, path, String(expect), leaf, roots].map(sh.word).join(' ')
  const seconds = Math.ceil(Number(waitMs) / 1000)
  const served = `${command} ${shellPlace(at, sh)} ${words} ${seconds}`
  if (input.clientAuth === undefined) return [served]
  const level = [ports, String(input.clientAuth)].map(sh.word).join(' ')
  return [`${served} || return`, `ais_prove_clients ${shellPlace(at, sh)} ${level} ${seconds}`]
}
