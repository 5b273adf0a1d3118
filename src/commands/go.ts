import type { Answered } from '../answers/answers.ts'
import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { createLog } from '../front/log/log.ts'
import { lastLine } from '../front/words/last-line.ts'
import { span } from '../front/words/line.ts'
import { reviewLines, stepLines } from '../front/words/plan.ts'
import { summaryLines } from '../front/words/summary.ts'
import { opsOf } from '../ops/index.ts'
import type { Event } from '../plan/events.ts'
import type { Plan, Verb } from '../plan/plan.ts'
import type { RunResult } from '../plan/run.ts'
import { createShow } from '../plan/show.ts'
import { plainText } from '../process/plain-text.ts'
import { carryOut, placesOf } from '../road/carry-out.ts'
import type { Planned } from '../road/make-plan.ts'
import { secretsOf } from './get-answers.ts'
import { columnsOf, type Io, printErr, printJson, printOut } from './io.ts'
import { type GoOptions, mustBeExpected, rehearse, takenUpOrPlanned, targetOf } from './planning.ts'

/**
 * The road from answers to a record, without a screen: plan, agreement, run, and a line for each
 * event. `init --answers`, `rotate` and `disable` all end here.
 */
async function go(verb: Verb, answered: Answered, options: GoOptions, io: Io): Promise<ExitCode> {
  const target = await targetOf(answered)
  const rehearsal = options.rehearse ? await rehearse(answered, target, options, io) : undefined
  try {
    const world = rehearsal?.world ?? io.world
    const secrets = await secretsOf(answered)
    const planned = await takenUpOrPlanned(
      verb,
      answered,
      target,
      { ...io, world },
      options,
      secrets,
    )
    mustBeExpected(planned.plan, options.expectPlan)
    if (options.plan) {
      printPlan(planned, options, { ...io, world })
      return exitCodes.done
    }
    if (!options.json) printErr(io, reviewLines(planned.plan))
    if (!rehearsal && !options.yes) throw notAgreed(planned.plan)
    const result = await carryOut({
      planned,
      world,
      signal: io.signal,
      onEvent: createRenderer(options, io),
      secrets,
      ...(rehearsal ? { rehearsal } : {}),
    })
    return await finish(result, planned, options, { ...io, world })
  } finally {
    await rehearsal?.close()
  }
}

/**
 * The same with whoever is there: on a terminal the plan is reviewed and the run is watched, else
 * `--yes` must have agreed.
 */
export async function goWith(
  verb: Verb,
  answered: Answered,
  options: GoOptions,
  io: Io,
): Promise<ExitCode> {
  if (io.meet === 'none' || options.yes || options.plan || options.rehearse)
    return go(verb, answered, options, io)
  const [{ createFront }, { reviewAndRun }, { asking }] = await Promise.all([
    import('./create-front.ts'),
    import('./review.ts'),
    import('./secret-for.ts'),
  ])
  const front = await createFront(io)
  const secrets = await secretsOf(answered)
  const reviewing = { io, options, secrets, verb, saves: false }
  const ended = await asking(front, answered, secrets, () =>
    reviewAndRun(front, answered, reviewing),
  )
  if (ended !== 'change') return ended
  printErr(io, [lastLine(exitCodes.done, 'nothing was changed', columnsOf(io))])
  return exitCodes.done
}

function notAgreed({ endpoint }: Plan) {
  return usage(
    `Nobody agreed to the plan for ${endpoint}, and there is no terminal to ask on.`,
    'Look at it with --plan, then add --yes.',
    'Nothing is changed before somebody has agreed to it.',
  )
}

/** Prints a plan as text or as one JSON document. */
export function printPlan(planned: Planned, { json }: GoOptions, io: Io): void {
  const { plan, target } = planned
  if (json) {
    printJson(io, plan)
    return
  }
  const show = createShow(placesOf(planned, io.world), { tilde: true })
  printOut(io, [...reviewLines(plan), [span('')], ...stepLines(plan, opsOf(target), show)])
}

/** NDJSON, or the plain log. */
export function createRenderer({ json }: GoOptions, io: Io): (event: Event) => void {
  if (json) return event => io.stdout.write(`${JSON.stringify(event)}\n`)
  return createLog(text => io.stdout.write(`${plainText(text)}\n`))
}

/** The end of a run for people: what is served, or what is left and how it goes on. */
export async function finish(
  result: RunResult,
  planned: Planned,
  { json, rehearse: rehearsed }: GoOptions,
  io: Io,
): Promise<ExitCode> {
  if (!json) {
    const lines = await summaryLines(result, planned, { ...io, rehearsed: rehearsed === true })
    printOut(io, lines.printed)
    printErr(io, [lastLine(result.exit, lines.last, columnsOf(io))])
  }
  return result.exit
}
