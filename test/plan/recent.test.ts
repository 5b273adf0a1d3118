import { expect, it } from 'vitest'
import { askAhead, askedAhead, forget, type Recent, recently } from '../../src/plan/recent.ts'
import type { ToolCall } from '../../src/process/tool.ts'
import { play } from '../support/play.ts'

/** Asks at some times, and says which answer was given. */
async function asked(key: string, maxAgeMs: number, times: readonly number[]) {
  const recent: Recent = new Map()
  const { world } = play([]).input.ctx
  let count = 0
  const answers: number[] = []
  for (const at of times) {
    const clock = { ...world.clock, elapsed: () => at }
    const ask = async () => {
      count += 1
      return count
    }
    answers.push(await recently(key, maxAgeMs, { world: { clock }, recent }, ask))
  }
  return answers
}

it('asks once for answers that follow each other, and anew when the first is old', async () => {
  expect(await asked('azure extension', 1_000, [0, 999, 1_000, 1_500])).toEqual([1, 1, 2, 2])
  expect(await asked('azure extension', 0, [0, 0])).toEqual([1, 2])
})

it('a failure is no answer: the next one asks again', async () => {
  const recent: Recent = new Map()
  const { world } = play([]).input.ctx
  const fails = () => Promise.reject(new Error('away'))
  await expect(recently('k', 1_000, { world, recent }, fails)).rejects.toThrow('away')
  expect(await recently('k', 1_000, { world, recent }, async () => 'there')).toBe('there')
})

it('a change of one system leaves what was read of another', () => {
  const all = () =>
    new Map(
      ['azure extension x', 'kubernetes namespace y', '["op:azureml.extension",{}]'].map(key => [
        key,
        { at: 0, output: null },
      ]),
    )
  const left = (system?: string) => {
    const recent: Recent = all()
    forget(recent, system)
    return [...recent.keys()]
  }
  expect(left('kubernetes')).toEqual(['azure extension x'])
  expect(left('azure')).toEqual(['kubernetes namespace y'])
  expect(left()).toEqual([])
})

it('what a command has answered well stands in for it until something is changed, for half a minute', async () => {
  const recent: Recent = new Map()
  const { world } = play([]).input.ctx
  const at = (elapsed: number) => ({
    world: { clock: { ...world.clock, elapsed: () => elapsed } },
    recent,
  })
  const call: ToolCall = { argv: ['helm', 'version'], limitMs: 1 }
  const run = (exit: number) => async () =>
    ({ argv: call.argv, outcome: 'ended', exit, stdout: 'v3', stderr: '', tookMs: 1 }) as const
  await askAhead(call, run(1), at(0))
  expect(askedAhead(call, at(0))).toBeUndefined()
  await askAhead(call, run(0), at(0))
  expect(askedAhead(call, at(29_999))).toMatchObject({ stdout: 'v3' })
  expect(askedAhead({ argv: ['helm', 'list'] }, at(0))).toBeUndefined()
  expect(askedAhead(call, at(30_000))).toBeUndefined()
  forget(recent, 'kubernetes')
  expect(askedAhead(call, at(0))).toBeUndefined()
})
