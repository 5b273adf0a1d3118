import { formatAddress } from '../net/address.ts'
import { quoteCommand } from '../process/quote.ts'
import type { Probed } from './result.ts'
import { handshakeWith, type TlsWanted } from './tls-probes.ts'

/**
 * `tls.versions`: 1.2 or newer is spoken, and a client that knows only 1.1 and older is refused.
 *
 * @param before the version that a handshake at this address was in, which need not be tried again
 */
export async function probeVersions(wanted: TlsWanted, before?: string): Promise<Probed> {
  const { address, name } = wanted
  const at = formatAddress(address)
  const range = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
  const old = await handshakeWith(wanted, range, 'nothing')
  const result = {
    id: 'tls.versions',
    expected: '1.2 or newer, 1.1 refused',
    address: at,
    command: quoteCommand(['openssl', 's_client', '-connect', at, '-servername', name, '-tls1_1']),
    tookMs: old.tookMs,
  }
  if (old.outcome === 'done') {
    return {
      ...result,
      state: 'fail',
      seen: `${old.protocol} is accepted`,
      means: 'A client can be talked down to a version that is broken.',
      fix: 'Raise the least TLS version of the server, or of the proxy in front of it.',
    }
  }
  if (old.outcome === 'no-connection' || old.outcome === 'timeout') {
    return { ...result, state: 'unknown', seen: 'no answer to a 1.1 handshake', transient: true }
  }
  const spoken: string[] = []
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    if (before === version || (await speaks(version, wanted))) spoken.push(version.slice(4))
  }
  return spoken.length > 0
    ? { ...result, state: 'pass', seen: `${spoken.join(' and ')}; 1.1 is refused` }
    : { ...result, state: 'unknown', seen: 'neither 1.2 nor 1.3 was spoken', transient: true }
}

async function speaks(version: 'TLSv1.2' | 'TLSv1.3', wanted: TlsWanted): Promise<boolean> {
  const only = { minVersion: version, maxVersion: version }
  return (await handshakeWith(wanted, only, 'nothing')).outcome === 'done'
}
