import { formatElapsed } from '../../duration.ts'
import type { Finding } from '../../findings.ts'
import type { Event } from '../../plan/events.ts'
import { limitOf } from '../../plan/limit.ts'
import type { OpTable, Show } from '../../plan/op.ts'
import { type Plan, phases, type Step, type Valued } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { printedAct } from '../../plan/show.ts'
import { oneLine } from '../../process/plain-text.ts'
import { type Line, type Span, span } from './line.ts'
import { lower } from './lower.ts'

const verbs = {
  enable: 'HTTPS for',
  rotate: 'New certificate for',
  disable: 'HTTP again for',
} as const

const origins: Record<Valued['from'], string> = {
  answer: 'typed',
  default: 'default',
  found: 'found',
  record: 'recorded',
}

/** Columns of a review's labels: of the longest, and 12 at least. */
export function labelCells(plan: Plan): number {
  return Math.max(12, ...answerRows(plan).map(([name]) => name.length))
}

/** The review: what is changed, at what price, with which answers and where each came from. */
export function reviewLines(plan: Plan): Line[] {
  const head = `Review: ${verbs[plan.verb]} ${plan.endpoint}`
  const digest = `plan ${plan.digest.slice(0, 8)}, ${plan.steps.length} steps`
  const width = labelCells(plan)
  const label = (name: string, text: string, tail = ''): Line => [
    span(`  ${name.padEnd(width)} `, 'quiet'),
    span(text),
    span(tail === '' ? '' : `  ${tail}`, 'quiet'),
  ]
  const prices = plan.steps.flatMap(({ price }) => price ?? [])
  return [
    [span(head, 'bold'), span(`  ${digest}`, 'quiet')],
    label('Changes', plan.changes),
    ...prices.map(
      ({ text }): Line => [
        span(`  ${'Price'.padEnd(width)} `, 'quiet'),
        span('▲ ', 'warn'),
        span(text, 'warn'),
      ],
    ),
    ...findingRows(plan, width),
    ...undoLines(plan).map(text => label('Undo', text)),
    ...answerRows(plan).map(([name, text, from]) => label(name, text, from)),
  ]
}

/** Warnings, then notes, each with what was seen; of a warning also what it means and what can be done. */
function findingRows({ findings = [] }: Plan, width: number): Line[] {
  const of = (wanted: Finding['severity']) => findings.filter(each => each.severity === wanted)
  const row = (label: string, text: string): Line[] =>
    text === ''
      ? []
      : [[span(`    ${label.padEnd(width - 1)}`, 'quiet'), span(oneLine(text), 'quiet')]]
  const head = (label: string, glyph: Span, { title, id }: Finding): Line => {
    const tone = glyph.tone === 'warn' ? 'warn' : undefined
    const words = span(oneLine(title), tone)
    return [span(`  ${label.padEnd(width)} `, 'quiet'), glyph, words, span(`  ${id}`, 'quiet')]
  }
  return [
    ...of('warns').flatMap(each => [
      head('Warning', span('▲ ', 'warn'), each),
      ...row('seen', each.evidence),
      ...row('means', each.why),
      ...row('fix', each.fix),
    ]),
    ...of('notes').flatMap(each => [
      head('Note', span('– ', 'quiet'), each),
      ...row('seen', each.evidence),
    ]),
  ]
}

/** Whether an event tells what a review has shown already. */
export function isReviewed({ findings = [] }: Pick<Plan, 'findings'>, event: Event): boolean {
  return (
    event.type === 'finding' &&
    findings.some(({ id, subject }) => id === event.id && subject === event.subject)
  )
}

function undoLines({ steps }: Plan): string[] {
  const undone = [...steps].reverse().flatMap(({ undo = [] }) => undo.map(({ title }) => title))
  return undone.length > 0
    ? [`when the proof fails: ${[...new Set(undone)].map(lower).join(', ')}`]
    : []
}

/** The answers that matter to a reader, shortest names first asked. */
function answerRows({ values }: Plan): [name: string, text: string, from: string][] {
  const rows: [string, string, string][] = []
  const add = (name: string, id: string, text = shown(values[id])) => {
    const value = values[id]
    if (value) rows.push([name, text, origins[value.from]])
  }
  add('Domain', 'domain')
  add('Certificate', 'certificate.source', certificateText(values))
  for (const id of Object.keys(values)) {
    if (id.startsWith('target.') && id !== 'target.kind' && id !== 'target.onConflict') {
      add(labelOf(id.slice('target.'.length)), id)
    }
  }
  add('DNS', 'dns.how')
  add(
    'Proof',
    'proof.path',
    `GET ${shown(values['proof.path'])} answers ${list(values['proof.expect'])}`,
  )
  return rows
}

/** `resourceGroup` as people read it: Resource group. */
function labelOf(key: string): string {
  const words = key.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
  return words[0]?.toUpperCase() + words.slice(1)
}

function certificateText(values: Plan['values']): string {
  if (values['certificate.source']?.value === 'uploaded') {
    const key = values['certificate.key']
    return `uploaded: ${shown(values['certificate.chain'])}${key ? `, ${shown(key)}` : ''}`
  }
  if (values['certificate.source']?.value === 'managed') {
    const [via, kind, issuer] = ['via', 'issuerKind', 'issuer'].map(key =>
      shown(values[`certificate.${key}`]),
    )
    return `managed by ${via}: ${kind} ${issuer}, ${shown(values['certificate.days'])} days`
  }
  const by = values['certificate.authority']?.value === 'local' ? 'by a local CA' : 'by itself'
  return `self-signed ${by}, ${shown(values['certificate.keyType'])}, ${shown(values['certificate.days'])} days`
}

function list(valued: Valued | undefined): string {
  return Array.isArray(valued?.value) ? valued.value.join(' or ') : shown(valued)
}

function shown(valued: Valued | undefined): string {
  const value = valued?.value
  if (value === undefined) return ''
  // a secret is never shown, only where it lies
  const file = atPath(value, 'file')
  if (typeof file === 'string') return oneLine(`in ${file}`)
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Every step with its commands, files, waits and undos. */
export function stepLines(plan: Plan, ops: OpTable, show: Show): Line[] {
  return phases.flatMap(phase => {
    const steps = plan.steps.filter(step => step.phase === phase)
    if (steps.length === 0) return []
    const title = phase[0]?.toUpperCase() + phase.slice(1)
    const rows = steps.flatMap(step => oneStep(step, plan.steps.indexOf(step) + 1, ops, show))
    return [[span(title, 'bold')] as Line, ...rows]
  })
}

function oneStep(step: Step, number: number, ops: OpTable, show: Show): Line[] {
  const limit = limitOf(step)
  const most =
    limit >= 60_000 && step.act.do !== 'wait' && !step.act.do.startsWith('op:')
      ? `at most ${formatElapsed(limit)}`
      : ''
  const undo = step.undo ? `undo: ${step.undo.map(({ title }) => lower(title)).join(', ')}` : ''
  const notes = [most, undo].filter(Boolean).join(' · ')
  return [
    [
      span(`  ${String(number).padStart(2)} ${step.title}`),
      span(notes === '' ? '' : `  ${notes}`, 'quiet'),
    ],
    ...(step.price ? [[span(`     ▲ ${step.price.text}`, 'warn')] as Line] : []),
    ...printedAct(step.act, ops, show).map((text): Line => [span(`     ${text}`, 'quiet')]),
  ]
}
