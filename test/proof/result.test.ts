import { describe, expect, it } from 'vitest'
import { combine, type Probed, passes } from '../../src/proof/result.ts'

function probed(
  id: string,
  state: Probed['state'],
  address: string,
  more: Partial<Probed> = {},
): Probed {
  return { id, state, expected: 'x', seen: `${id} ${state}`, address, ...more }
}

describe('what several addresses say', () => {
  it('is the worst of each probe, in the order of the probes', () => {
    const results = combine(
      [
        probed('tcp.open', 'pass', 'a'),
        probed('tls.leaf', 'pass', 'a'),
        probed('tcp.open', 'pass', 'b'),
        probed('tls.leaf', 'unknown', 'b'),
        probed('tls.leaf', 'fail', 'c', { evidence: ['e'], means: 'm', fix: 'f', command: 'c' }),
        probed('http.plain', 'skip', 'a'),
      ],
      'undo',
    )
    expect(results.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'tcp.open pass',
      'tls.leaf fail',
      'http.plain skip',
    ])
    expect(results[1]).toMatchObject({
      seen: 'tls.leaf fail (c); as wanted at 1 of 3 addresses',
      address: 'c',
      evidence: ['e'],
      means: 'm',
      fix: 'f',
      command: 'c',
      decides: 'undo',
    })
    expect(results[0]?.seen).toBe('tcp.open pass, at 2 of 2 addresses')
  })

  it('ranks failing before not knowing, that before not trying, that before passing', () => {
    const order = ['pass', 'skip', 'unknown', 'fail'] as const
    for (const [index, worse] of order.entries()) {
      for (const better of order.slice(0, index)) {
        const pair = [probed('x', better, 'a'), probed('x', worse, 'b')]
        expect(combine(pair, 'report')[0]?.state, `${better} ${worse}`).toBe(worse)
        expect(combine(pair.reverse(), 'report')[0]?.state).toBe(worse)
      }
    }
  })

  it('counts one address only where the leaf is what is proven', () => {
    const [open, leaf] = combine(
      [probed('tcp.open', 'pass', 'a'), probed('tls.leaf', 'pass', 'a')],
      'undo',
    )
    expect(open?.seen).toBe('tcp.open pass')
    expect(leaf?.seen).toBe('tls.leaf pass, at 1 of 1 addresses')
  })

  it('is as slow as the slowest', () => {
    const pair = [probed('x', 'pass', 'a', { tookMs: 3 }), probed('x', 'pass', 'b', { tookMs: 9 })]
    expect(combine(pair, 'undo')[0]?.tookMs).toBe(9)
  })

  it('passes where all pass or are skipped; not knowing is not passing', () => {
    const of = (...states: Probed['state'][]) =>
      passes(
        combine(
          states.map((state, index) => probed(String(index), state, 'a')),
          'undo',
        ),
      )
    expect(of('pass', 'skip')).toBe(true)
    expect(of('pass', 'unknown')).toBe(false)
    expect(of('fail')).toBe(false)
  })
})
