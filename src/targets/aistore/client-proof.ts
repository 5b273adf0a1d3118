import type { Performing } from '../../plan/op.ts'
import type { Probed } from '../../proof/result.ts'
import type { Server } from '../../proof/servers.ts'
import type { Access } from './api.ts'
import { levelRules } from './client-auth.ts'
import { type ClientRules, clientRulesAt, clientsOf, differs } from './client-probe.ts'

/**
 * `tls.client-auth`: each listener treats a client without a certificate, one with ours and one with a
 * stranger's as its level says.
 */
export async function probeClients(
  servers: readonly Server[],
  level: number,
  access: Access,
  { world, signal }: Pick<Performing, 'world' | 'signal'>,
): Promise<Probed[]> {
  const clients = await clientsOf(access, world)
  return Promise.all(
    servers.map(async ({ address, name }): Promise<Probed> => {
      const rules = await clientRulesAt(address, clients, signal)
      const wrong = differs(rules, level)
      const base = { id: 'tls.client-auth', expected: expectedAt(level), address: name }
      if (wrong === '') return { ...base, state: 'pass', seen: seenIn(rules) }
      return {
        ...base,
        state: 'fail',
        seen: wrong,
        means: 'Clients are let in or kept out otherwise than client_auth_tls says.',
        fix: 'Its listeners may not have been restarted since it was set: restart that node.',
        transient: wrong.includes('not seen'),
      }
    }),
  )
}

function expectedAt(level: number): string {
  const { asks, demands, verifies } = levelRules(level)
  if (!asks) return `level ${level}: no certificate is asked for`
  const without = demands ? 'none is refused' : 'none is answered'
  return `level ${level}: ${without}, a stranger's is ${verifies ? 'refused' : 'taken'}`
}

function seenIn({ none, ours, stranger }: ClientRules): string {
  const word = (taken: boolean | undefined) => (taken ? 'answered' : 'refused')
  const own = ours === undefined ? '' : `, with ours ${word(ours)}`
  return `without a certificate ${word(none)}${own}, with a stranger's ${word(stranger)}`
}
