import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Answered } from '../answers/answers.ts'
import { answersText } from '../answers/save.ts'
import type { Secrets } from '../answers/secret.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Front } from '../front/front.ts'
import { lastLine } from '../front/words/last-line.ts'
import { span } from '../front/words/line.ts'
import { reviewLines, stepLines } from '../front/words/plan.ts'
import { summaryLines } from '../front/words/summary.ts'
import { opsOf } from '../ops/index.ts'
import type { Verb } from '../plan/plan.ts'
import { shellScript } from '../plan/shell/script.ts'
import { createShow } from '../plan/show.ts'
import { writeFileAtomic } from '../record/write.ts'
import type { Rehearsal } from '../rehearsal/rehearse.ts'
import { carryOut, placesOf } from '../road/carry-out.ts'
import type { Planned } from '../road/make-plan.ts'
import { columnsOf, type Io, printErr } from './io.ts'
import { type GoOptions, mustBeExpected, rehearse, takenUpOrPlanned, targetOf } from './planning.ts'
import { watchEndpoints } from './status.ts'

export interface Reviewing {
  io: Io
  options: GoOptions
  secrets: Secrets
  verb: Verb
  /** Whether the answers are saved for another run: a wizard's are, recorded ones are there already. */
  saves: boolean
}

/**
 * Shows the plan and does what is chosen. `change` leads back to the answers; an exit code ends the
 * command.
 */
export async function reviewAndRun(
  front: Front,
  answered: Answered,
  reviewing: Reviewing,
): Promise<ExitCode | 'change'> {
  const { io, options, secrets } = reviewing
  const target = await targetOf(answered)
  if (options.rehearse) return rehearseIt(front, answered, reviewing)
  const planned = await front.busy(`Read ${target.title} and make the plan`, () =>
    takenUpOrPlanned(reviewing.verb, answered, target, io, options, secrets),
  )
  mustBeExpected(planned.plan, options.expectPlan)
  const saveAs = await freePath(io.world.cwd, answered)
  let rehearsed = false
  for (;;) {
    const choice = await front.review({
      plan: planned.plan,
      review: reviewLines(planned.plan),
      commands: commandLines(planned, io),
      script: await shellScript(planned, io.world),
      ...(reviewing.saves ? { saveAs: `./${basename(saveAs)}` } : {}),
      rehearsed,
    })
    if (choice === 'change' || choice === 'back') return 'change'
    if (choice === 'rehearse') {
      rehearsed = (await rehearseIt(front, answered, reviewing)) === exitCodes.done
    } else if (choice === 'save' || options.plan) {
      await saveAnswers(front, saveAs, answered, io)
      return exitCodes.done
    } else {
      return runIt(front, planned, saveAs, reviewing)
    }
  }
}

function commandLines(planned: Planned, { world }: Io) {
  const show = createShow(placesOf(planned, world), { tilde: true })
  return stepLines(planned.plan, opsOf(planned.target), show)
}

async function rehearseIt(
  front: Front,
  answered: Answered,
  { io, options, secrets, verb }: Reviewing,
): Promise<ExitCode> {
  const target = await targetOf(answered)
  const rehearsal = await rehearse(answered, target, options, io)
  try {
    const { world } = rehearsal
    const planned = await takenUpOrPlanned(verb, answered, target, { ...io, world }, {}, secrets)
    return await watchRun(front, planned, { ...io, world }, { secrets, rehearsal })
  } finally {
    await rehearsal.close()
  }
}

async function runIt(
  front: Front,
  planned: Planned,
  saveAs: string,
  { io, secrets, saves }: Reviewing,
): Promise<ExitCode> {
  const exit = await watchRun(front, planned, io, { secrets })
  if (saves) await saveAnswers(front, saveAs, planned.answered, io)
  if (exit === exitCodes.done) await watchEndpoints(front, [planned.plan.endpoint], io)
  return exit
}

/** Runs a plan with the front drawing it, and prints how it ended. */
export async function watchRun(
  front: Front,
  planned: Planned,
  io: Io,
  more: { secrets: Secrets; rehearsal?: Rehearsal; undo?: boolean },
): Promise<ExitCode> {
  const view = front.run(planned.plan)
  const { world, signal } = io
  const result = await carryOut({
    planned,
    world,
    signal,
    onEvent: view.onEvent,
    pause: view.pause,
    ask: view.ask,
    ...(more.rehearsal ? { rehearsal: more.rehearsal } : { decide: view.decide }),
    secrets: more.secrets,
    undo: more.undo === true,
  }).finally(() => view.close())
  const rehearsed = more.rehearsal !== undefined
  const { printed, last } = await summaryLines(result, planned, { ...io, rehearsed })
  // a screen that draws the run says itself how it was stopped or left
  const left = result.problem?.findings[0]?.id.startsWith('wait.') === true
  const said = io.meet === 'ink' && (result.outcome === 'interrupted' || left)
  if (!said) front.print(printed)
  if (!rehearsed || result.exit !== 0) printErr(io, [lastLine(result.exit, last, columnsOf(io))])
  return result.exit
}

/** Saves the answers that replay this run, and says the command. The user's own files stay as they are. */
export async function saveAnswers(
  front: Front,
  path: string,
  { answers }: Answered,
  io: Io,
): Promise<void> {
  if (!existsSync(path)) await writeFileAtomic(path, answersText(answers), 0o644)
  const command = `secure-endpoint init --answers ./${basename(path)}`
  const why = columnsOf(io) < 60 ? [] : [span('    this run again', 'quiet')]
  front.print([[span('  answers    ', 'quiet'), span(command), ...why]])
}

/** `./NAME.yaml`, or the first free `./NAME-2.yaml` where another content lies there. */
export async function freePath(cwd: string, { answers }: Answered): Promise<string> {
  const text = answersText(answers)
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? answers.endpoint : `${answers.endpoint}-${number}`
    const path = join(cwd, `${name}.yaml`)
    if (!existsSync(path) || (await readFile(path, 'utf8')) === text) return path
    if (number > 99) return join(dirname(path), `${name}-${Date.now()}.yaml`)
  }
}
