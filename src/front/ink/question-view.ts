import { formatElapsed } from '../../duration.ts'
import { oneLine } from '../../process/plain-text.ts'
import { outputLines } from '../words/finished.ts'
import { detailLines } from '../words/found.ts'
import { type Line, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { clipLines, wrapText } from '../words/wrap.ts'
import type { Part } from './fit.ts'
import { phasesLine, toolOf } from './phases-view.ts'
import { rowsPart } from './rows-view.ts'
import { questionRows } from './run-keys.ts'
import type { Question, RunState } from './run-state.ts'
import type { Stage } from './stage.ts'

/** What a person is asked in the middle of a run. */
export function questionParts(state: RunState, question: Question, stage: Stage): Part[] {
  const rows = rowsPart(questionRows(question, state), question.choice.list, stage)
  const { width } = stage
  if (question.about === 'ask') {
    const [last = '', ...before] = question.text.split('\n').reverse()
    return [
      { kind: 'line', lines: [phasesLine(state, stage)] },
      {
        kind: 'context',
        lines: before.reverse().flatMap(text => wrapText(oneLine(text), width, 2)),
      },
      { kind: 'line', lines: wrapText(oneLine(last), width, 2, 'bold') },
      rows,
    ]
  }
  return [
    ...failureParts(state, question, stage),
    { kind: 'line', lines: wrapText('What now?', width, 2, 'bold') },
    rows,
  ]
}

/** Lines of the tool that stand under a failure. */
const mostWords = 4

function failureParts(
  { current, awaySince }: RunState,
  { step, problem }: Extract<Question, { about: 'decide' }>,
  stage: Stage,
): Part[] {
  const { width, glyphs, narrow } = stage
  const failed = current?.failed
  const output = failed?.output ?? []
  const took = failed ? `, ${formatElapsed(failed.tookMs)}` : ''
  const head: Line = [span('  '), glyphs.state('failed'), span(` ${oneLine(step.title)}`, 'bold')]
  const right = narrow ? `exit ${problem.exit}` : `failed, exit ${problem.exit}${took}`
  const words = output.slice(-mostWords)
  const all = Math.max(current?.said ?? 0, output.length)
  const of = all > words.length ? ` (${words.length} of ${all} lines)` : ''
  const says = words.length > 0 ? [[span(`    ${toolOf(current) ?? 'It'} says${of}:`)] as Line] : []
  const [found] = problem.findings
  const away = awaySince === undefined ? '' : `Clients get no answer since ${awaySince} UTC.`
  const means = [found?.title, found?.why, narrow ? '' : away].filter(Boolean).join(' ')
  const clip = (lines: Line[]) => clipLines(lines, narrow ? 2 : 3, width, glyphs.rest)
  return [
    { kind: 'line', lines: [withRight(head, right, width, glyphs)] },
    { kind: 'output', lines: [...says, ...outputLines(words, stage)] },
    { kind: 'context', lines: found ? clip(detailLines('seen', found.evidence, width)) : [] },
    { kind: 'line', lines: clip(detailLines('means', means, width)) },
    { kind: 'help', lines: found ? detailLines('fix', found.fix, width) : [] },
    { kind: 'line', lines: narrow && away !== '' ? wrapText(away, width, 4, 'warn') : [] },
  ]
}
