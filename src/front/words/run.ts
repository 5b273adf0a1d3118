import { formatElapsed, formatLimit } from '../../duration.ts'
import type { DnsSeen, Event } from '../../plan/events.ts'
import type { Glyphs } from './glyphs.ts'
import { type Line, span } from './line.ts'
import { cells, cellsOfLine, cutLine } from './width.ts'

/**
 * An event as a line of the plain log; undefined for events that it leaves out. The state's word comes
 * first, as a screen reader says it.
 */
export function logLine(event: Event): string | undefined {
  const at = event.time.slice(11, 19)
  switch (event.type) {
    case 'run.started':
      return `${event.endpoint}, ${event.verb}, plan ${event.digest.slice(0, 8)}, ${day(event.time)} UTC, run ${event.run}${event.rehearsal ? ', rehearsal: nothing outside a temporary folder is touched' : ''}`
    case 'step.started':
      return `${at} running: ${event.title}${event.limitMs > 0 ? `, at most ${formatLimit(event.limitMs)}` : ''}`
    case 'step.already':
      return `${at} already so: ${event.title}${event.seen ? `: ${event.seen}` : ''}`
    case 'step.done':
      return `${at} done: ${event.title} (${formatElapsed(event.tookMs)})${event.notRun ? ' (shown, not run)' : ''}${event.seen ? `: ${event.seen}` : ''}`
    case 'step.skipped':
      return `${at} skipped: ${event.title}: ${event.why}`
    case 'step.undone':
      return `${at} undone: ${event.title} (${formatElapsed(event.tookMs)})`
    case 'step.failed': {
      const [found] = event.findings
      const words = event.output.slice(-6).map(line => `\n  │ ${line}`)
      const said = words.length > 0 ? `\n  the tool says:${words.join('')}` : ''
      const seen =
        found?.evidence && words.length === 0
          ? `\n  seen: ${found.evidence.replaceAll('\n', '\n        ')}`
          : ''
      const rule = event.rule === 'undo' ? '\n  rule: what was changed is taken back' : ''
      return `${at} failed: ${event.title}, exit ${event.exit}: ${found?.title ?? ''}${said}${seen}\n  means: ${found?.why ?? ''}\n  fix: ${found?.fix ?? ''}${rule}`
    }
    case 'proof':
      return `${at} ${proofWord(event.state)}: ${event.id}: ${event.seen}${event.state === 'fail' ? `\n  means: ${event.means}\n  fix: ${event.fix}${triedWords(event.tried)}` : ''}`
    case 'finding':
      return `${at} ${event.severity}: ${event.id}: ${event.title} ${event.evidence}`
    case 'wait':
      return `${at} waiting: ${waitWords(event)}`
    case 'run.finished':
      return event.outcome === 'done' ? undefined : endWords(event)
    default:
      return undefined
  }
}

/** How a run ended that was not done: what it did, what it did not, and what clients see now. */
function endWords({
  outcome,
  tookMs,
  done,
  notDone,
  now,
}: Extract<Event, { type: 'run.finished' }>): string {
  const rows = [
    ['done', done.join(' · ')],
    ['not done', notDone.join(' · ')],
    ['now', now],
  ].filter(([, text]) => text !== '')
  const head = `${outcome} after ${formatElapsed(tookMs)}`
  return [head, ...rows.map(([label = '', text]) => `  ${label.padEnd(10)} ${text}`)].join('\n')
}

/** What a wait sees now, in one line. */
export function waitWords({ seen, manual }: Extract<Event, { type: 'wait' }>): string {
  const words = Array.isArray(seen) ? (seen as DnsSeen[]).map(serverWords).join('; ') : String(seen)
  const copy = manual?.copy === undefined ? '' : ` (${manual.copy})`
  return words + copy
}

function serverWords({ server, says, note }: DnsSeen): string {
  return `${server} says ${says}${note ? `, ${note}` : ''}`
}

function proofWord(state: Extract<Event, { type: 'proof' }>['state']): string {
  return { pass: 'pass', fail: 'failed', skip: 'skipped', unknown: 'unknown' }[state]
}

export function triedWords(tried: { times: number; overMs: number } | undefined): string {
  return tried
    ? `\n  tried: ${tried.times} times in ${formatElapsed(tried.overMs)}; one failed handshake is no verdict`
    : ''
}

/** A probe as a printed line: glyph, id, what is seen, and how long it took. */
export function proofLine(
  { id, state, seen, tookMs }: Extract<Event, { type: 'proof' }>,
  glyphs: Glyphs,
  width: number,
): Line {
  const glyph = glyphs.state(
    { pass: 'done', fail: 'failed', skip: 'skipped', unknown: 'unknown' }[state] as 'done',
  )
  const took = tookMs > 0 && state !== 'skip' ? formatElapsed(tookMs) : ''
  const left: Line = [
    span('  '),
    glyph,
    span(` ${id.padEnd(14)}`, state === 'pass' ? undefined : glyph.tone),
    span(seen),
  ]
  return withRight(left, took, width, glyphs)
}

/** Puts a short text at the right edge; what stands on the left is cut before it. */
export function withRight(left: Line, right: string, width: number, glyphs: Glyphs): Line {
  if (right === '') return cutLine(left, width, glyphs.rest)
  const fitted = cutLine(left, width - cells(right) - 1, glyphs.rest)
  const gap = ' '.repeat(Math.max(1, width - cellsOfLine(fitted) - cells(right)))
  return [...fitted, span(gap), span(right, 'quiet')]
}

/** A line of at most `width` columns; what does not fit ends in `…`. */
export const cut = cutLine

function day(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}
