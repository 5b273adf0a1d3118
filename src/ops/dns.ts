import type { Op, OpTable, Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { lookAtDns } from '../proof/dns-look.ts'

/** Asks the zone's servers and the resolvers: `{name, host, server?}`. */
const lookOp: Op = {
  changes: false,
  async run({ name, host, server }, ctx): Promise<Json> {
    const look = await lookAtDns(
      { name: String(name), host: String(host), ...askedServer(server, ctx) },
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

/** The name server of the answers; a rehearsal has one of its own and asks no other. */
export function askedServer(
  server: Json | undefined,
  { rehearsal }: Pick<Performing, 'rehearsal'>,
): { server?: string } {
  return typeof server === 'string' && !rehearsal ? { server } : {}
}

export const dnsOps: OpTable = { 'dns.look': lookOp }
