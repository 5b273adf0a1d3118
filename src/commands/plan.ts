import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Verb } from '../plan/plan.ts'
import { makePlan } from '../road/make-plan.ts'
import { recordedAnswers } from './endpoint-of.ts'
import { answersFromFile, secretsOf } from './get-answers.ts'
import { printPlan } from './go.ts'
import type { Io } from './io.ts'
import { rehearse, targetOf, tellFetch } from './planning.ts'

export interface PlanOptions {
  answers?: string
  format?: 'text' | 'json' | 'sh'
  json?: boolean
  rehearse?: boolean
  verb?: Verb
}

/** What a run would do: every command, file and wait, with where each value came from. Changes nothing. */
export async function plan(
  name: string | undefined,
  options: PlanOptions,
  io: Io,
): Promise<ExitCode> {
  const answered =
    options.answers !== undefined
      ? await answersFromFile(options.answers, io)
      : name !== undefined
        ? await recordedAnswers(name, io.world)
        : undefined
  if (!answered)
    throw usage(
      'What shall be planned is missing.',
      'Name answers with --answers FILE, or a recorded endpoint.',
    )
  const target = await targetOf(answered)
  const rehearsal = options.rehearse ? await rehearse(answered, target, {}, io) : undefined
  try {
    const world = rehearsal?.world ?? io.world
    const secrets = await secretsOf(answered)
    const verb = options.verb ?? 'enable'
    const onFetch = tellFetch(io)
    const planned = await makePlan({
      ...{ verb, answered, target, world, secrets },
      ...(onFetch ? { onFetch } : {}),
    })
    if (options.format === 'sh') {
      const { shellScript } = await import('../plan/shell/script.ts')
      io.stdout.write(await shellScript(planned, world))
    } else {
      printPlan(
        planned,
        { json: options.json === true || options.format === 'json' },
        { ...io, world },
      )
    }
    return exitCodes.done
  } finally {
    await rehearsal?.close()
  }
}
