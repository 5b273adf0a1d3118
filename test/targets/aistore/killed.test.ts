import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Verb } from '../../../src/plan/plan.ts'
import { unfinishedOf } from '../../../src/road/resume.ts'
import { type AistoreFlow, aistoreFlow, usualAnswers } from '../../support/aistore-flow.ts'
import { createKill } from '../../support/killed.ts'

let killing: Awaited<ReturnType<typeof createKill>>
beforeAll(async () => {
  killing = await createKill()
})
afterAll(() => killing.close())

const text = usualAnswers()
const kill = (verb: Verb, after: number, { world }: AistoreFlow) =>
  killing.kill({ kind: 'aistore', text, verb, after }, world)

/** The same command again, as it takes up what is unfinished. */
async function again(verb: Verb, flow: AistoreFlow) {
  return (await unfinishedOf('ais', flow.world)) ? flow.resume() : flow.go(verb)
}

async function scheme(flow: AistoreFlow): Promise<string> {
  const { json } = await flow.get('/v1/daemon?what=smap')
  const urls = new Set(JSON.stringify(json).match(/https?:\/\/(?=127)/g))
  return [...urls].join()
}

/** More lines than such a run writes: the last of them kills nothing. */
const lines = Array.from({ length: 52 }, (_, index) => index + 1)

describe.concurrent('a run on AIStore that is killed from outside', () => {
  it.each(lines)(
    'after line %i of its journal leaves a cluster that the next run brings to HTTPS',
    { timeout: 240_000 },
    async line => {
      const flow = await aistoreFlow(text)
      try {
        const end = await kill('enable', line, flow)
        expect(end === 'killed' || end < line).toBe(true)
        if (line === lines.length) expect(end).not.toBe('killed')
        const next = await again('enable', flow)
        expect([next.outcome, next.failed]).toEqual(['done', []])
        expect(await scheme(flow)).toBe('https://')
        expect((await flow.status()).alerts).toEqual([])
        // this costs a third of the time, and hangs less on where the run was killed
        if (line % 3 !== 0) return
        flow.changes.length = 0
        expect((await flow.go('enable')).outcome).toBe('done')
        expect(flow.changes).toEqual([])
      } finally {
        await flow.close()
      }
    },
  )
})
