import { readAuthorities } from '../certificates/authority.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { endpointLines } from '../front/words/endpoint.ts'
import { type Line, span } from '../front/words/line.ts'
import { type EndpointRecord, readEndpoint } from '../record/endpoint.ts'
import { currentGeneration, listGenerations, readGeneration } from '../record/generation.ts'
import { readJournal } from '../record/journal.ts'
import type { RecordPaths } from '../record/paths.ts'
import { authorityUsers, endpointRoots } from '../trust/endpoint-trust.ts'
import type { World } from '../world.ts'
import { nextLines } from './cert/rollover-words.ts'
import { recordOf } from './endpoint-of.ts'
import { type Io, printJson, printOut } from './io.ts'

/** Everything that is recorded of one endpoint: what clients must change, generations, last events. */
export async function show(name: string, { json }: { json?: boolean }, io: Io): Promise<ExitCode> {
  const { world, glyphs } = io
  const paths = await recordOf(name, world)
  const record = await readEndpoint(paths)
  const current = await currentGeneration(paths)
  const numbers = await listGenerations(paths)
  const generations = (await Promise.all(numbers.map(each => readGeneration(paths, each)))).flatMap(
    each => each ?? [],
  )
  const journal = await readJournal(paths.journal)
  const trust = record?.https ? await trustOf(name, paths, world) : undefined
  if (json) {
    printJson(io, {
      schema: 'secure-endpoint/show@1',
      record,
      current,
      generations,
      ...(trust ? { trust: { roots: trust.roots, file: trust.file, ...trust.rollover } } : {}),
      runs: runsOf(journal),
    })
    return exitCodes.done
  }
  const leaf = generations.find(({ number }) => number === current)?.leaf
  const clients = (record?.clients ?? []).flatMap(({ who, text, command }): Line[] => [
    [span(`  ${who}: `, 'bold'), span(text)],
    ...(command === undefined ? [] : [[span(command)] as Line]),
  ])
  printOut(io, [
    [span(name, 'bold'), span(`  ${paths.folder}`, 'quiet')],
    ...(record
      ? endpointLines(record, leaf, world.clock.now(), glyphs)
      : [[span('  not served yet')] as Line]),
    ...(record ? [provenLine(record)] : []),
    ...(clients.length > 0 ? [[span('Clients', 'bold')] as Line, ...clients] : []),
    ...trustLines(trust),
    [span('Generations', 'bold')],
    ...generations.map(
      ({ number, made, source, leaf: each }): Line => [
        span(
          `  ${number === current ? glyphs.cursor : ' '} ${number}  ${made.slice(0, 10)}  ${source}`,
        ),
        span(
          each ? `  ${each.fingerprint.slice(0, 11)}  until ${each.notAfter.slice(0, 10)}` : '',
          'quiet',
        ),
      ],
    ),
    [span('Runs', 'bold')],
    ...runsOf(journal)
      .slice(-5)
      .map(
        (each): Line => [
          span(`  ${each.time.slice(0, 16).replace('T', ' ')}  ${each.verb}  ${each.outcome}`),
        ],
      ),
  ])
  return exitCodes.done
}

/** When it was proven at its own addresses, and by its name. */
function provenLine({ served, reachable }: EndpointRecord): Line {
  const minute = (time: string) => `${time.slice(0, 16).replace('T', ' ')} UTC`
  const parts = [
    ...(served ? [`served ${minute(served)}`] : []),
    ...(reachable ? [`by its name ${minute(reachable)}`] : []),
  ]
  return [span('  proven     ', 'quiet'), span(parts.join(', ') || 'not yet')]
}

/** What clients must trust, and where a rollover of its CA stands. */
async function trustOf(name: string, paths: RecordPaths, { stateFolder }: World) {
  const roots = await endpointRoots(stateFolder, paths)
  if (roots.length === 0) return undefined
  const users = await authorityUsers(stateFolder)
  const own = users.find(({ endpoint }) => endpoint === name)?.authority
  const all = await readAuthorities(stateFolder)
  const rolling = all.find(each => each.rollover?.to === own && each.rollover?.stage !== 'ended')
  const entry = rolling ?? all.find(each => each.name === own)
  return {
    roots: roots.map(({ fingerprint }) => fingerprint),
    file: paths.trust,
    next: entry ? nextLines(entry, entry.name === own ? [name] : []) : [],
    rollover: entry?.rollover ? { rollover: { from: entry.name, ...entry.rollover } } : {},
  }
}

function trustLines(trust: Awaited<ReturnType<typeof trustOf>>): Line[] {
  if (!trust) return []
  const { roots, file, next } = trust
  const row = (label: string, text: string): Line => [
    span(`  ${label.padEnd(9)}`, 'quiet'),
    span(text),
  ]
  return [
    [span('Trust', 'bold')],
    row('roots', roots.map(each => each.slice(0, 11)).join(', ')),
    row('file', file),
    ...next.map(([label, text]) => row(label, text)),
  ]
}

function runsOf(journal: Awaited<ReturnType<typeof readJournal>>) {
  return journal
    .filter(({ type }) => type === 'run.started')
    .map(({ run, time, verb, digest }) => {
      const end = journal.find(each => each.run === run && each.type === 'run.finished')
      return {
        run,
        time,
        verb: String(verb),
        digest: String(digest),
        outcome: String(end?.outcome ?? 'killed'),
      }
    })
}
