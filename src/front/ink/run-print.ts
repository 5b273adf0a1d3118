import type { Event } from '../../plan/events.ts'
import {
  endedLines,
  failedLines,
  leftLines,
  noticedLines,
  type Printing,
  probeLines,
  proofHead,
  runHead,
  stoppedLines,
} from '../words/finished.ts'
import { type Line, span } from '../words/line.ts'
import { isReviewed } from '../words/plan.ts'
import { phaseName } from './phases-state.ts'
import type { RunState } from './run-state.ts'

/** The headings that stand already. */
export type Headings = ReadonlySet<string>

/** The lines that an event leaves above the frame, once and for all, and the headings after it. */
export function printedFor(
  event: Event,
  before: RunState,
  headings: Headings,
  printing: Printing,
): { lines: Line[]; headings: Headings } {
  const lines = linesOf(event, before, printing)
  if (lines.length === 0) return { lines, headings }
  const heading = headingFor(event, before, printing)
  if (heading === undefined || headings.has(heading.key)) return { lines, headings }
  return { lines: [heading.line, ...lines], headings: new Set([...headings, ...heading.keys]) }
}

function linesOf(event: Event, state: RunState, printing: Printing): Line[] {
  const { plan, current } = state
  switch (event.type) {
    case 'run.started':
      return [runHead(event)]
    case 'step.already': {
      const seen = event.seen === '' ? 'already so' : `already so (${event.seen})`
      return endedLines('done', event.title, seen, event.tookMs, printing)
    }
    case 'step.done': {
      const seen = event.notRun
        ? `shown, not run${event.seen ? `: ${event.seen}` : ''}`
        : event.seen
      const how = isUndo(state, event.id) ? 'undone' : 'done'
      return endedLines(how, event.title, seen, event.tookMs, printing)
    }
    case 'step.skipped':
      return endedLines('skipped', event.title, `skipped: ${event.why}`, 0, printing)
    case 'step.failed': {
      const byHand = current?.wait?.manual !== undefined
      const later = byHand ? leftLines(current?.wait, plan.endpoint) : []
      return [...failedLines(event, printing), ...later]
    }
    case 'proof':
      return probeLines(event, printing)
    case 'finding':
      return isReviewed(state.plan, event) ? [] : noticedLines(event, printing)
    case 'run.finished':
      return event.outcome === 'interrupted' ? stoppedLines(event, whereOf(state), printing) : []
    default:
      return []
  }
}

function whereOf({ plan, current }: RunState) {
  const { endpoint, steps } = plan
  const step = steps.findIndex(({ id }) => id === current?.id) + 1
  return { endpoint, step, steps: steps.length, title: current?.title ?? '' }
}

function isUndo({ undo, plan }: RunState, id: string): boolean {
  return undo !== undefined && !plan.steps.some(each => each.id === id)
}

interface Heading {
  key: string
  /** What need not be said any more after it. */
  keys: string[]
  line: Line
}

function headingFor(event: Event, state: RunState, printing: Printing): Heading | undefined {
  if (event.type === 'run.started' || event.type === 'run.finished') return undefined
  const phase = state.current?.phase
  if (phase === undefined) return undefined
  if (state.undo) return { key: 'undo', keys: ['undo'], line: [span('Undo', 'bold')] }
  if (event.type === 'proof') {
    const key = `proof of ${event.step}`
    const name = String(state.plan.values.domain?.value ?? 'the address')
    const at = event.decides === 'undo' ? (event.address ?? name) : name
    return { key, keys: [key, phase], line: proofHead(phaseName(phase), event, at, printing) }
  }
  return { key: phase, keys: [phase], line: [span(phaseName(phase), 'bold')] }
}
