import type { AuthorityEntry } from '../../certificates/authority.ts'
import type { AuthorityState } from '../../certificates/rollover.ts'

/** What a CA is there for now, in words. */
export const stateWords: Readonly<Record<AuthorityState, string>> = {
  signs: 'signs',
  next: 'comes next: clients are given it, it does not sign yet',
  old: 'signs no more, still trusted: its leaves are in use',
  ended: 'over: clients need it no more',
}

/**
 * Where a rollover stands and the command that comes next, as label and text.
 *
 * @param served endpoints that are still served with a leaf of this CA
 */
export function nextLines(
  { name, rollover }: AuthorityEntry,
  served: readonly string[],
): [string, string][] {
  if (!rollover || rollover.stage === 'ended') return []
  const since = (rollover.since[rollover.stage] ?? '').slice(0, 10)
  const roll = `secure-endpoint cert ca roll ${name}`
  if (rollover.stage === 'both') {
    return [
      ['rollover', `to ${rollover.to}`],
      ['', `clients are given both roots since ${since}; this one still signs`],
      ['next', 'once all clients have both:'],
      ['', `${roll} --sign`],
    ]
  }
  return [
    ['rollover', `to ${rollover.to}`],
    ['', `which signs since ${since}; clients keep both roots`],
    ...(served.length > 0
      ? served.map((each, index): [string, string] => [
          index === 0 ? 'next' : '',
          `secure-endpoint rotate ${each}`,
        ])
      : [['next', 'once no leaf of this one is in use:'] as [string, string]]),
    ['', `${roll} --end`],
  ]
}
