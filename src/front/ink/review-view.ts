import type { Plan, Price } from '../../plan/plan.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { Reviewed } from '../front.ts'
import { type Line, plain, span } from '../words/line.ts'
import { labelCells } from '../words/plan.ts'
import { withRight } from '../words/run.ts'
import { cells, cellsOfLine, cutText, padText } from '../words/width.ts'
import { wrapLine } from '../words/wrap.ts'
import type { Part } from './fit.ts'
import type { ListState } from './list-state.ts'
import type { Stage } from './stage.ts'

/** The widest value that pushes the sources (typed, found, default) to the right. */
const widestValue = 46

/** The review above its rows: in the narrow layout only what is changed and the price. */
export function reviewParts({ plan, review }: Reviewed, stage: Stage): Part[] {
  const { width, glyphs, narrow } = stage
  const digest = `plan ${plan.digest.slice(0, 8)}`
  if (narrow) return narrowParts(plan, digest, stage)
  // two blanks, the label, one blank
  const labels = labelCells(plan) + 3
  const [[title] = [], ...rest] = review
  const head: Line = [span('  '), span(title?.text ?? '', 'bold')]
  const right = `${digest}, ${plan.steps.length} steps`
  const column = Math.min(
    widestValue,
    Math.max(0, ...rest.map(line => (isSourced(line) ? cells(line[1]?.text ?? '') : 0))),
  )
  const found = rest.filter(isFound)
  const stays = rest.filter(line =>
    ['Changes', 'Price', 'Warning', 'Undo', ''].includes(labelOf(line)),
  )
  const answers = rest.filter(line => ![...stays, ...found].includes(line))
  const notes = rest.filter(line => labelOf(line) === 'Note')
  const opens = `${' '.repeat(labels)}e opens what was seen, and what can be done`
  return [
    { kind: 'line', lines: [withRight(head, right, width, glyphs)] },
    { kind: 'line', lines: stays.flatMap(line => wrapped(line, width, labels)) },
    // in one part: what comes first stays longest
    {
      kind: 'help',
      lines: [
        ...(found.length > 0 ? [[span(opens, 'quiet')]] : []),
        ...notes.flatMap(line => wrapped(line, width, labels)),
        ...answers.flatMap(line => wrapped(aligned(line, column), width, labels)),
      ],
    },
  ]
}

function narrowParts(plan: Plan, digest: string, stage: Stage): Part[] {
  const { width, glyphs } = stage
  const head: Line = [span('  '), span(`Review: ${plan.endpoint}`, 'bold')]
  const answers = Object.values(plan.values).length
  const opens = `  ${answers} answers, ${plan.steps.length} steps: e opens them`
  const changes: Line = [span('  Changes  ', 'quiet'), span(plan.changes, 'bold')]
  const prices = pricesOf(plan).map(
    (price): Line => [
      span('  Price  ', 'quiet'),
      span('▲ ', 'warn'),
      span(shortPrice(price), 'warn'),
    ],
  )
  return [
    { kind: 'line', lines: [withRight(head, digest, width, glyphs)] },
    { kind: 'line', lines: wrapLine(changes, width, 4).slice(0, 4) },
    { kind: 'line', lines: prices.flatMap(line => wrapLine(line, width, 4)).slice(0, 4) },
    { kind: 'line', lines: narrowWarnings(plan, stage) },
    { kind: 'help', lines: [[span(opens, 'quiet')]] },
  ]
}

export function pricesOf({ steps }: Plan): Price[] {
  return steps.flatMap(({ price }) => price ?? [])
}

/** `away about 2 to 25 min`, where the price is that; else its sentence. */
function shortPrice({ text, downtime, loses }: Price): string {
  if (!downtime || loses) return text
  const [least, most] = downtime.map(seconds => Math.ceil(seconds / 60))
  return least === most ? `away about ${most} min` : `away about ${least} to ${most} min`
}

function labelOf([label]: Line): string {
  return label?.text.trim() ?? ''
}

/** A line of what a check has found. */
function isFound(line: Line): boolean {
  return ['Warning', 'Note', 'seen', 'means', 'fix'].includes(labelOf(line))
}

/** The first warning, and how many more there are, in two lines at most. */
function narrowWarnings({ findings = [] }: Plan, { width, glyphs }: Stage): Line[] {
  const [first, ...more] = findings.filter(({ severity }) => severity === 'warns')
  if (!first) return []
  const title = oneLine(first.title)
  const label = [span('  Warning  ', 'quiet'), span('▲ ', 'warn')]
  if (more.length === 0) return wrapLine([...label, span(title, 'warn')], width, 4).slice(0, 2)
  return [
    [...label, span(cutText(title, width - 13, glyphs.rest), 'warn')],
    [span(`    and ${more.length} more: e opens them`, 'quiet')],
  ]
}

/** A line that ends in where its value came from. */
function isSourced(line: Line): boolean {
  return line.length === 3 && line[2]?.tone === 'quiet' && line[2].text !== ''
}

function aligned(line: Line, column: number): Line {
  const [label, value, from] = line
  if (!isSourced(line) || !label || !value || !from) return line
  return [label, { ...value, text: padText(value.text, column) }, from]
}

function wrapped(line: Line, width: number, labels: number): Line[] {
  const indent = plain(line).includes('▲') ? labels + 2 : labels
  return wrapLine(line, width, indent)
}

/** A step with its commands, as the opened review shows it. */
export interface CommandGroup {
  phase: string
  head: Line
  body: Line[]
}

/** The printed steps as groups: a phase's heading begins at the edge, a step with its number. */
export function commandGroups(commands: readonly Line[]): CommandGroup[] {
  const groups: CommandGroup[] = []
  let phase = ''
  for (const line of commands) {
    const text = plain(line)
    if (/^\S/.test(text)) phase = text.trim()
    else if (/^ {1,3}\d+ /.test(text)) groups.push({ phase, head: line, body: [] })
    else groups.at(-1)?.body.push(line)
  }
  return groups
}

/** Where each phase begins among the groups. */
export function phaseStarts(groups: readonly CommandGroup[]): number[] {
  return groups.flatMap(({ phase }, index) => (groups[index - 1]?.phase === phase ? [] : [index]))
}

/** The opened review: every step with what it types, writes and waits for. */
export function commandParts(
  groups: readonly CommandGroup[],
  reviewed: Reviewed,
  { cursor, skip = 0 }: ListState,
  stage: Stage,
): Part[] {
  const phase = groups[cursor]?.phase ?? ''
  const inPhase = groups.flatMap((group, index) => (group.phase === phase ? [index + 1] : []))
  const from = inPhase[0] ?? 0
  const to = inPhase.at(-1) ?? 0
  const steps = from === to ? `step ${from}` : `steps ${from} to ${to}`
  const title = `  ${phase}, ${steps} of ${groups.length}`
  return [
    { kind: 'line', lines: [[span(title, 'bold')]] },
    { kind: 'list', rows: groupRows(groups, reviewed, cursor, stage), cursor, skip },
  ]
}

/**
 * The opened steps, the cursor on one of them. What the checks have found opens with them, and where the
 * review is narrow the answers, too.
 */
export function groupRows(
  groups: readonly CommandGroup[],
  { plan, review }: Reviewed,
  cursor: number,
  { width, glyphs, narrow }: Stage,
): Line[][] {
  const [, ...rest] = review
  const above = narrow
    ? rest.flatMap(line => wrapLine(line, width, 4))
    : rest.filter(isFound).flatMap(line => wrapped(line, width, labelCells(plan) + 3))
  return groups.map(({ head, body }, index): Line[] => {
    const at = index === cursor
    const mark = at ? span(`${glyphs.cursor} `, 'active') : span('  ')
    const [number, ...notes] = head
    const left: Line = [mark, span(number?.text.trimStart() ?? '', at ? 'bold' : undefined)]
    const note = notes.map(({ text }) => text.trim()).join(' ')
    const beside = !narrow && cellsOfLine(left) + cells(note) + 2 <= width
    const below =
      narrow || beside || note === '' ? [] : wrapLine([span(`    ${note}`, 'quiet')], width, 4)
    return [
      ...(index === 0 ? above : []),
      withRight(left, beside ? note : '', width, glyphs),
      ...below,
      ...body.map((line): Line => [span('    '), ...trimmed(line)]),
    ]
  })
}

function trimmed(line: Line): Line {
  const [first, ...rest] = line
  return first ? [{ ...first, text: first.text.trimStart() }, ...rest] : line
}

/** What a step types, to be pasted: whole lines, nothing before them. */
export function copiedCommands({ body }: CommandGroup): string {
  return body.map(line => plain(line).trim()).join('\n')
}
