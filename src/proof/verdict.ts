import type { ProofResult } from '../plan/events.ts'
import { cappedMs } from '../plan/limit.ts'
import type { Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { passes } from './result.ts'
import type { WantedEndpoint } from './wanted.ts'

/** What a proof's results come to, as the answer of its op. */
export function verdict(results: readonly ProofResult[]): Json {
  const bad = results.filter(({ state }) => state === 'fail' || state === 'unknown')
  const good = results.filter(({ state }) => state === 'pass').length
  const skipped = results.length - good
  const all =
    skipped === 0 ? `${good} of ${good} probes pass` : `${good} probes pass, ${skipped} skipped`
  const seen = bad[0] ? `${bad[0].id}: ${bad[0].seen}` : all
  return { pass: passes(results), failed: bad.map(({ id }) => id), seen }
}

/** What an op's input wants to be proven. */
export function wantedOf(input: Record<string, Json>, ctx: Performing): WantedEndpoint {
  const text = (key: 'leaf' | 'roots' | 'plainRefusal') =>
    typeof input[key] === 'string' ? { [key]: input[key] } : {}
  const waitMs = cappedMs(Number(input.waitMs), ctx)
  return {
    addresses: (Array.isArray(input.addresses) ? input.addresses : []).map(String),
    name: String(input.name),
    ...text('leaf'),
    ...text('roots'),
    ...text('plainRefusal'),
    ...(input.client ? { client: input.client as unknown as WantedEndpoint['client'] } : {}),
    path: String(input.path),
    expect: (Array.isArray(input.expect) ? input.expect : []).map(Number),
    ...(input.notReady
      ? { notReady: input.notReady as unknown as WantedEndpoint['notReady'] }
      : {}),
    decides: input.decides === 'undo' ? 'undo' : 'report',
    waitMs,
  } as WantedEndpoint
}
