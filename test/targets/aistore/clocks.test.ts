import { describe, expect, it } from 'vitest'
import { type AistoreFlow, flowOf } from '../../support/aistore-flow.ts'

const hourMs = 3_600_000

/** Until the shutdown one target answers with the `Date` of a clock that is so far ahead. */
function clockOff(flow: AistoreFlow, aheadMs: number) {
  const seen = new Set<string>()
  let isOver = false
  flow.breakApi(({ url, method }) => {
    const { host, pathname } = new URL(url)
    isOver ||= method === 'PUT' && pathname === '/v1/cluster'
    if (isOver || method === 'PUT' || pathname !== '/v1/health') return undefined
    seen.add(host) // the gateway by its name, then the nodes in the order of the map
    if ([...seen][2] !== host) return undefined
    const date = new Date(flow.world.clock.now() + aheadMs).toUTCString()
    return { status: 200, body: '', headers: { date } }
  })
}

describe('the clocks of nodes', () => {
  it.each([
    ['behind', -48 * hourMs, '2 days behind'],
    ['ahead', 400 * 24 * hourMs, '399 days ahead'],
  ])('%s: the node is named before anything is set or put onto it', async (_, off, words) => {
    const flow = await flowOf()
    clockOff(flow, off)
    const { failed, events, outcome } = await flow.go('enable')
    expect(outcome).not.toBe('done')
    expect(failed).toEqual(['check.clocks', 'aistore.clock'])
    expect(flow.changes.filter(each => each.startsWith('PUT'))).toEqual([])
    const [found] = events.flatMap(each => (each.type === 'step.failed' ? each.findings : []))
    expect(found?.subject).toMatch(/^t stagetarget\d$/)
    expect(found?.evidence).toContain(words)
  })

  it('off by minutes, but the certificate is valid there: it is said, and goes on', async () => {
    const flow = await flowOf()
    clockOff(flow, -20 * 60_000)
    const { events, outcome } = await flow.go('enable')
    expect(outcome).toBe('done')
    const said = events.flatMap(each => (each.type === 'finding' ? [each] : []))
    expect(said.map(({ id }) => id)).toContain('aistore.clock-off')
  })

  it('right: nothing is said', async () => {
    const flow = await flowOf()
    clockOff(flow, 0)
    const { events } = await flow.go('enable')
    const said = events.flatMap(each => (each.type === 'finding' ? [each.id] : []))
    expect(said).not.toContain('aistore.clock-off')
    const seen = events.flatMap(each => (each.type === 'step.done' ? [each.seen] : []))
    expect(seen).toContain('3 clocks are right')
  })
})
