import { exitCodes } from '../../exit-codes.ts'
import { parseAddress } from '../../net/address.ts'
import { handshake } from '../../net/handshake.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { retried } from '../../proof/prove.ts'
import type { Probed } from '../../proof/result.ts'
import { verdict, wantedOf } from '../../proof/verdict.ts'
import { createApi } from './api.ts'
import { probeClients } from './client-proof.ts'
import { type Node, nodeLabel } from './cluster.ts'
import { serversOf } from './ops-proof.ts'
import { accessOf, placeOf } from './place.ts'
import { aistoreProblem } from './problems.ts'
import { shellPlace } from './shell.ts'
import { leafAt, leafIn, reachedOf } from './standing.ts'
import { probeStates } from './state-probe.ts'

type Input = Record<string, Json>

/**
 * Whether each public listener serves what the others of its node do, which it does without a pair of
 * its own: `{at, ports, chain}`. Where this machine reaches the public ones alone: whether none of them
 * serves the leaf of `chain`.
 */
export const joinedOp: Op = {
  changes: false,
  async run({ at, ports, chain }, ctx): Promise<Json> {
    const leaf = await leafIn(String(chain))
    const seen = await Promise.all(
      placeOf(at).nodes.map(node => lookAt(node, { leaf, ports, signal: ctx.signal })),
    )
    const apart = seen.find(each => !each.joined)
    return {
      joined: apart === undefined,
      down: seen.every(each => each.leaf === ''),
      seen: apart?.seen ?? 'public listeners serve what the others do',
    }
  },
  printed: ({ at }) => placeOf(at as Json).nodes.flatMap(lookWords),
  shell: ({ at, ports, chain }, sh) => [
    `ais_joined ${shellPlace(at, sh)} ${[ports, chain].map(sh.word).join(' ')}`,
  ],
}

/** The same as a proof, with what each node says of itself: `{at, ports, chain, waitMs, clientAuth, ...}`. */
export const proveJoinedOp: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const { ports, chain, clientAuth: level } = input
    const place = placeOf(input.at)
    const access = await accessOf(place, ctx)
    const api = createApi(access, ctx)
    const leaf = await leafIn(String(chain))
    const servers = serversOf(place.nodes, 'public')
    const proving = { ...ctx, onRetry: (seen: string) => ctx.say(seen) }
    const results = await retried(wantedOf({ ...input, addresses: [] }, ctx), proving, async () => {
      const [leaves, states, clients] = await Promise.all([
        Promise.all(
          place.nodes.map(node => probeJoined(node, { leaf, ports, signal: ctx.signal })),
        ),
        probeStates(place, api, 'https'),
        typeof level === 'number' ? probeClients(servers, level, access, ctx) : [],
      ])
      return [...leaves, ...states, ...clients]
    })
    for (const result of results) ctx.proof(result)
    return verdict(results)
  },
  printed: ({ at }) => placeOf(at as Json).nodes.flatMap(lookWords),
  shell({ at, ports, chain, waitMs, clientAuth }, sh) {
    const words = [ports, chain].map(sh.word).join(' ')
    const seconds = Math.ceil(Number(waitMs) / 1000)
    const joined = `ais_prove_joined ${shellPlace(at, sh)} ${words} ${seconds}`
    if (clientAuth === undefined) return [joined]
    const level = ['public', String(clientAuth)].map(sh.word).join(' ')
    return [`${joined} || return`, `ais_prove_clients ${shellPlace(at, sh)} ${level} ${seconds}`]
  },
}

/**
 * The pair of the listeners inside is trusted here: `{at, ports}`. Asked before the public ones serve
 * it, too: nobody could ask a node anything then.
 */
export const insideOp: Op = {
  changes: false,
  async run({ at, ports }, ctx): Promise<Json> {
    if (ports !== 'all') return { seen: 'not reached from here' }
    const place = placeOf(at)
    const { roots } = await accessOf(place, ctx)
    await Promise.all(
      place.nodes.map(async node => {
        const to = parseAddress(node.control)
        if (!to) return
        const { signal } = ctx
        const asked = { ...to, name: to.host, roots, timeoutMs: leafMs, signal }
        const { distrust } = await handshake(asked)
        // a run that is taken up may find the nodes shut down
        if (distrust !== undefined)
          throw aistoreProblem('aistore.inside-unknown', exitCodes.data, {
            subject: nodeLabel(node),
            evidence: `${node.control}: ${distrust}`,
            fix: 'Put the file of its roots into the answers: target.roots.',
          })
      }),
    )
    return { seen: 'trusted at every node' }
  },
  printed: ({ at }) =>
    placeOf(at as Json).nodes.map(({ control }) => `openssl s_client -connect ${control}`),
  shell: ({ at, ports }, sh) => [`ais_inside ${shellPlace(at, sh)} ${sh.word(ports)}`],
}

/** Milliseconds for one handshake. */
const leafMs = 5_000

interface Looking extends Pick<Performing, 'signal'> {
  /** Of the pair that public listeners had of their own. */
  leaf: string
  ports: Json | undefined
}

interface Seen {
  joined: boolean
  /** What the public listener serves; empty where that is nothing. */
  leaf: string
  seen: string
}

async function lookAt(node: Node, { leaf: own, ports, signal }: Looking): Promise<Seen> {
  const inside = ports === 'all' ? reachedOf(node, 'inside') : []
  const [leaf = '', ...others] = await Promise.all(
    [node.public, ...inside.map(({ address }) => address)].map(each => leafAt(each, signal)),
  )
  const short = (each: string) => (each === '' ? 'no TLS' : each.slice(0, 11))
  if (leaf === '') return { joined: false, leaf, seen: `${node.public} serves no TLS` }
  if (others.length === 0)
    return leaf === own
      ? { joined: false, leaf, seen: `${node.public} serves its own ${short(own)} still` }
      : { joined: true, leaf, seen: `${short(leaf)}, not its own` }
  const apart = others.find(each => each !== leaf)
  return apart === undefined
    ? { joined: true, leaf, seen: `${short(leaf)}, as inside` }
    : { joined: false, leaf, seen: `${short(leaf)} at ${node.public}, ${short(apart)} inside` }
}

async function probeJoined(node: Node, looking: Looking): Promise<Probed> {
  const { joined, leaf, seen } = await lookAt(node, looking)
  const base = {
    id: 'tls.leaf',
    expected: 'what its other listeners serve',
    address: nodeLabel(node),
    seen,
    command: lookWords(node)[0] ?? '',
  }
  if (joined) return { ...base, state: 'pass' }
  return {
    ...base,
    state: 'fail',
    means: 'Clients get the pair of the public listeners still.',
    fix: `Its listeners may not have been restarted since it was cleared: restart ${nodeLabel(node)}.`,
    transient: leaf === '',
  }
}

function lookWords({ public: open, control }: Node): string[] {
  return [open, control].map(address => `openssl s_client -connect ${address}`)
}
