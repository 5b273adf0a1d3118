import { formatLeft } from '../../duration.ts'
import { heldFix, heldMeans } from '../../proof/held.ts'
import { type Alert, alerts, type EndpointStatus } from '../../status/endpoint-status.ts'
import type { Glyphs, State } from './glyphs.ts'
import { type Line, span, type Tone } from './line.ts'
import { cut } from './run.ts'

/** How bad an endpoint is, for its glyph: its worst alert. */
export function stateOf({
  alerts: found,
  looked,
  record,
}: Pick<EndpointStatus, 'alerts' | 'looked' | 'record'>): State {
  const worst = alerts.find(({ alert }) => found.includes(alert))
  if (!worst) return looked || record ? 'done' : 'next'
  return worst.severity === 'bad' ? 'failed' : worst.severity === 'unknown' ? 'unknown' : 'warns'
}

/** What is said of an endpoint in a list. */
export function whatOf({ alerts: found, seen, record, notSeen }: EndpointStatus): string {
  const names = found.map(alert => (alert === 'drift' && seen ? `drift: ${seen}` : alert))
  if (names.length > 0) return names.join(', ')
  return record ? (record.https ? (notSeen ?? '') : 'HTTP') : 'not served yet'
}

/** Share of its life and time that is left of the leaf that is served, or recorded. */
export function lifeOf(
  { served, leaf }: EndpointStatus,
  now: number,
): { share: number; left: string; tone: Tone } | undefined {
  const life = served ?? leaf
  if (!life) return undefined
  const from = Date.parse(life.notBefore)
  const to = Date.parse(life.notAfter)
  const share = (to - now) / (to - from)
  const left = now > to ? `-${formatLeft(now - to)}` : formatLeft(to - now)
  return { share, left, tone: now > to ? 'bad' : share < 1 / 3 ? 'warn' : 'good' }
}

/** One endpoint as a row: name, target, life, what is to be said. */
export function statusRow(
  status: EndpointStatus,
  now: number,
  glyphs: Glyphs,
  width: number,
): Line {
  const life = lifeOf(status, now)
  const state = glyphs.state(stateOf(status))
  const what = whatOf(status)
  const line: Line = [
    span(status.name.padEnd(18).slice(0, 30)),
    span(` ${status.target.padEnd(10)}`),
    span(life ? glyphs.bar(life.share, 10) : '?'.padEnd(10), life?.tone),
    span(` ${(life?.left ?? '?').padStart(9)}   `),
    state,
    span(` ${what}`, what === '' ? undefined : state.tone),
  ]
  return cut(line, width, glyphs.rest)
}

/** A line for each part of an endpoint that has several: its state, what is left, its alerts. */
export function partLines({ parts = [] }: EndpointStatus, now: number, glyphs: Glyphs): Line[] {
  const width = Math.max(0, ...parts.map(({ name }) => name.length))
  return parts.map(({ name, alerts: found, notAfter }, index): Line => {
    const ends = notAfter === undefined ? undefined : Date.parse(notAfter) - now
    const left = ends === undefined ? '?' : ends < 0 ? `-${formatLeft(-ends)}` : formatLeft(ends)
    const state = glyphs.state(stateOf({ alerts: found, looked: 'now' }))
    return [
      span(`  ${(index === 0 ? 'parts' : '').padEnd(11)}`, 'quiet'),
      state,
      span(` ${name.padEnd(width)} ${left.padStart(9)}`),
      ...(found.length > 0 ? [span(`  ${found.join(', ')}`, state.tone)] : []),
    ]
  })
}

/** Worst first, then the least time left, then by name. */
export function worstFirst(now: number): (a: EndpointStatus, b: EndpointStatus) => number {
  const rank = ({ alerts: found }: EndpointStatus) => {
    const index = alerts.findIndex(({ alert }) => found.includes(alert))
    return index < 0 ? alerts.length : index
  }
  const left = (each: EndpointStatus) => lifeOf(each, now)?.share ?? 2
  return (a, b) => rank(a) - rank(b) || left(a) - left(b) || (a.name < b.name ? -1 : 1)
}

/** An alert with what was seen of it. */
export function alertWords(alert: Alert, { name, seen, held }: EndpointStatus): string {
  if (alert === 'secret-drift' && held) return `${held.seen}. ${heldMeans} ${heldFix(name)}`
  return `${alertText(alert)}${seen ? `: ${seen}` : ''}`
}

/** What could not be looked at, and why: what is served next, and servers that no way led to. */
export function unseenLines({ held, notSeen }: EndpointStatus): Line[] {
  const line = (name: string, why: string): Line => [
    span(`  ${name.padEnd(11)} `, 'quiet'),
    span(why),
  ]
  return [
    ...(held?.state === 'unseen' ? [line('secret', held.seen)] : []),
    ...(notSeen ? [line('not seen', notSeen)] : []),
  ]
}

export function alertText(alert: Alert): string {
  return alerts.find(each => each.alert === alert)?.text ?? alert
}
