import { formatElapsed, formatLimit } from '../../duration.ts'
import { oneLine } from '../../process/plain-text.ts'
import { endedLines, outputLines } from '../words/finished.ts'
import { type Line, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { clipLines, wrapLine, wrapText } from '../words/wrap.ts'
import type { Part } from './fit.ts'
import { phasesLine, toolOf } from './phases-view.ts'
import { questionParts } from './question-view.ts'
import { type Current, type RunState, undoSteps } from './run-state.ts'
import { formatSeconds, spinner } from './spinner.ts'
import type { Stage } from './stage.ts'
import { standingParts } from './standing-view.ts'
import { waitParts } from './wait-view.ts'

/** A tool that says nothing for so long is said to be silent. Milliseconds. */
const silentMs = 10_000

/** Steps of the same phase that are shown below the one that runs. */
const mostNext = 3

/** The frame of a run: phases, the step that runs, what it says; or what is asked. */
export function runParts(state: RunState, stage: Stage, ticks: number): Part[] {
  if (state.finished) return []
  if (state.question) return questionParts(state, state.question, stage)
  const body = state.undo ? undoParts(state, stage, ticks) : stepParts(state, stage, ticks)
  return [...body, ...saidParts(state, stage)]
}

/** What the program says for itself: that it stops, or why a key did nothing. */
function saidParts({ stopping, notice, current }: RunState, { width }: Stage): Part[] {
  const tool = toolOf(current)
  const stops = `Stopping: ${tool ?? 'the step'} has 5 s to end. Ctrl-C again leaves now.`
  const said = [...(stopping ? [stops] : []), ...(notice === undefined ? [] : [notice])]
  return said.map(text => ({ kind: 'line', lines: wrapText(text, width, 2, 'warn') }))
}

function stepParts(state: RunState, stage: Stage, ticks: number): Part[] {
  const { current } = state
  const head: Part = { kind: 'line', lines: [phasesLine(state, stage)] }
  if (!current) return [head]
  if (current.wait?.manual) return waitParts(state, current, current.wait, stage, ticks)
  return [head, ...currentParts(state, current, stage, ticks), ...nextParts(state, stage)]
}

function currentParts(state: RunState, current: Current, stage: Stage, ticks: number): Part[] {
  const { width, glyphs, narrow, now } = stage
  const elapsed = Math.max(0, now() - current.startedAt)
  const limit = current.limitMs > 0 ? ` of ${formatLimit(current.limitMs)}` : ''
  const time = `${formatElapsed(elapsed)}${limit}`
  const head: Line = [span('  '), spinner(stage, ticks), span(` ${oneLine(current.title)}`, 'bold')]
  const output = outputLines(current.lines.slice(-stage.height), stage)
  return [
    ...(narrow
      ? ([{ kind: 'line', lines: [head, [span(`    ${time}`, 'quiet')]] }] satisfies Part[])
      : ([{ kind: 'line', lines: [withRight(head, time, width, glyphs)] }] satisfies Part[])),
    { kind: 'context', lines: narrow ? [] : commandLines(current, stage) },
    { kind: 'output', lines: output },
    ...(current.standing
      ? standingParts(current.standing, stage, ticks)
      : ([{ kind: 'line', lines: nowLines(state, current, stage) }] satisfies Part[])),
  ]
}

/** Lines of a command that are shown of a step; `c` writes it whole. */
const mostCommand = 3

function commandLines({ command }: Current, { width, glyphs }: Stage): Line[] {
  return command
    .slice(0, mostCommand)
    .map(text => withRight([span('    '), span(oneLine(text), 'quiet')], '', width, glyphs))
}

/** `now    0 of 2 replicas ready (silent for 34 s)` */
function nowLines({ pauseUntil }: RunState, current: Current, stage: Stage): Line[] {
  const { width, narrow, now } = stage
  const seen = current.wait ? waitSeen(current) : isEcho(current) ? '' : oneLine(current.seen)
  const quiet = now() - current.saidAt
  const silent = quiet >= silentMs && !current.wait ? `(silent for ${formatElapsed(quiet)})` : ''
  const next =
    pauseUntil === undefined ? '' : `(asks again in ${formatSeconds(pauseUntil - now())})`
  const text = [seen, silent || next].filter(Boolean).join(' ')
  if (text === '') return []
  const label = narrow ? '    now ' : '    now    '
  return clipLines(
    wrapLine([span(label, 'quiet'), span(text)], width, label.length),
    2,
    width,
    stage.glyphs.rest,
  )
}

/** What was seen last is a line of the tool, which stands above already. */
function isEcho({ seen, lines }: Current): boolean {
  return lines.at(-1) === seen
}

function waitSeen({ wait }: Current): string {
  if (!wait) return ''
  return typeof wait.seen === 'string' ? oneLine(wait.seen) : oneLine(JSON.stringify(wait.seen))
}

function nextParts({ plan, ended, current }: RunState, { width, glyphs, narrow }: Stage): Part[] {
  const steps = plan.steps.filter(
    ({ phase, id }) => phase === current?.phase && id !== current.id && ended[id] === undefined,
  )
  const lines = steps
    .slice(0, narrow ? 1 : mostNext)
    .map(({ title }) =>
      withRight([span('  '), glyphs.state('next'), span(` ${title}`, 'quiet')], '', width, glyphs),
    )
  return [{ kind: 'help', lines }]
}

function undoParts(state: RunState, stage: Stage, ticks: number): Part[] {
  const { undo, current } = state
  const { width, glyphs, now } = stage
  if (!undo) return []
  const planned = undoSteps(state)
  const total = Math.max(planned.length, undo.done.length + (current ? 1 : 0))
  const at = Math.min(total, undo.done.length + 1)
  const why: Line = [span('  '), glyphs.state('failed'), span(` ${oneLine(undo.why)}`)]
  const took = formatElapsed(Math.max(0, now() - undo.startedAt))
  const head: Line = [span('  '), glyphs.state('undone'), span(` Undo ${at} of ${total}`, 'bold')]
  const done = undo.done.flatMap(({ title, tookMs }) =>
    endedLines('done', title, '', tookMs, stage),
  )
  const next = planned
    .slice(undo.done.length + (current ? 1 : 0))
    .map((step): Line => [span('  '), glyphs.state('next'), span(` ${step.title}`, 'quiet')])
  return [
    { kind: 'line', lines: wrapLine(why, width, 4).slice(0, 2) },
    { kind: 'line', lines: [withRight(head, took, width, glyphs)] },
    { kind: 'context', lines: done },
    ...(current ? currentParts(state, current, stage, ticks) : []),
    { kind: 'help', lines: next },
    {
      kind: 'line',
      lines: wrapText(
        'Ctrl-C stops the undo and leaves a mix of both: better let it end',
        width,
        2,
        'quiet',
      ),
    },
  ]
}
