import type { Clock } from '../world.ts'

/** How an endpoint answered while it was watched. Times in milliseconds. */
export interface Answering {
  /** New connections that were opened, and how many of them got no answer. */
  tries: number
  lost: number
  /** From the first that got none to the next that got one: all such times, and the longest. */
  awayMs: number
  longestMs: number
}

export interface Watch {
  /** Opens no further connection, waits for those that are open, and says what was seen. */
  end(): Promise<Answering>
}

/** Milliseconds between two new connections: a gap that clients feel is not missed. */
const everyMs = 250

/**
 * Opens a new connection every quarter of a second, as clients without retries do, and keeps count of
 * those that get no answer.
 *
 * @param ask opens one connection and says whether it was answered; it never throws
 */
export function watchAnswering(ask: () => Promise<boolean>, clock: Clock): Watch {
  const ending = new AbortController()
  const tries: Promise<{ at: number; answered: boolean }>[] = []
  const asking = (async () => {
    while (!ending.signal.aborted) {
      const at = clock.elapsed()
      tries.push(ask().then(answered => ({ at, answered })))
      await clock.sleep(everyMs, ending.signal).catch(() => {})
    }
  })()
  return {
    async end() {
      ending.abort()
      await asking
      return summed(await Promise.all(tries), clock.elapsed())
    },
  }
}

function summed(tries: readonly { at: number; answered: boolean }[], endedAt: number): Answering {
  const gaps: number[] = []
  let since: number | undefined
  for (const { at, answered } of tries) {
    if (!answered) since ??= at
    else if (since !== undefined) {
      gaps.push(at - since)
      since = undefined
    }
  }
  if (since !== undefined) gaps.push(endedAt - since)
  return {
    tries: tries.length,
    lost: tries.filter(({ answered }) => !answered).length,
    awayMs: Math.round(gaps.reduce((sum, gap) => sum + gap, 0)),
    longestMs: Math.round(Math.max(0, ...gaps)),
  }
}

/** `5 of 96 new connections got no answer, for 1.3 s in all`. */
export function answeringWords({ tries, lost, awayMs, longestMs }: Answering): string {
  if (lost === 0) return `all ${tries} new connections were answered`
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  const longest = longestMs < awayMs ? `, ${seconds(longestMs)} at a stretch` : ''
  return `${lost} of ${tries} new connections got no answer, for ${seconds(awayMs)} in all${longest}`
}
