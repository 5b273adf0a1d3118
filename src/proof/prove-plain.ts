import { formatAddress, parseAddress } from '../net/address.ts'
import { type HandshakeResult, handshake } from '../net/handshake.ts'
import type { ProofResult } from '../plan/events.ts'
import { probeHttp } from './http-probes.ts'
import type { Proving } from './prove.ts'
import { resolveHost, retried } from './prove.ts'
import type { Probed } from './result.ts'
import type { WantedEndpoint } from './wanted.ts'

/** Proves an endpoint that is back on HTTP: it answers, and a TLS handshake fails. */
export async function provePlain(wanted: WantedEndpoint, proving: Proving): Promise<ProofResult[]> {
  return retried(wanted, proving, () => provePlainOnce(wanted, proving))
}

/** The same, once. */
export async function provePlainOnce(wanted: WantedEndpoint, proving: Proving): Promise<Probed[]> {
  const parsed = wanted.addresses.flatMap(text => parseAddress(text) ?? [])
  const addresses = (await Promise.all(parsed.map(resolveHost))).flat()
  const probed = await Promise.all(
    addresses.map(async (address): Promise<Probed[]> => {
      const { name, path, expect } = wanted
      const { run, signal, between } = proving
      const http = await probeHttp({ address, name, path, expect, roots: [], run, signal })
      await between?.(address)
      const tls = await handshake({ ...address, name, roots: [], timeoutMs: 10_000, signal })
      // what was broken off says nothing
      signal.throwIfAborted()
      return [http, noTls(formatAddress(address), tls)]
    }),
  )
  return probed.flat()
}

function noTls(
  address: string,
  { outcome, error, tookMs }: Pick<HandshakeResult, 'outcome' | 'error' | 'tookMs'>,
): Probed {
  const base = { id: 'tls.handshake', expected: 'fails', address, tookMs }
  if (outcome === 'done') {
    return {
      ...base,
      state: 'fail',
      seen: 'TLS is still spoken',
      means: 'The endpoint is not back on HTTP.',
      fix: 'Find out which server answers there.',
    }
  }
  if (outcome === 'no-connection') {
    return {
      ...base,
      state: 'unknown',
      seen: `no connection: ${error ?? 'closed'}`,
      transient: true,
      means: 'Whether TLS is still spoken there is not known.',
      fix: 'Look whether the server runs.',
    }
  }
  return { ...base, state: 'pass', seen: 'fails, as it should without TLS' }
}
