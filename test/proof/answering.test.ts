import { onTestFinished as atEnd, expect, it } from 'vitest'
import { answeringWords, watchAnswering } from '../../src/proof/answering.ts'

/** A clock that goes forward only when somebody sleeps, until `endMs`. */
function fakeClock(endMs: number) {
  let now = 0
  let over: () => void = () => {}
  const ended = new Promise<void>(resolve => {
    over = resolve
  })
  return {
    ended,
    now: () => now,
    elapsed: () => now,
    async sleep(ms: number, signal?: AbortSignal) {
      if (now + ms > endMs) {
        over()
        await new Promise((_resolve, reject) => signal?.addEventListener('abort', reject))
      }
      now += ms
    },
  }
}

/** What is seen of an endpoint that is away in these times. */
async function watched(away: [number, number][], endMs: number) {
  const clock = fakeClock(endMs)
  const watch = watchAnswering(async () => {
    const at = clock.elapsed()
    return !away.some(([from, to]) => at >= from && at < to)
  }, clock)
  atEnd(async () => {
    await watch.end()
  })
  await clock.ended
  return watch.end()
}

it('counts nothing where every connection is answered', async () => {
  const seen = await watched([], 10_000)
  expect(seen).toEqual({ tries: 41, lost: 0, awayMs: 0, longestMs: 0 })
  expect(answeringWords(seen)).toBe('all 41 new connections were answered')
})

it('counts each time without an answer, up to the next that came', async () => {
  const seen = await watched(
    [
      [1_000, 2_000],
      [5_000, 5_250],
    ],
    10_000,
  )
  expect(seen).toEqual({ tries: 41, lost: 5, awayMs: 1_250, longestMs: 1_000 })
  expect(answeringWords(seen)).toBe(
    '5 of 41 new connections got no answer, for 1.3 s in all, 1.0 s at a stretch',
  )
})

it('counts up to the end where no answer came any more', async () => {
  expect(await watched([[9_500, 99_000]], 10_000)).toMatchObject({ lost: 3, awayMs: 500 })
})
