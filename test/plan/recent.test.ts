import { expect, it } from 'vitest'
import { forget, type Recent, recently } from '../../src/plan/recent.ts'
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
