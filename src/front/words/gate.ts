import type { Judgement } from '../../certificates/judgement.ts'
import { chainLines } from '../../certificates/summary.ts'
import type { Glyphs } from './glyphs.ts'
import { type Line, span } from './line.ts'
import { findingLines } from './problem.ts'

/** Causes shown at once: one wrong file makes ten findings. */
const mostShown = 3

const blockedHead = 'This certificate cannot be used. Nothing was changed, no tool was called.'

interface GateWords {
  now: number
  glyphs: Glyphs
  all?: boolean
  /** What to type to see what is not shown. */
  toSeeAll?: string
}

/** The gate's judgement as screens 3a (good), 3b (repaired) and 3c (blocked) of a certificate. */
export function gateLines(
  judgement: Judgement,
  { now, glyphs, all = false, toSeeAll }: GateWords,
): Line[] {
  if (judgement.verdict === 'blocked') return blockedLines(judgement, glyphs, all, toSeeAll)
  const head = headOf(judgement)
  const repaired = new Set(judgement.repairs.map(({ id }) => id as string))
  const rest = judgement.findings.filter(
    ({ id, severity }) => all || severity === 'warns' || !repaired.has(id),
  )
  return [
    [span(head, 'bold')],
    ...chainTree(judgement, now, glyphs),
    ...diffLines(judgement),
    ...rest.flatMap(each =>
      findingLines(each, glyphs.state(each.severity === 'warns' ? 'warns' : 'skipped')),
    ),
  ]
}

/** The judgement in one sentence. */
export function headOf({ verdict, repairs }: Judgement): string {
  if (verdict === 'blocked') return blockedHead
  if (verdict === 'ok') return 'The certificate can be used. Nothing needs repair.'
  const count = repairs.length === 1 ? '1 repair' : `${repairs.length} repairs`
  return `The certificate can be used after ${count}. Your files stay as they are.`
}

/** The chain from the leaf up, as it is sent and as a client walks it. */
export function chainTree({ chain, root }: Judgement, now: number, glyphs: Glyphs): Line[] {
  const lines = chainLines(chain, root, now)
  const name = ({ depth, label }: (typeof lines)[number]) =>
    depth === 0 ? label : `${'   '.repeat(depth - 1)}${glyphs.tree} signed by ${label}`
  const width = Math.max(36, ...lines.map(each => name(each).length))
  return lines.map(
    (each): Line => [
      span(`  ${name(each).padEnd(width)}  `),
      span(`${each.role}, ${each.sent ? glyphs.text(each.text) : 'not sent'}`, 'quiet'),
    ],
  )
}

/** What goes in, held against what was handed in. */
export function diffLines({ diff }: Judgement): Line[] {
  if (diff.length === 0) return []
  const width = Math.max(20, ...diff.map(({ subject }) => subject.length))
  const ordinal = (place: number) => ['1st', '2nd', '3rd'][place - 1] ?? `${place}th`
  const files = [...new Set(diff.flatMap(({ file }) => file ?? []))]
  const was = files.length === 1 ? `was in ${files[0]}` : 'was'
  const head: Line = [span(`    ${'goes in'.padEnd(width + 2)}  ${was}`, 'quiet')]
  const lines = diff.map(({ sign, subject, goes, was, text, id }): Line => {
    const place = goes === undefined ? '  ' : `${goes} `
    const tone = sign === '+' ? 'good' : sign === '-' ? 'bad' : undefined
    return [
      span(`  ${sign} ${place}${subject.padEnd(width)}  `, tone),
      span(`${(was === undefined ? '' : ordinal(was)).padEnd(5)} ${text ?? ''}`),
      span(id ? `  ${id}` : '', 'quiet'),
    ]
  })
  return [head, ...lines]
}

function blockedLines(
  { findings }: Judgement,
  glyphs: Glyphs,
  all: boolean,
  toSeeAll?: string,
): Line[] {
  const blocking = findings.filter(({ severity }) => severity === 'blocks')
  const shown = all ? findings : blocking.slice(0, mostShown)
  const more = findings.length - shown.length
  const glyphOf = { blocks: 'failed', warns: 'warns', notes: 'skipped' } as const
  return [
    [span(blockedHead, 'bold')],
    ...shown.flatMap(each => findingLines(each, glyphs.state(glyphOf[each.severity]))),
    ...(more > 0
      ? [[span(`  and ${more} more${toSeeAll ? `: ${toSeeAll}` : ''}`, 'quiet')] as Line]
      : []),
  ]
}
