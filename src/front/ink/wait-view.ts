import { formatElapsed, formatLimit } from '../../duration.ts'
import type { DnsSeen, Event } from '../../plan/events.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { State } from '../words/glyphs.ts'
import { type Line, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { cells, cellsOfLine, padText } from '../words/width.ts'
import { wrapText } from '../words/wrap.ts'
import type { Part } from './fit.ts'
import type { Current, RunState } from './run-state.ts'
import { formatSeconds, spinner } from './spinner.ts'
import type { Stage } from './stage.ts'

type Wait = Extract<Event, { type: 'wait' }>

const states: Readonly<Record<DnsSeen['state'], State>> = {
  right: 'done',
  // the old address may not heal by waiting; a name that is not there yet does
  wrong: 'failed',
  absent: 'next',
  unknown: 'unknown',
}

/** A wait for what a person does: what to create, and who says what now. */
export function waitParts(
  { pauseUntil, plan }: RunState,
  current: Current,
  wait: Wait,
  stage: Stage,
  ticks: number,
): Part[] {
  const { width, glyphs, narrow, now } = stage
  const elapsed = Math.max(wait.elapsedMs, now() - current.startedAt)
  const again =
    pauseUntil === undefined ? '' : `, asks again in ${formatSeconds(pauseUntil - now())}`
  const time = `${formatElapsed(elapsed)} of ${formatLimit(wait.limitMs)}${narrow ? '' : again}`
  const head: Line = [span('  '), spinner(stage, ticks), span(` ${oneLine(current.title)}`, 'bold')]
  const { text = [], copy } = wait.manual ?? {}
  const told = text.map(oneLine)
  // of what is to be done, the last line has the values
  const most = narrow ? told.slice(-1) : told
  const servers = Array.isArray(wait.seen) ? (wait.seen as DnsSeen[]) : []
  return [
    { kind: 'line', lines: [withRight(head, time, width, glyphs)] },
    { kind: 'line', lines: most.flatMap(line => wrapText(line, width, 2)) },
    {
      kind: narrow ? 'context' : 'line',
      lines: copy === undefined ? [] : [[span(oneLine(copy), 'bold')]],
    },
    ...(servers.length > 0
      ? serverParts(servers, stage)
      : ([{ kind: 'line', lines: seenLines(wait, width) }] satisfies Part[])),
    {
      kind: 'help',
      lines: narrow
        ? []
        : [[span(`  Later: secure-endpoint init --resume ${plan.endpoint}`, 'quiet')]],
    },
  ]
}

function seenLines({ seen }: Wait, width: number): Line[] {
  const text = typeof seen === 'string' ? seen : JSON.stringify(seen)
  return wrapText(oneLine(text), width, 2)
}

/** Server by server what it says now. */
function serverParts(servers: readonly DnsSeen[], { width, glyphs, narrow }: Stage): Part[] {
  const clean = servers.map(each => ({
    ...each,
    server: oneLine(each.server),
    says: oneLine(each.says),
  }))
  const widest = (texts: string[], most: number) => Math.min(most, Math.max(...texts.map(cells)))
  const fits = (line: Line) => cellsOfLine(line) <= width
  const first = widest(
    clean.map(({ server }) => server),
    narrow ? 17 : 30,
  )
  const second = widest(
    clean.map(({ says }) => says),
    narrow ? 15 : 24,
  )
  const rows = clean.map(({ server, says, state, note = '' }): Line[] => {
    const glyph = glyphs.state(states[state])
    const line: Line = [
      span('  '),
      glyph,
      span(` ${padText(server, first)}  `),
      span(padText(says, second)),
    ]
    const noted: Line = note === '' ? line : [...line, span(`  ${oneLine(note)}`, 'quiet')]
    return [withRight(narrow && !fits(noted) ? line : noted, '', width, glyphs)]
  })
  // the list has no cursor: what is not right comes into the window first
  const cursor = Math.max(
    0,
    clean.findIndex(({ state }) => state !== 'right'),
  )
  return [
    ...(narrow ? [] : [{ kind: 'help', lines: [[span('  Who says what now', 'quiet')]] } as const]),
    { kind: 'list', rows, cursor },
  ]
}
