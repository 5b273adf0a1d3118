import { certificateFindings } from '../../certificates/findings.ts'
import type { Judgement } from '../../certificates/judgement.ts'
import type { Finding } from '../../findings.ts'
import type { GateChoice, Row } from '../front.ts'
import { foundDetails, foundHead } from '../words/found.ts'
import { chainTree, diffLines, headOf } from '../words/gate.ts'
import { type Line, span } from '../words/line.ts'
import { wrapLine, wrapText } from '../words/wrap.ts'
import type { Part } from './fit.ts'
import type { ListState } from './list-state.ts'
import type { Stage } from './stage.ts'

/** Causes shown at once, before what follows from them: one wrong file makes ten findings. */
const mostCauses = 3

/** What has held when nothing blocks. */
const holds = ['key fits', 'name covered', 'dates', 'chain', 'strength', 'use: server']

/** The judgement itself: 3a good, 3b repaired, 3c blocked. */
export function gateParts(judgement: Judgement, now: number, stage: Stage): Part[] {
  const { width } = stage
  const head: Part = { kind: 'line', lines: wrapText(headOf(judgement), width, 2, 'bold') }
  if (judgement.verdict === 'blocked') return [head, ...blockedParts(judgement, stage)]
  const tree = stage.narrow
    ? narrowChain(judgement, now, stage)
    : chainTree(judgement, now, stage.glyphs)
  const repaired = new Set<string>(judgement.repairs.map(({ id }) => id))
  const told = judgement.findings.filter(({ id }) => !repaired.has(id))
  const drawn = judgement.verdict === 'repaired' ? diffLines(judgement) : tree
  const findings = told.flatMap(each => foundHead(each, width, stage.glyphs))
  return [
    head,
    { kind: 'line', lines: drawn },
    { kind: 'help', lines: [...(stage.narrow ? [] : holdsLines(stage)), ...findings] },
  ]
}

/** The links of the chain, and of the leaf how long it lives. */
function narrowChain(judgement: Judgement, now: number, { glyphs }: Stage): Line[] {
  return chainTree(judgement, now, glyphs).flatMap(([name, text], index): Line[] => {
    const label = span((name?.text ?? '').trimEnd())
    return index === 0 ? [[label], [span(`    ${text?.text ?? ''}`, 'quiet')]] : [[label]]
  })
}

function holdsLines({ width, glyphs }: Stage): Line[] {
  const line = holds.flatMap(word => [glyphs.state('done'), span(` ${word}  `)])
  return wrapLine([span('  '), ...line], width, 2)
}

function blockedParts({ findings }: Judgement, { width, glyphs, narrow }: Stage): Part[] {
  const causes = findings.filter(({ severity }) => severity === 'blocks')
  const shown = causes.slice(0, narrow ? 1 : mostCauses)
  const more = findings.length - shown.length
  return [
    ...shown.flatMap((found): Part[] => [
      { kind: 'line', lines: foundHead(found, width, glyphs) },
      { kind: 'help', lines: foundDetails(found, width) },
    ]),
    { kind: 'help', lines: more > 0 ? [[span(`  and ${more} more: e shows all`, 'quiet')]] : [] },
  ]
}

// the certificate's judges write this where a file near by holds the key that is missing
const keyNearby = /^(.+) fits: take that one\.$/

/** What can be done about it. */
export function gateRows({ verdict, findings }: Judgement): Row<GateChoice>[] {
  const files: Row<GateChoice> = { value: 'other-files', title: 'Choose other files' }
  if (verdict !== 'blocked') {
    const title = verdict === 'repaired' ? 'Use it, repaired this way' : 'Continue'
    return [{ value: 'continue', title }, files]
  }
  const paths = findings.flatMap(({ fix }) => keyNearby.exec(fix)?.[1] ?? [])
  const take = [...new Set(paths)].map(
    (path): Row<GateChoice> => ({ value: `take:${path}`, title: `Take ${path}, and look again` }),
  )
  const names = findings.some(({ id }) => id.startsWith('cert.name-'))
  const domain: Row<GateChoice> = { value: 'change-domain', title: 'Change the domain' }
  return [...take, files, ...(names ? [domain] : []), { value: 'leave', title: 'Leave (exit 65)' }]
}

const kinds = Object.entries(certificateFindings)

/** How many things the gate looks at. */
export const checkCount = kinds.length

/** Everything that the gate looks at. */
export function checkParts(
  judgement: Judgement,
  { cursor, skip = 0 }: ListState,
  stage: Stage,
): Part[] {
  const rows = checkRows(judgement, cursor, stage)
  return [
    { kind: 'line', lines: [[span(`  All ${rows.length} checks`, 'bold')]] },
    { kind: 'list', rows, cursor, skip },
  ]
}

/** One check of the gate as a row; what it found is opened where the cursor stands. */
export function checkRows(judgement: Judgement, cursor: number, stage: Stage): (readonly Line[])[] {
  const { glyphs, width } = stage
  const found = [...judgement.findings]
  const ids = new Set(found.map(({ id }) => id))
  const passed = kinds.filter(([id]) => !ids.has(id))
  const mark = (at: boolean) => (at ? span(`${glyphs.cursor} `, 'active') : span('  '))
  const foundRow = (each: Finding, index: number): Line[] => {
    const at = index === cursor
    const [head = [], ...rest] = foundHead(each, width - 2, glyphs, 0)
    const under = rest.map((line): Line => [span('  '), ...line])
    return [[mark(at), ...head], ...under, ...(at ? foundDetails(each, width) : [])]
  }
  return [
    ...found.map(foundRow),
    ...passed.map(([id], index): Line[] => [
      [mark(found.length + index === cursor), glyphs.state('done'), span(` ${id}`, 'quiet')],
    ]),
  ]
}
