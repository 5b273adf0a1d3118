import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Performing } from '../../../src/plan/op.ts'
import { ready } from '../../../src/targets/skyserve/ready.ts'
import { play } from '../../support/play.ts'

/** A port of this machine on which nothing listens. */
function deadPort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const at = server.address()
      server.close(() => resolve(typeof at === 'object' && at ? at.port : 0))
    })
  })
}

/** The server's API, whose one service is in these states, the last one from then on. */
function apiSaying(states: string[]) {
  return async ({ url }: { url: string }) => {
    const answer = { status: 200, headers: { 'x-skypilot-request-id': 'r1' }, tookMs: 1 }
    if (!url.includes('/api/get')) return { ...answer, body: '' }
    const status = states.length > 1 ? states.shift() : states[0]
    const services = [{ name: 'svc-a', status, replica_info: [] }]
    return { ...answer, body: JSON.stringify({ return_value: JSON.stringify(services) }) }
  }
}

async function waitAt(port: number, states: string[], waitMs = 3_600_000) {
  const { input } = play([], { world: { api: apiSaying(states) } })
  const quiet = () => {}
  const ctx: Performing = {
    ...input.ctx,
    say: quiet,
    proof: quiet,
    finding: quiet,
    wait: async () => 'look',
  }
  const url = `http://127.0.0.1:${port}/`
  const wanted = { url, name: 'svc.test', service: 'svc-a', server: 'http://127.0.0.1:1', waitMs }
  const end = await Promise.resolve(ready.run(wanted, ctx)).catch((error: unknown) => error)
  return { end, elapsed: ctx.world.clock.elapsed() }
}

describe('the wait for a replica', () => {
  it('ends when sky says READY and nothing listens: its load balancer has died', async () => {
    const { end, elapsed } = await waitAt(await deadPort(), ['READY'])
    expect(end).toMatchObject({ exit: 1, findings: [{ id: 'skyserve.balancer-dead' }] })
    expect(elapsed).toBeLessThan(600_000)
  })

  it('goes on while sky says that the service starts', async () => {
    const { end } = await waitAt(await deadPort(), ['REPLICA_INIT'], 1_000_000)
    expect(end).toMatchObject({ ready: false })
  })

  it('begins to count anew when sky takes READY back', async () => {
    const states = Array.from({ length: 60 }, (_, index) =>
      index % 3 === 2 ? 'NO_REPLICA' : 'READY',
    )
    const { end } = await waitAt(await deadPort(), [...states, 'NO_REPLICA'], 900_000)
    expect(end).toMatchObject({ ready: false })
  })
})
