import type { ProofResult, ProofState } from '../plan/events.ts'

/** One probe at one address, before the addresses are put together. */
export interface Probed {
  id: string
  state: ProofState
  expected: string
  seen: string
  evidence?: string[]
  command?: string
  means?: string
  fix?: string
  address: string
  tookMs?: number
  /** The endpoint may only need time: connection refused, no answer. */
  transient?: boolean
}

const rank: Record<ProofState, number> = { fail: 0, unknown: 1, skip: 2, pass: 3 }

/**
 * One result for each probe id, in the order in which they first appear: the worst of all addresses,
 * with how many of them are as wanted.
 */
export function combine(probed: readonly Probed[], decides: ProofResult['decides']): ProofResult[] {
  const ids = [...new Set(probed.map(({ id }) => id))]
  return ids.map(id => {
    const all = probed.filter(each => each.id === id)
    const worst = all.reduce((a, b) => (rank[b.state] < rank[a.state] ? b : a))
    const good = all.filter(({ state }) => state === 'pass').length
    const counted = all.length > 1 || (id === 'tls.leaf' && worst.state === 'pass')
    const seen = counted ? `${worst.seen}, at ${good} of ${all.length} addresses` : worst.seen
    return {
      id,
      decides,
      state: worst.state,
      expected: worst.expected,
      seen:
        worst.state === 'pass' || all.length === 1 || !counted
          ? seen
          : notEverywhere(worst, good, all.length),
      evidence: worst.evidence ?? [],
      command: worst.command ?? '',
      means: worst.means ?? '',
      fix: worst.fix ?? '',
      address: worst.address,
      tookMs: Math.max(...all.map(each => each.tookMs ?? 0)),
    }
  })
}

function notEverywhere({ seen, address }: Probed, good: number, all: number): string {
  return `${seen} (${address}); as wanted at ${good} of ${all} addresses`
}

export function passes(results: readonly ProofResult[]): boolean {
  return results.every(({ state }) => state === 'pass' || state === 'skip')
}
