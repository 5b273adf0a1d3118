import type { Finding } from '../../findings.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { Glyphs, State } from './glyphs.ts'
import { type Line, span } from './line.ts'
import { wrapLine } from './wrap.ts'

const states: Readonly<Record<Finding['severity'], State>> = {
  blocks: 'failed',
  warns: 'warns',
  notes: 'skipped',
}

/** `✖ cert.key-mismatch   The key does not belong to this certificate.` */
export function foundHead(found: Finding, width: number, glyphs: Glyphs, indent = 2): Line[] {
  const state = glyphs.state(states[found.severity])
  const line: Line = [
    span(' '.repeat(indent)),
    state,
    span(` ${found.id}`, state.tone),
    span(`   ${oneLine(found.title)}`),
  ]
  return wrapLine(line, width, indent + 2)
}

/** What was seen, what it means, what to do: under the line of a finding. */
export function foundDetails(
  { evidence, why, fix }: Pick<Finding, 'evidence' | 'why' | 'fix'>,
  width: number,
): Line[] {
  return [
    ...detailLines('seen', evidence, width),
    ...detailLines('means', why, width),
    ...detailLines('fix', fix, width),
  ]
}

/** `    seen   …`, on as many lines as it needs; nothing for an empty text. */
export function detailLines(label: string, text: string, width: number): Line[] {
  const said = oneLine(text)
  if (said === '') return []
  const column = Math.max(7, label.length + 2)
  return wrapLine([span(`    ${label.padEnd(column)}`, 'quiet'), span(said)], width, 4 + column)
}
