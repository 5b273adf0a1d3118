import { certificateFindings } from '../certificates/findings.ts'
import { Interrupted, Problem } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Finding } from '../findings.ts'
import { lastLine } from '../front/words/last-line.ts'
import { type Line, span } from '../front/words/line.ts'
import { findingLines, mistakeLines } from '../front/words/problem.ts'
import { createRedact } from '../process/redact.ts'
import { columnsOf, type Io, printErr } from './io.ts'

/** Says what ended a command, and gives its exit code. A bug of ours shows where it is. */
export function report(error: unknown, io: Io, { json = false } = {}): ExitCode {
  if (error instanceof Interrupted) {
    printErr(io, [lastLine(error.exit, 'by you')])
    return error.exit
  }
  if (error instanceof Problem) {
    // one line: it may end a stream of events
    const { exit, findings } = error
    const whole = { schema: 'secure-endpoint/findings@1', exit, findings }
    if (json) io.stdout.write(`${JSON.stringify(whole)}\n`)
    printErr(io, problemLines(error, io))
    return error.exit
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  printErr(io, [
    [span('secure-endpoint has a bug. What it did is in the journal of the endpoint.', 'bad')],
    ...createRedact()(trace)
      .split('\n')
      .map((text): Line => [span(`  ${text}`, 'quiet')]),
    [span('Please report these lines with the version that secure-endpoint --version says.')],
    lastLine(exitCodes.bug, 'a bug'),
  ])
  return exitCodes.bug
}

/** Findings that belong to a place in the answers file. */
const mistakeIds = ['answers.no-yaml', 'answers.wrong', 'answers.missing']

/** All findings of a problem, causes first, and the last line. */
export function problemLines({ exit, findings }: Problem, io: Io): Line[] {
  const answers = findings.filter(({ id }) => mistakeIds.includes(id))
  if (answers.length > 0)
    return [...answerLines(answers), lastLine(exit, 'nothing was changed', columnsOf(io))]
  const glyph = io.glyphs.state('failed')
  const certificate = findings.some(({ id }) => id in certificateFindings)
  const head: Line[] = certificate
    ? [[span('This certificate cannot be used. Nothing was changed, no tool was called.', 'bold')]]
    : []
  const blocking = findings.filter(({ severity }) => severity === 'blocks')
  const shown = blocking.length > 0 ? blocking : findings
  const first = shown[0]?.title ?? 'stopped'
  return [
    ...head,
    ...shown.flatMap(each => findingLines(each, glyph)),
    lastLine(exit, firstSentence(first), columnsOf(io)),
  ]
}

function answerLines(findings: readonly Finding[]): Line[] {
  const file = findings[0]?.subject.replace(/:\d+:\d+$/, '') ?? 'The answers'
  const count = findings.length === 1 ? '1 mistake' : `${findings.length} mistakes`
  return [
    [span(`${file} has ${count}. Nothing was changed, no tool was called.`, 'bold')],
    ...findings.flatMap(mistakeLines),
  ]
}

function firstSentence(text: string): string {
  const sentence = text.split(/(?<=[.!?])\s/)[0] ?? text
  return sentence
    .replace(/\.$/, '')
    .replace(/^[A-Z](?=[a-z ])/, letter => letter.toLowerCase())
    .slice(0, 60)
}
