import { rm } from 'node:fs/promises'
import type { Answered } from '../answers/answers.ts'
import { canonicalJson } from '../plan/digest.ts'
import type { Plan, Verb } from '../plan/plan.ts'
import { readJsonFile } from '../record/json-file.ts'
import type { RecordPaths } from '../record/paths.ts'
import { writeFileAtomic } from '../record/write.ts'

/** `plan.json`: the plan of a run that has begun and not ended well, to be taken up again. */
export interface Unfinished {
  schema: 'secure-endpoint/unfinished@1'
  verb: Verb
  /** The same answers take it up. */
  answered: Answered
  /** What two runs must not touch at once. */
  identity: string
  generation: number
  /** Its name, for all that it leaves behind until it has ended. */
  run?: string
  before?: number
  /** Planned without a word from the target. */
  offline?: true
  /** Ids of the steps whose act was begun. */
  begun: string[]
  /** Names of the secrets that it was given. */
  secrets?: string[]
  plan: Plan
}

const schema = 'secure-endpoint/unfinished@1'

/** Whether a command with these answers takes an unfinished run up. */
export function isSameRun(
  unfinished: Unfinished,
  { verb, answered, offline = false }: { verb: Verb; answered: Answered; offline?: boolean },
): boolean {
  const of = ({ answers, folder }: Answered) => canonicalJson({ answers, folder })
  if (unfinished.verb !== verb || (unfinished.offline ?? false) !== offline) return false
  return of(unfinished.answered) === of(answered)
}

/** Whether the target may have been touched; a run that ended in its checks leaves nothing to be finished. */
export function hasTouched({ begun, plan }: Unfinished): boolean {
  return plan.steps.some(
    ({ id, phase, undo }) =>
      begun.includes(id) && (undo !== undefined || !['check', 'prepare'].includes(phase)),
  )
}

export function readUnfinished(paths: RecordPaths): Promise<Unfinished | undefined> {
  return readJsonFile<Unfinished>(paths.plan, schema)
}

export async function writeUnfinished(
  paths: RecordPaths,
  unfinished: Omit<Unfinished, 'schema'>,
): Promise<void> {
  await writeFileAtomic(paths.plan, `${JSON.stringify({ schema, ...unfinished }, null, 2)}\n`)
}

export async function clearUnfinished(paths: RecordPaths): Promise<void> {
  await rm(paths.plan, { force: true })
}
