import type { Op, OpTable } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { lookAtDns } from '../proof/dns-look.ts'

/** Asks the zone's servers and the resolvers: `{name, host, server?}`. */
const lookOp: Op = {
  changes: false,
  async run({ name, host, server }, ctx): Promise<Json> {
    const named = typeof server === 'string' ? { server } : {}
    const look = await lookAtDns(
      { name: String(name), host: String(host), ...named },
      ctx.world,
      ctx.signal,
    )
    return look as unknown as Json
  },
  printed: ({ name, server }, show) => [
    `nslookup ${show(name)}${server === undefined ? '' : ` ${show(server)}`}`,
  ],
  shell: ({ name, host, server }, sh) => [
    `dns_leads_to ${sh.word(name)} ${sh.word(host)} ${sh.word(server ?? '')}`,
  ],
}

export const dnsOps: OpTable = { 'dns.look': lookOp }
