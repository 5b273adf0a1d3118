import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { problem } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import { findingLines } from '../../front/words/problem.ts'
import { wrapLine } from '../../front/words/wrap.ts'
import { oneLine } from '../../process/plain-text.ts'
import { type Io, printJson, printOut, widthOf } from '../io.ts'
import type { CheckOptions } from './check.ts'
import { readFiles, type Standard } from './check-input.ts'
import {
  createPart,
  type Entry,
  type Held,
  type Part,
  type Result,
  type SentKey,
} from './folder-part.ts'

/**
 * Checks every pair in a folder: each folder in it is one (`live/NAME`), and so is each file in it with
 * a leaf; keys are found by content, and files with CAs alone stand above all.
 */
export async function checkFolder(
  folder: string,
  options: CheckOptions,
  standard: Standard,
  io: Io,
): Promise<ExitCode> {
  const { cwd } = io.world
  const above = await readFiles(options.intermediates, cwd)
  const results = await judgeEntries(await entriesOf(folder, cwd), options, standard, io.world)
  const unread = [...standard.findings, ...above.findings]
  const bad = results.filter(({ verdict }) => verdict === 'blocked')
  const blocked = bad.length > 0 || unread.some(({ severity }) => severity === 'blocks')
  const verdict = blocked
    ? 'blocked'
    : results.some(each => each.verdict === 'repaired')
      ? 'repaired'
      : 'ok'
  if (options.json) {
    printJson(io, {
      schema: 'secure-endpoint/checks@1',
      verdict,
      findings: unread,
      results: results.map(({ name, verdict, findings, repairs }) => ({
        ...{ name, verdict, findings, repairs },
      })),
    })
  } else {
    const width = widthOf(io)
    const lines = [
      ...unread.flatMap(each => findingLines(each, io.glyphs.state('failed'))),
      ...results.flatMap(each => resultLines(each, io)),
      summary(results.length, bad.length),
    ]
    printOut(
      io,
      lines.flatMap(line => wrapLine(line, width, 11)),
    )
  }
  return blocked ? exitCodes.data : exitCodes.done
}

/** The parts share the work where there is enough of it; what they find is put into one order. */
async function judgeEntries(
  entries: readonly Entry[],
  options: CheckOptions,
  standard: Standard,
  { cwd, env }: Io['world'],
): Promise<Result[]> {
  const [own = [], ...others] = split(entries, partsFor(entries.length))
  const remote = { options, now: standard.now, cwd, env, passphrase: standard.passphrase }
  const workers =
    others.length === 0
      ? []
      : await import('./folder-worker.ts').then(({ thread }) =>
          others.map(each => thread.start({ ...remote, entries: each })),
        )
  const parts = [createPart(own, options, standard, cwd), ...workers]
  const held = await Promise.all(parts.map(part => part.read()))
  const keys = await Promise.all(held.map((each, at) => keysFor(each, at, held, parts)))
  const judged = await Promise.all(
    parts.map((part, at) => {
      const beside = held.filter((_, index) => index !== at)
      return part.judge({ keys: keys[at] ?? [], cas: beside.flatMap(({ cas }) => cas) })
    }),
  )
  return [
    ...judged.flatMap(({ leaves }) => leaves),
    ...judged.flatMap(({ unread }) => unread),
    ...judged.flatMap(({ folders }) => folders),
  ]
}

/** Keys that a part lacks and others have. Mostly none: a pair lies side by side. */
async function keysFor(
  { lacks }: Held,
  at: number,
  held: readonly Held[],
  parts: readonly Part[],
): Promise<SentKey[]> {
  const lacking = new Set(lacks)
  const given = parts.map(async (part, index) => {
    const wanted = (held[index]?.keys ?? []).filter(each => lacking.has(each))
    return index === at || wanted.length === 0 ? [] : part.give(wanted)
  })
  return (await Promise.all(given)).flat()
}

/** A thread costs as much as some hundred files, and 35 MB: with more than two, 200 MB are passed. */
function partsFor(entries: number): number {
  return entries < 400 ? 1 : Math.min(availableParallelism(), 2)
}

/** In runs: a pair mostly lies side by side. */
function split<T>(all: readonly T[], parts: number): T[][] {
  const size = Math.ceil(all.length / parts)
  return Array.from({ length: parts }, (_, at) => all.slice(at * size, (at + 1) * size))
}

async function entriesOf(folder: string, cwd: string): Promise<Entry[]> {
  const entries = await readdir(resolve(cwd, folder), { withFileTypes: true }).catch(() => {
    throw problem(exitCodes.data, {
      id: 'answers.unreadable',
      title: `The folder ${oneLine(folder)} cannot be read.`,
      subject: oneLine(folder),
      fix: 'Name a folder with certificates and keys, or with a folder for each.',
    })
  })
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort(byName)
    .map(each => ({ path: join(folder, each.name), isFolder: each.isDirectory() }))
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1
}

/** One line for each that can be used, and what blocks the others. */
function resultLines({ name, verdict, findings, repairs }: Result, { glyphs }: Io): Line[] {
  if (verdict !== 'blocked') {
    const count = repairs.length
    const done = count === 0 ? '' : count === 1 ? ', after 1 repair' : `, after ${count} repairs`
    return [[span('  '), glyphs.state('done'), span(` ${name}: can be used${done}`)]]
  }
  const causes = findings.filter(({ severity }) => severity === 'blocks')
  return [
    [span('  '), glyphs.state('failed'), span(` ${name}: cannot be used`)],
    ...causes.map((each): Line => [span(`      ${each.title}`), span(` ${each.id}`, 'quiet')]),
  ]
}

function summary(all: number, bad: number): Line {
  if (all === 0) return [span('No certificate for a server is in this folder.', 'bold')]
  const good = all - bad
  return [span(`${good} of ${all} can be used.`, 'bold')]
}
