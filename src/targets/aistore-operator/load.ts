import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { formatLimit } from '../../duration.ts'
import { exitCodes } from '../../exit-codes.ts'
import { placeOf, shellPlace } from '../../kubernetes/place.ts'
import { type ServedBy, withServers } from '../../kubernetes/pods-proof.ts'
import { parseAddress } from '../../net/address.ts'
import { handshake } from '../../net/handshake.ts'
import { pemCertificates } from '../../net/roots.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { operatorProblem } from './problems.ts'

/** Milliseconds between two loads: kubelet brings a changed Secret into a pod within about a minute. */
const againMs = 5_000

/**
 * Has every pod load the pair of the changed Secret: `{place, served, chain, roots, name, waitMs}`. A
 * load before kubelet has brought it reads the old one, so it is done again until each pod serves the new.
 */
export const loadOp: Op = {
  changes: true,
  async run({ place: at, served, chain, roots, name, waitMs }, ctx): Promise<Json> {
    const place = placeOf(at)
    const { clock } = ctx.world
    const [pem = ''] = pemCertificates(await readFile(String(chain), 'utf8'))
    const leaf = new X509Certificate(pem).fingerprint256
    const trusted = await Promise.all(
      (roots as string[]).map(path => readFile(path, 'utf8').catch(() => '')),
    )
    const trust = { roots: trusted.flatMap(pemCertificates), name: String(name) }
    const limitMs = cappedMs(Number(waitMs), ctx)
    const began = clock.elapsed()
    for (;;) {
      const { stale, all } = await withServers(
        place,
        served as unknown as ServedBy[],
        ctx,
        async servers => {
          const before = await staleOf(servers, leaf, ctx)
          const [gateway] = servers
          if (before.length > 0 && gateway) await load(gateway.address, trust, ctx)
          return { stale: await staleOf(servers, leaf, ctx), all: servers.length }
        },
      )
      const seen = `${all - stale.length} of ${all} pods serve the new pair`
      ctx.say(seen)
      if (stale.length === 0) return { loaded: true, seen }
      if (clock.elapsed() - began > limitMs)
        throw operatorProblem('ais-operator.not-loaded', exitCodes.failed, {
          subject: stale.join(', '),
          evidence: `${seen} after ${formatLimit(limitMs)}`,
          fix: 'Read the logs of these pods: kubectl logs; a bad pair is named there.',
        })
      await clock.sleep(againMs, ctx.signal)
    }
  },
  printed: ({ name }, show) => [
    `curl -X PUT --cacert roots.pem https://${show(name)}:PORT/v1/cluster/load-x509   (until each pod serves it)`,
  ],
  shell({ place, served, chain, name, waitMs }, sh) {
    const pods = (served as ServedBy[]).flatMap(({ workload, port }) => [workload, port])
    const words = [chain, name, Math.ceil(Number(waitMs) / 1000), ...pods].map(sh.word)
    return [`aisop_load ${shellPlace(place, sh)} ${words.join(' ')}`]
  },
}

interface At {
  address: string
  name?: string
}

/** The pods that serve another leaf. */
async function staleOf(
  servers: readonly At[],
  leaf: string,
  { signal }: Performing,
): Promise<string[]> {
  const seen = await Promise.all(
    servers.map(async ({ address }) => {
      const at = parseAddress(address) ?? { host: address, port: 0 }
      const asked = { ...at, name: at.host, roots: [], timeoutMs: 5_000, signal }
      const { chain } = await handshake(asked)
      return chain[0] ? new X509Certificate(chain[0]).fingerprint256 : ''
    }),
  )
  return servers
    .filter((_, index) => seen[index] !== leaf)
    .map(({ name, address }) => name ?? address)
}

/** What it answers is not believed: "done" hides stale nodes, and each pod is looked at. */
async function load(
  address: string,
  { roots, name }: { roots: string[]; name: string },
  { world, signal }: Performing,
): Promise<void> {
  const url = `https://${address}/v1/cluster/load-x509`
  await world.api({ url, method: 'PUT', roots, name, timeoutMs: 30_000, signal })
}
