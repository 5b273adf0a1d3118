import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { endpointLines } from '../front/words/endpoint.ts'
import { type Line, span } from '../front/words/line.ts'
import { readEndpoint } from '../record/endpoint.ts'
import { currentGeneration, listGenerations, readGeneration } from '../record/generation.ts'
import { readJournal } from '../record/journal.ts'
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
  if (json) {
    printJson(io, {
      schema: 'secure-endpoint/show@1',
      record,
      current,
      generations,
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
    ...(clients.length > 0 ? [[span('Clients', 'bold')] as Line, ...clients] : []),
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
