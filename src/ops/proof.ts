import type { ProofResult } from '../plan/events.ts'
import type { Op, OpTable, Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { probeDns } from '../proof/dns-probe.ts'
import { type Proving, prove, proveLeaf } from '../proof/prove.ts'
import { provePlain } from '../proof/prove-plain.ts'
import { passes } from '../proof/result.ts'
import { verdict, wantedOf } from '../proof/verdict.ts'
import type { WantedEndpoint } from '../proof/wanted.ts'
import { readEndpoint, writeEndpoint } from '../record/endpoint.ts'
import { askedServer } from './dns.ts'

type Input = Record<string, Json>

/** Proves an address: all probes; each is told as it ends. */
const served = proofOp(prove, 'prove_served')

/** Proves only that the wanted leaf is served: what an undo needs. */
const leaf = proofOp(proveLeaf, 'prove_leaf')

/** Proves that HTTP answers and a TLS handshake fails. */
const plain = proofOp(provePlain, 'prove_plain')

/** Proves the endpoint by its name: DNS first, then at the addresses that DNS gives. */
const reachable: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const dns = await probeDns(
      {
        name: String(input.name),
        host: String(input.host),
        ...askedServer(input.server, ctx),
      },
      ctx,
    )
    ctx.proof(dns.result)
    if (dns.result.state !== 'pass') return verdict([dns.result])
    const port = String(input.address).split(':').at(-1)
    const addresses = dns.addresses.map(ip =>
      ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`,
    )
    const results = await prove({ ...wantedOf(input, ctx), addresses }, provingOf(ctx))
    const byName = results.filter(({ id }) =>
      ['tls.leaf', 'tls.chain', 'tls.name', 'http.answers'].includes(id),
    )
    for (const result of byName) ctx.proof(result)
    const all = [dns.result, ...byName]
    if (passes(all)) await noteReached(ctx)
    return verdict(all)
  },
  printed: ({ name, address, path }, show) => {
    const port = show(address).replace(/^.*:/, '')
    return [`nslookup ${show(name)}`, `curl https://${show(name)}:${port}${show(path)}`]
  },
  shell(input, sh) {
    const { name, host, address, path, expect, leaf: wanted = '', roots = '' } = input
    const words = [name, host, address, path, String(expect), wanted, roots, seconds(input)]
    return [`prove_reachable ${words.map(sh.word).join(' ')}`]
  },
}

/** The record says since when what is served now is reached by its name. */
async function noteReached({ record: { paths }, world }: Performing): Promise<void> {
  const record = await readEndpoint(paths)
  const reachable = new Date(world.clock.now()).toISOString()
  if (record) await writeEndpoint(paths, { ...record, reachable })
}

function proofOp(
  proveIt: (wanted: WantedEndpoint, proving: Proving) => Promise<ProofResult[]>,
  shellName: string,
): Op {
  return {
    changes: false,
    async run(input: Input, ctx): Promise<Json> {
      const results = await proveIt(wantedOf(input, ctx), provingOf(ctx))
      for (const result of results) ctx.proof(result)
      return verdict(results)
    },
    printed({ addresses, name, path }, show) {
      const at = (addresses as unknown[]).map(show).join(', ')
      return [
        `openssl s_client -connect ${at} -servername ${show(name)}`,
        `curl --cacert roots.pem --resolve ${show(name)}:PORT:${at} https://${show(name)}${show(path)}`,
      ]
    },
    shell(input, sh) {
      const [address] = input.addresses as unknown[]
      const words = [
        address,
        input.name,
        input.path,
        String(input.expect),
        input.leaf ?? '',
        input.roots ?? '',
        seconds(input),
      ]
      return [`${shellName} ${words.map(sh.word).join(' ')}`]
    },
  }
}

/** How long a script waits for what may need time. */
function seconds({ waitMs }: Record<string, unknown>): number {
  return Math.ceil(Number(waitMs) / 1000)
}

function provingOf(ctx: Performing): Proving {
  const { world, run, signal } = ctx
  return { world, run, signal, onRetry: seen => ctx.say(seen) }
}

export const proofOps: OpTable = {
  'proof.served': served,
  'proof.leaf': leaf,
  'proof.plain': plain,
  'proof.reachable': reachable,
}
