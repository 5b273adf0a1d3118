import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { formatLimit } from '../../duration.ts'
import { exitCodes } from '../../exit-codes.ts'
import { kubectlArgv, placeOf, shellPlace } from '../../kubernetes/place.ts'
import { type ServedBy, withServers } from '../../kubernetes/pods-proof.ts'
import { parseAddress } from '../../net/address.ts'
import { handshake } from '../../net/handshake.ts'
import { pemCertificates } from '../../net/roots.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { oneLine } from '../../process/plain-text.ts'
import { quoteCommand } from '../../process/quote.ts'
import type { Server } from '../../proof/servers.ts'
import type { Api } from '../aistore/api.ts'
import { loginProblem } from '../aistore/said.ts'
import { apiOf } from './api.ts'
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
    const api = await apiOf({ roots: roots as string[], name: String(name) }, ctx)
    const limitMs = cappedMs(Number(waitMs), ctx)
    const began = clock.elapsed()
    for (;;) {
      const { stale, words, all } = await withServers(
        place,
        served as unknown as ServedBy[],
        ctx,
        async servers => {
          const before = await staleOf(servers, leaf, ctx)
          const said = before.length > 0 ? await load(servers, api) : ''
          const stale = await staleOf(servers, leaf, ctx)
          const words = [said, ...(await Promise.all(stale.map(each => wordsOf(each, api))))]
          return { stale, words: words.filter(Boolean), all: servers.length }
        },
      )
      const seen = `${all - stale.length} of ${all} pods serve the new pair`
      if (stale.length === 0) return { loaded: true, seen }
      ctx.say([seen, ...words].join('; '))
      if (clock.elapsed() - began > limitMs) {
        const pods = stale.map(({ name }) => name.replace(/:\d+$/, ''))
        const logs = quoteCommand(kubectlArgv(place, 'logs', ...pods.slice(0, 1)))
        throw operatorProblem('ais-operator.not-loaded', exitCodes.failed, {
          subject: pods.join(', '),
          evidence: [`${seen} after ${formatLimit(limitMs)}`, ...words].join('; '),
          fix: `Read its log, put right what it says of its certificate, and run the same command again: ${logs}`,
        })
      }
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

/** The pods that serve another leaf. */
async function staleOf(
  servers: readonly Server[],
  leaf: string,
  { signal }: Performing,
): Promise<Server[]> {
  const seen = await Promise.all(
    servers.map(async ({ address }) => {
      const at = parseAddress(address) ?? { host: address, port: 0 }
      const asked = { ...at, name: at.host, roots: [], timeoutMs: 5_000, signal }
      const { chain } = await handshake(asked)
      return chain[0] ? new X509Certificate(chain[0]).fingerprint256 : ''
    }),
  )
  return servers.filter((_, index) => seen[index] !== leaf)
}

/**
 * Has the cluster load, and says what it answers where that is no yes. A yes is not believed: "done" hides
 * stale nodes, and each pod is looked at.
 *
 * @throws Problem with exit 77 where it wants a token, or another one
 */
async function load([gateway]: readonly Server[], api: Api): Promise<string> {
  if (!gateway) return ''
  const said = await api.put(gateway.address, '/v1/cluster/load-x509')
  const login = loginProblem(gateway.name, said)
  if (login) throw login
  return said.status === 200 ? '' : `the cluster says ${said.seen}`
}

/** What a pod says itself of its certificate: the cluster says "Bad Request" at most. */
async function wordsOf({ address, name }: Server, api: Api): Promise<string> {
  const { json } = await api.get(address, '/v1/daemon?what=tls_certificate')
  const own = atPath(json, 'error')
  return typeof own === 'string' ? `${name} says ${oneLine(own).slice(0, 300)}` : ''
}
