import type { Answered } from '../answers/answers.ts'
import { questionsFor } from '../answers/questions.ts'
import { rebased } from '../answers/save.ts'
import { usage } from '../errors.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Json } from '../plan/plan.ts'
import { aboutTarget, targets } from '../targets/index.ts'
import { recordedAnswers } from './endpoint-of.ts'
import { answersFromFile } from './get-answers.ts'
import { goWith } from './go.ts'
import type { Io } from './io.ts'
import type { GoOptions } from './planning.ts'

export interface RotateOptions extends GoOptions {
  answers?: string
  /** Bring the certificate before the current one back. */
  undo?: boolean
  /** How it changes over, where the target has several ways. */
  switch?: string
}

/**
 * A new certificate for an endpoint: of the same source, or (with `--answers`, of which only
 * `certificate` is read) from new files.
 */
export async function rotate(name: string, options: RotateOptions, io: Io): Promise<ExitCode> {
  const recorded = await recordedAnswers(name, io.world)
  const answered = await withNew(recorded, options, io)
  return goWith('rotate', answered, { ...options, bringBack: options.undo === true }, io)
}

async function withNew(recorded: Answered, options: RotateOptions, io: Io): Promise<Answered> {
  const { answers } = recorded
  const target = { ...answers.target, ...switchOf(recorded, options) }
  if (options.answers === undefined) return { ...recorded, answers: { ...answers, target } }
  const given = await answersFromFile(options.answers, io)
  const here = rebased(given.answers, questionsFor(targets), given.folder, recorded.folder)
  return { ...recorded, answers: { ...answers, target, certificate: here.certificate } }
}

/** `--switch`, held against the target's own question of that name. */
function switchOf(recorded: Answered, { switch: wanted }: RotateOptions): { switch?: Json } {
  if (wanted === undefined) return {}
  const question = aboutTarget(recorded.answers.target.kind).questions.find(
    ({ id }) => id === 'target.switch',
  )
  if (!question)
    throw usage('--switch: this target changes over in one way only.', 'Leave --switch out.')
  const checked = question.check(wanted)
  if ('wrong' in checked) throw usage(`--switch ${wanted}: ${checked.wrong}`, checked.fix)
  return { switch: checked.value }
}
