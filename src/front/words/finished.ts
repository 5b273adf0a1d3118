import { formatElapsed } from '../../duration.ts'
import type { Event } from '../../plan/events.ts'
import { detailLines, foundHead } from './found.ts'
import type { Glyphs, State } from './glyphs.ts'
import { type Line, span } from './line.ts'
import { lower } from './lower.ts'
import { triedWords, withRight } from './run.ts'
import { cells, cutText, padText } from './width.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** How finished things are printed. */
export interface Printing {
  glyphs: Glyphs
  /** Columns. */
  width: number
}

/** Column in which what was seen begins. */
const seenColumn = 42
/** Below this width what was seen goes under its title. */
const wide = 60
/** Lines of a tool that stay on the screen after it has failed; the rest is in the journal. */
const mostOutput = 6

/** The first line of a run: `fraud-model · enable · plan 7f3a91c2 · … · run 01JD7Q`. */
export function runHead(event: Of<'run.started'>): Line {
  const { endpoint, verb, digest, time, run, rehearsal } = event
  const parts = [
    verb,
    `plan ${digest.slice(0, 8)}`,
    `${time.slice(0, 16).replace('T', ' ')} UTC`,
    `run ${run}`,
    ...(rehearsal ? ['rehearsal: nothing outside a temporary folder is touched'] : []),
  ]
  return [span(endpoint, 'bold'), span(` · ${parts.join(' · ')}`, 'quiet')]
}

/** A finished step: title, what was seen, how long it took. */
export function endedLines(
  state: State,
  title: string,
  seen: string,
  tookMs: number,
  { glyphs, width }: Printing,
): Line[] {
  const took = tookMs > 0 ? formatElapsed(tookMs) : ''
  const head: Line = [span('  '), glyphs.state(state), span(` ${title}`)]
  if (width < wide) {
    const under: Line[] =
      seen === '' ? [] : [[span(`    ${cutText(seen, width - 4, glyphs.rest)}`, 'quiet')]]
    return [withRight(head, took, width, glyphs), ...under]
  }
  if (seen === '') return [withRight(head, took, width, glyphs)]
  const padded = padText(title, seenColumn - 4)
  const line: Line = [span('  '), glyphs.state(state), span(` ${padded}  `), span(seen, 'quiet')]
  return [withRight(line, took, width, glyphs)]
}

/**
 * Over the probes of one proof: what is proven, and what hangs on it.
 *
 * @param at the address that is looked at, or the name where it goes by name
 */
export function proofHead(
  phase: string,
  { decides }: Of<'proof'>,
  at: string,
  { glyphs, width }: Printing,
): Line {
  const undoes = decides === 'undo'
  const what = undoes ? `what ${at} serves` : `${at} from here`
  const head: Line = [span(phase, 'bold'), span(`: ${what}`)]
  return withRight(head, undoes ? 'decides the undo' : '', width, glyphs)
}

const proofStates: Readonly<Record<Of<'proof'>['state'], State>> = {
  pass: 'done',
  fail: 'failed',
  skip: 'skipped',
  unknown: 'unknown',
}

/** A probe; below it, when it did not pass, what that means and what to do. */
export function probeLines(event: Of<'proof'>, { glyphs, width }: Printing): Line[] {
  const { id, state, seen, tookMs, means, fix, tried } = event
  const glyph = glyphs.state(proofStates[state])
  const took = tookMs > 0 && state !== 'skip' ? formatElapsed(tookMs) : ''
  const tone = state === 'pass' ? undefined : glyph.tone
  const narrow = width < wide
  const head: Line = [span('  '), glyph, span(` ${narrow ? id : id.padEnd(15)} `, tone)]
  const lines = narrow
    ? [
        withRight(head, took, width, glyphs),
        [span(`    ${cutText(seen, width - 4, glyphs.rest)}`)] as Line,
      ]
    : [withRight([...head, span(seen)], took, width, glyphs)]
  if (state !== 'fail') return lines
  const again = triedWords(tried).replace(/^\s*tried: /, '')
  return [
    ...lines,
    ...detailLines('means', means, width),
    ...detailLines('fix', fix, width),
    ...detailLines('tried', again, width),
  ]
}

/** A step that failed or was left: the tool's words, then ours. */
export function failedLines(event: Of<'step.failed'>, printing: Printing): Line[] {
  const { title, exit, tookMs, findings, output } = event
  const { glyphs, width } = printing
  const [found] = findings
  const left = found?.id === 'wait.left'
  const how = left ? 'left' : `failed, exit ${exit}`
  const took = tookMs > 0 ? `, ${formatElapsed(tookMs)}` : ''
  const state = glyphs.state(left ? 'warns' : 'failed')
  const head: Line = [span('  '), state, span(` ${title}`, 'bold')]
  return [
    withRight(head, `${how}${took}`, width, glyphs),
    ...outputLines(output.slice(-mostOutput), printing),
    ...(found ? detailLines('seen', found.evidence, width) : []),
    ...(found ? detailLines('means', `${found.title} ${found.why}`, width) : []),
    ...(found ? detailLines('fix', found.fix, width) : []),
  ]
}

/** What a tool says, cut, never wrapped: `    │ Launching controller …`. */
export function outputLines(output: readonly string[], { glyphs, width }: Printing): Line[] {
  const room = width - 6
  return output.map(
    (line): Line => [span(`    ${glyphs.pipe} ${cutText(line, room, glyphs.rest)}`, 'quiet')],
  )
}

/** What is still to be done by a person when a wait was left or is over. */
export function leftLines(wait: Of<'wait'> | undefined, endpoint: string): Line[] {
  const manual = wait?.manual
  return [
    ...(manual?.text ?? []).map((text): Line => [span(`  ${text}`)]),
    ...(manual?.copy === undefined ? [] : [[span(manual.copy, 'bold')] as Line]),
    [span(`  Later: secure-endpoint init --resume ${endpoint}`)],
  ]
}

/** What a check has found on its way. */
export function noticedLines(event: Of<'finding'>, { glyphs, width }: Printing): Line[] {
  return [
    ...foundHead(event, width, glyphs),
    ...detailLines('seen', event.evidence, width),
    ...(event.severity === 'notes' ? [] : detailLines('fix', event.fix, width)),
  ]
}

/**
 * After a stop: what was done, what was not, what clients see now, and how it goes on.
 *
 * @param step the step that was stopped, counted from 1; 0 for one that takes back
 */
export function stoppedLines(
  event: Of<'run.finished'>,
  {
    endpoint,
    step,
    steps,
    title,
  }: { endpoint: string; step: number; steps: number; title: string },
  { glyphs, width }: Printing,
): Line[] {
  const which = step > 0 ? `step ${step} of ${steps}` : 'the undo'
  const where = title === '' ? '' : ` in ${which}, ${title}`
  const after = `Stopped by you after ${formatElapsed(event.tookMs)}${where}`
  const state = glyphs.state('warns')
  const said = (label: string, text: string): Line[] =>
    text === ''
      ? []
      : [[span(`  ${label.padEnd(11)}`, 'quiet'), span(cutText(text, width - 13, glyphs.rest))]]
  const listed = (titles: readonly string[]) => titles.map(each => lower(each)).join(' · ')
  const resume = `secure-endpoint init --resume ${endpoint}`
  const back = '(go back: add --undo)'
  const fits = cells(resume) + cells(back) + 18 <= width
  return [
    [state, span(` ${after}`, 'bold')],
    ...said('done', listed(event.done)),
    ...said('not done', listed(event.notDone)),
    ...said('now', event.now || 'nothing that clients see was changed'),
    [
      span(`  ${'go on'.padEnd(11)}`, 'quiet'),
      span(resume),
      ...(fits ? [span(`     ${back}`, 'quiet')] : []),
    ],
  ]
}
