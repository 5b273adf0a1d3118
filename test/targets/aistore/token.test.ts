import { describe, expect, it, onTestFinished } from 'vitest'
import { accessOf } from '../../../src/targets/aistore/place.ts'
import { realWorld } from '../../../src/world.ts'
import { createScratch } from '../../support/scratch.ts'

describe('the token of an administrator', () => {
  it.each([
    ['itself', 'abc.def', 'abc.def'],
    ['as ais auth login keeps it', '{"token":"abc.def"}', 'abc.def'],
    ['that is no JSON', '{abc', '{abc'],
    ['of another shape', '{"jwt":"abc"}', '{"jwt":"abc"}'],
  ])('%s', async (_, text, token) => {
    const { folder } = createScratch(onTestFinished)
    const world = realWorld(async () => {
      throw new Error('no tool is called')
    })
    const place = { uuid: 'u', primary: 'p', nodes: [], roots: [], system: false }
    const access = await accessOf(
      { ...place, client: { chain: 'none', key: 'none' } },
      {
        world,
        signal: AbortSignal.timeout(1000),
        userFolder: folder,
        secrets: { 'target.token': text },
      },
    )
    expect(access.token).toBe(token)
  })
})
