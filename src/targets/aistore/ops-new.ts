import { formatLimit } from '../../duration.ts'
import { exitCodes } from '../../exit-codes.ts'
import { parseAddress } from '../../net/address.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand, quoteWord } from '../../process/quote.ts'
import type { Api } from './api.ts'
import { type Cluster, listenersOf, nodeLabel } from './cluster.ts'
import { lookAtNew, type NewCluster, rowsOfNew } from './new-cluster.ts'
import { takeDown } from './ops-down.ts'
import { runStart, showing } from './ops-start.ts'
import { apiOf, type Place, placeOf, primaryOf } from './place.ts'
import { aistoreProblem } from './problems.ts'
import { standingOf } from './standing.ts'

/** Milliseconds between two looks. */
const lookMs = 500

/** What a gateway speaks that may not be there yet: `{gateway}`. */
export const gatewayOp: Op = {
  changes: false,
  async run({ at, gateway }, ctx): Promise<Json> {
    const scheme = await (await apiOf(placeOf(at), ctx)).scheme(String(gateway))
    return { scheme, seen: scheme === 'down' ? `nothing listens at ${gateway}` : scheme }
  },
  printed: ({ gateway }) => [`curl http://${gateway}/v1/health`],
  shell: ({ gateway }, sh) => [
    `jq -n --arg scheme "$(ais_scheme ${sh.word(gateway)})" '{scheme: $scheme}' | answer_json`,
  ],
}

/**
 * Runs the command that starts the nodes of a new cluster, with the variables of the vendor's deploy
 * scripts: `{at, argv, env, gateway, proxies, targets, ports, limitMs}`.
 */
export const firstStartOp: Op = {
  changes: true,
  async run(input, ctx): Promise<Json> {
    const { argv, env, limitMs } = input
    const wanted = wantedOf(input)
    const look = async (api: Api, signal: AbortSignal) => {
      const seen = await lookAtNew(wanted, api)
      const standing = standingOf(await rowsOfNew(seen, { ...wanted, api, signal }))
      return { seen: seen.seen, standing }
    }
    return showing(input.at, look, ctx, () =>
      runStart(argv as string[], Number(limitMs), ctx, env as Record<string, string>),
    )
  },
  printed: ({ argv, env }, show) => [
    `${assigned(env, value => quoteWord(show(value)))} ${quoteCommand(argv as string[])}`,
  ],
  shell: ({ argv, env, limitMs }, sh) => {
    const words = (argv as string[]).map(sh.word)
    const [program] = words
    return [
      `answer_of ${Math.ceil(Number(limitMs) / 1000)} env ${assigned(env, sh.word)} ${words.join(' ')}`,
      `holds '.exit == 0' || tool_failed ${program}`,
    ]
  },
}

/**
 * Waits until a new cluster is whole: `{at, gateway, proxies, targets, hosts, leaf, ports, waitMs}`. As many
 * nodes as are expected have joined, each says itself that it has started, all URLs of the map are
 * https, and map and settings of all nodes have one UUID. What it is from then on is answered.
 */
export const joinOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const wanted = wantedOf(input)
    const api = await apiOf(placeOf(input.at), ctx)
    const { clock } = ctx.world
    const limitMs = cappedMs(Number(input.waitMs), ctx)
    const began = clock.elapsed()
    for (;;) {
      const now = await lookAtNew(wanted, api)
      const rows = await rowsOfNew(now, { ...wanted, api, signal: ctx.signal })
      ctx.say(now.seen, { standing: standingOf(rows, now.wrong.get('cluster')) })
      if (now.scheme === 'http') throw onHttp(wanted.gateway)
      if (now.cluster && now.wrong.size === 0) {
        mustBeNamed(now.cluster, input.hosts as string[], ctx)
        return answerOf(now.cluster, now.seen)
      }
      if (clock.elapsed() - began > limitMs) throw notJoined(wanted.gateway, now, limitMs)
      await clock.sleep(lookMs, ctx.signal)
    }
  },
  printed: ({ gateway, proxies, targets }) => [
    `curl https://${gateway}/v1/daemon?what=smap   (${proxies} in pmap, ${targets} in tmap, each direct_url https)`,
    "curl https://NODE/v1/daemon?what=node_status | jq '.cluster.flags'   (each node: both of 2 and 4 are set)",
  ],
  shell: ({ at, gateway, proxies, targets, waitMs }, sh) => {
    const { roots } = at as { roots: unknown[] }
    const words = [gateway, proxies, targets, ...roots.slice(0, 2)].map(sh.word).join(' ')
    return [`ais_join ${words} ${Math.ceil(Number(waitMs) / 1000)}`]
  },
}

/** Takes a cluster down that a run has started and cannot prove: `{at, gateway, ports}`. */
export const leaveNewOp: Op = {
  changes: true,
  async run(input, ctx): Promise<Json> {
    const wanted = wantedOf(input)
    const place = placeOf(input.at)
    const api = await apiOf(place, ctx)
    const { scheme, cluster, seen } = await lookAtNew(wanted, api)
    if (scheme === 'down') return { down: true, seen }
    if (!cluster)
      throw aistoreProblem('aistore.still-open', exitCodes.failed, {
        subject: wanted.gateway,
        evidence: seen,
        fix: 'Stop each node where it runs, with SIGTERM or by its service manager; then run the same command again.',
      })
    await takeDown({ ...place, ...cluster } satisfies Place, wanted.ports, api, ctx)
    return { down: true, seen: 'every port is closed' }
  },
  printed: () => ['ais cluster shutdown -y', 'waits until every port is closed'],
  shell: ({ at, gateway, proxies, targets, ports }, sh) => {
    const { roots } = at as { roots: unknown[] }
    const words = [gateway, proxies, targets, ...roots.slice(0, 2)].map(sh.word).join(' ')
    return [`ais_leave_new ${words} ${sh.word(ports)}`]
  },
}

function wantedOf(input: Record<string, Json>) {
  const { gateway, proxies, targets, ports, leaf } = input
  return {
    gateway: String(gateway),
    proxies: Number(proxies),
    targets: Number(targets),
    ports: ports as 'all' | 'public',
    leaf: String(leaf ?? ''),
  }
}

function answerOf(cluster: Cluster, seen: string): Json {
  const { uuid, primary, nodes } = cluster
  const gateway = primaryOf(cluster).public
  return {
    uuid,
    primary,
    nodes: JSON.stringify(nodes),
    gateway,
    host: parseAddress(gateway)?.host ?? gateway,
    addresses: nodes.map(node => node.public),
    seen: `${seen}, cluster ${uuid}`,
  }
}

/** Variables in front of a command. */
function assigned(env: unknown, word: (value: unknown) => string): string {
  return Object.entries(env as Record<string, unknown>)
    .map(([name, value]) => `${name}=${word(value)}`)
    .join(' ')
}

/** Nodes and clients verify names: a host that the leaf was not made for is found out now. */
function mustBeNamed({ nodes }: Cluster, hosts: string[], { rehearsal }: Performing): void {
  if (rehearsal) return // every address is on loopback
  const strange = nodes.flatMap(node =>
    listenersOf(node)
      .map(({ address }) => parseAddress(address)?.host ?? address)
      .filter(host => !hosts.includes(host.toLowerCase()))
      .map(host => ({ node, host })),
  )
  const [first] = strange
  if (!first) return
  throw aistoreProblem('aistore.no-name', exitCodes.data, {
    subject: nodeLabel(first.node),
    evidence: `the map has it at ${[...new Set(strange.map(({ host }) => host))].join(', ')}; the certificate was asked for ${hosts.join(', ')}`,
    fix: 'Take it back: secure-endpoint init --resume NAME --undo; put these hosts into target.hosts, and run init again.',
  })
}

function onHttp(gateway: string) {
  return aistoreProblem('aistore.first-start', exitCodes.failed, {
    subject: gateway,
    evidence: 'it speaks HTTP',
    fix: 'Stop every node, remove .ais.conf from its confdir, and see that its ais.json holds the section that was written; then run the same command again. One that has data already is switched as it is: target.deployment: running.',
  })
}

function notJoined(gateway: string, { wrong }: NewCluster, limitMs: number) {
  return aistoreProblem('aistore.not-joined', exitCodes.waited, {
    title: `The new cluster is not whole after ${formatLimit(limitMs)}.`,
    subject: gateway,
    evidence: [...wrong].map(([id, why]) => `${id}: ${why}`).join('; '),
    fix: 'Read the last lines of the log of each node that is missing, then run the same command again. Where other numbers are right: secure-endpoint init --resume NAME --undo, and put them into target.proxies and target.targets.',
  })
}
