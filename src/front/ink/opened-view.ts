import { formatElapsed } from '../../duration.ts'
import type { ProofResult } from '../../plan/events.ts'
import { oneLine } from '../../process/plain-text.ts'
import { outputLines } from '../words/finished.ts'
import { detailLines } from '../words/found.ts'
import { type Line, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { cells, padText } from '../words/width.ts'
import { wrapText } from '../words/wrap.ts'
import type { Part } from './fit.ts'
import type { ListState } from './list-state.ts'
import type { Current, RunState } from './run-state.ts'
import type { Stage } from './stage.ts'

/** What `e` opens: the probes of a proof, the cursor's one in full, or all that the tool has said. */
export function openedParts(
  state: RunState,
  { cursor, skip = 0 }: ListState,
  stage: Stage,
): Part[] {
  const { current } = state
  const { width, glyphs } = stage
  const title = (text: string): Part => ({ kind: 'line', lines: wrapText(text, width, 2, 'bold') })
  if (!current) return [title('Nothing runs now.')]
  if (current.probes.length > 0) {
    const rows = probeRows(current, cursor, stage)
    return [title(oneLine(current.title)), { kind: 'list', rows, cursor, skip }]
  }
  if (current.lines.length === 0) return [title(`${oneLine(current.title)}: nothing was said yet.`)]
  const rows = current.lines.map((line, index): Line[] => {
    const mark = index === cursor ? span(`${glyphs.cursor} `, 'active') : span('  ')
    return [[mark, span(oneLine(line))]]
  })
  return [title(`All output of: ${oneLine(current.title)}`), { kind: 'list', rows, cursor }]
}

/** The probes; the one that the cursor is on with all that is known of it. */
export function probeRows({ probes }: Current, cursor: number, stage: Stage): Line[][] {
  return probes.map((probe, index) => probeRow(probe, index === cursor, stage))
}

function probeRow(probe: ProofResult, opened: boolean, stage: Stage): Line[] {
  const { glyphs, width, narrow } = stage
  const how = { pass: 'done', fail: 'failed', skip: 'skipped', unknown: 'unknown' } as const
  const glyph = glyphs.state(how[probe.state])
  const mark = opened ? span(`${glyphs.cursor} `, 'active') : span('  ')
  const id = padText(probe.id, Math.max(cells(probe.id) + 2, 15))
  const tone = probe.state === 'pass' ? undefined : glyph.tone
  const head: Line = [mark, glyph, span(` ${id}`, tone), span(oneLine(probe.seen))]
  const failed = probe.state === 'fail'
  const aside = failed && opened ? `decides: ${probe.decides}` : ''
  const line = narrow
    ? withRight([mark, glyph, span(` ${probe.id}`, tone)], aside, width, glyphs)
    : withRight(head, aside, width, glyphs)
  if (!opened) return [line]
  const command: Line = [span('    command   ', 'quiet'), span(oneLine(probe.command))]
  const tried = probe.tried
    ? `${probe.tried.times} times in ${formatElapsed(probe.tried.overMs)}: one failed handshake is no verdict`
    : ''
  const wide = (label: string, text: string) => detailLines(label.padEnd(8), text, width)
  return [
    line,
    ...wide('expected', probe.expected),
    ...wide('seen', probe.seen),
    ...(failed ? wide('means', probe.means) : []),
    withRight(command, '', width, glyphs),
    ...outputLines(probe.evidence.map(oneLine), stage),
    ...(failed ? wide('fix', probe.fix) : []),
    ...wide('tried', tried),
  ]
}
