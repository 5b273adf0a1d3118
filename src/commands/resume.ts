import type { Answered } from '../answers/answers.ts'
import type { Secrets } from '../answers/secret.ts'
import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { lastLine } from '../front/words/last-line.ts'
import { carryOut } from '../road/carry-out.ts'
import { mustHaveSecrets } from '../road/given-secrets.ts'
import { takeUp, unfinishedOf } from '../road/resume.ts'
import { recordOf } from './endpoint-of.ts'
import { answersFromFile, secretsOf } from './get-answers.ts'
import { createRenderer, finish } from './go.ts'
import { type Io, printErr } from './io.ts'
import { type GoOptions, targetOfUnfinished } from './planning.ts'

export interface ResumeOptions extends GoOptions {
  undo?: boolean
  /** Answers of which only the secrets are read. */
  answers?: string
}

/**
 * Takes an unfinished run up where it stopped, or takes back what it has begun. It was agreed to when it
 * began; nothing but that plan is run.
 *
 * @throws Problem with exit 2 where a secret that was typed then is needed and nobody can be asked
 */
export async function resume(name: string, options: ResumeOptions, io: Io): Promise<ExitCode> {
  const { world } = io
  await recordOf(name, world)
  const unfinished = await unfinishedOf(name, world)
  if (!unfinished) {
    printErr(io, [lastLine(exitCodes.done, `no run of ${name} is unfinished`)])
    return exitCodes.done
  }
  const { answered } = unfinished
  const target = await targetOfUnfinished(unfinished)
  const planned = takeUp(unfinished, target, world)
  const secrets = { ...(await secretsOf(answered)), ...(await secretsIn(options, answered, io)) }
  const undo = options.undo === true
  const isWhole = () => mustHaveSecrets(unfinished, target, secrets, world)
  if (io.meet !== 'none') {
    const [{ createFront }, { watchRun }, { asking }] = await Promise.all([
      import('./create-front.ts'),
      import('./review.ts'),
      import('./secret-for.ts'),
    ])
    const front = await createFront(io)
    await asking(front, answered, secrets, isWhole)
    return watchRun(front, planned, io, { secrets, undo })
  }
  await isWhole()
  const onEvent = createRenderer(options, io)
  const { signal } = io
  const result = await carryOut({ planned, world, signal, onEvent, secrets, undo })
  return finish(result, planned, options, io)
}

/** The secrets that other answers for the same endpoint point to. */
async function secretsIn(
  { answers }: ResumeOptions,
  { answers: { endpoint, target } }: Answered,
  io: Io,
): Promise<Secrets> {
  if (answers === undefined) return {}
  const given = await answersFromFile(answers, io)
  const other = given.answers
  if (other.endpoint === endpoint && other.target.kind === target.kind) return secretsOf(given)
  throw usage(
    `${answers} is for ${other.endpoint} (${other.target.kind}), not for ${endpoint} (${target.kind}).`,
    'With --resume, only the secrets of --answers are read: name the answers of this endpoint.',
  )
}
