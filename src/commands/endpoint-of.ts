import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Answered } from '../answers/answers.ts'
import { didYouMean } from '../answers/checks.ts'
import { loadAnswers } from '../answers/load.ts'
import { questionsFor } from '../answers/questions.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { listEndpoints } from '../record/endpoint.ts'
import { type RecordPaths, recordPaths } from '../record/paths.ts'
import { codeOf } from '../record/write.ts'
import { unfinishedOf } from '../road/resume.ts'
import { targets } from '../targets/index.ts'
import type { World } from '../world.ts'

/**
 * The record of an endpoint that a user named.
 *
 * @throws Problem with exit 65 when there is none
 */
export async function recordOf(name: string, world: World): Promise<RecordPaths> {
  const names = await listEndpoints(world.stateFolder)
  if (names.includes(name)) return recordPaths(world.stateFolder, name)
  const meant = didYouMean(name, names)
  throw problem(exitCodes.data, {
    id: 'record.unknown',
    title: `No endpoint ${name} is recorded on this machine.`,
    subject: name,
    evidence:
      names.length > 0 ? `recorded: ${names.slice(0, 20).join(', ')}` : 'nothing is recorded yet',
    why: '',
    fix: meant
      ? `Did you mean ${meant}?`
      : 'See what is: secure-endpoint list; make one: secure-endpoint init',
  })
}

/** The answers that an endpoint was secured with; their paths hang on the record's folder. */
export async function recordedAnswers(name: string, world: World): Promise<Answered> {
  const paths = await recordOf(name, world)
  try {
    const text = await readFile(paths.answers, 'utf8')
    return loadAnswers(text, questionsFor(targets), { name: paths.answers, folder: paths.folder })
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    throw problem(exitCodes.data, {
      id: 'record.unfinished-only',
      title: `${name} has never been served: its first run is not finished.`,
      subject: name,
      evidence: '',
      why: '',
      fix: `Finish it: secure-endpoint init --resume ${name}`,
    })
  }
}

/** The same; where an endpoint was never served, the answers of its run that is not finished. */
export async function knownAnswers(name: string, world: World): Promise<Answered> {
  const paths = await recordOf(name, world)
  const unfinished = existsSync(paths.answers) ? undefined : await unfinishedOf(name, world)
  return unfinished?.answered ?? recordedAnswers(name, world)
}
