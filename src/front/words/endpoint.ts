import { formatLeft } from '../../duration.ts'
import type { EndpointRecord } from '../../record/endpoint.ts'
import type { LeafSummary } from '../../record/generation.ts'
import type { Glyphs } from './glyphs.ts'
import { type Line, span } from './line.ts'

const dayMs = 86_400_000

/** When a rotation is due: when a third of the leaf's life is left (ms since 1970). */
export function rotationDue({
  notBefore,
  notAfter,
}: Pick<LeafSummary, 'notBefore' | 'notAfter'>): number {
  const from = Date.parse(notBefore)
  const to = Date.parse(notAfter)
  return to - (to - from) / 3
}

/** The seven lines of one endpoint: address, leaf, rotation, alerts, clients. */
export function endpointLines(
  record: EndpointRecord,
  leaf: LeafSummary | undefined,
  now: number,
  glyphs: Glyphs,
  barWidth = 20,
): Line[] {
  const row = (label: string, ...spans: Line): Line => [
    span(`  ${label.padEnd(11)}`, 'quiet'),
    ...spans,
  ]
  const lines: Line[] = [row('address', span(record.url ?? record.addresses[0] ?? 'unknown'))]
  if (record.https && leaf) {
    const from = Date.parse(leaf.notBefore)
    const to = Date.parse(leaf.notAfter)
    const share = (to - now) / (to - from)
    const days = Math.round((to - from) / dayMs)
    const tone = now > to ? 'bad' : now > rotationDue(leaf) ? 'warn' : 'good'
    const left = formatLeft(to - now)
    lines.push(
      row(
        'leaf',
        span(`${leaf.fingerprint.slice(0, 11)}  `),
        span(glyphs.bar(share, barWidth), tone),
        span(
          `  ${left.endsWith(' days') ? left.replace(' days', ` of ${days} days`) : left}, until ${leaf.notAfter.slice(0, 10)}`,
        ),
      ),
    )
    const due = rotationDue(leaf)
    const state = now >= due ? 'due since' : 'due'
    lines.push(
      row(
        'rotation',
        span(`${state} ${new Date(due).toISOString().slice(0, 10)}, two thirds of its life`),
      ),
    )
  }
  if (!record.https)
    lines.push(row('alerts', span('plain HTTP: what clients send can be read on the way', 'warn')))
  const clients =
    record.clients.length > 0 ? `what they must change: secure-endpoint show ${record.name}` : ''
  if (clients !== '') lines.push(row('clients', span(clients)))
  return lines
}
