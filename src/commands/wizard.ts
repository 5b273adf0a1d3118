import { type Answered, assemble } from '../answers/answers.ts'
import { askedQuestions, goTo, type Interview, startInterview } from '../answers/interview.ts'
import type { Draft, Found, Question, Search } from '../answers/question.ts'
import { questionsFor } from '../answers/questions.ts'
import type { Secrets } from '../answers/secret.ts'
import { Problem } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Front } from '../front/front.ts'
import { targets } from '../targets/index.ts'
import type { Io } from './io.ts'
import type { GoOptions } from './planning.ts'
import { problemLines } from './report.ts'
import { secretFor } from './secret-for.ts'

/** The interview, the review and the run, with a person at the terminal. */
export async function secure(
  front: Front,
  io: Io,
  options: GoOptions & { target?: string },
): Promise<ExitCode> {
  const questions = questionsFor(targets)
  const folder = io.world.cwd
  const start: Draft =
    options.target === undefined ? {} : { 'target.kind': { value: options.target, from: 'answer' } }
  let interview: Interview = startInterview(start, questions)
  const secrets: Secrets = {}
  for (;;) {
    const rehearses = options.rehearse === true
    const asked = await askAll(front, interview, { questions, folder, io, secrets, rehearses })
    if (asked === 'left') return exitCodes.done
    const whole = { draft: await withFound(asked.draft, questions, io, folder) }
    const answered = assemble(whole.draft, questions, folder)
    const next = await tryToRun(front, answered, whole, { questions, io, options, secrets })
    if (typeof next === 'number') return next
    interview = next
  }
}

interface Surroundings {
  questions: readonly Question[]
  folder: string
  io: Io
  secrets: Secrets
  rehearses: boolean
}

/**
 * Asks what is open. The certificate's files are judged as soon as they are named, before anything of
 * the target is asked and before any tool is called.
 */
async function askAll(
  front: Front,
  from: Interview,
  { questions, folder, io, secrets, rehearses }: Surroundings,
): Promise<Interview | 'left'> {
  const border = questions.findIndex(({ id }) => id === 'target.kind')
  const first = questions.slice(0, border)
  const asking = { find: finder(io, folder), all: questions }
  let interview = from
  for (;;) {
    if (first.some(({ id }) => id === interview.at)) {
      const early = await front.interview(interview, { ...asking, questions: first })
      if (!early) return 'left'
      const { gateEarly } = await import('./early-gate.ts')
      const judged = await gateEarly(front, early, { questions, folder, io, secrets, rehearses })
      if (judged === 'leave') throw new Problem(exitCodes.data, [])
      if (judged.next === 'ask') {
        interview = judged.interview
        continue
      }
      interview = startInterview(judged.interview.draft, questions)
    }
    if (interview.at === undefined) return interview
    const all = await front.interview(interview, { ...asking, questions })
    if (all && first.some(({ id }) => id === all.at)) interview = all
    else if (all) return all
    else interview = goTo(interview, askedQuestions(interview.draft, first).at(-1)?.id ?? 'domain')
  }
}

function finder(io: Io, folder: string) {
  const cache = new Map<string, Promise<Found>>()
  return (
    question: Question,
    { draft }: Interview,
    typed: string,
    again = false,
  ): Promise<Found> => {
    const key = `${question.id} ${typed}`
    const search: Search = { world: io.world, answers: draft, folder, typed, signal: io.signal }
    const found =
      (!again && cache.get(key)) || (question.find?.(search) ?? Promise.resolve({ choices: [] }))
    cache.set(key, found)
    return found
  }
}

/** What the machine knows for questions that nobody is asked, so that the saved file does not hang on it. */
async function withFound(
  draft: Draft,
  questions: readonly Question[],
  io: Io,
  folder: string,
): Promise<Draft> {
  const kind = String(draft['target.kind']?.value)
  const silent = questions.filter(
    each =>
      !each.asked && each.find && !draft[each.id] && each.when?.some(({ is }) => is.includes(kind)),
  )
  const found = await Promise.all(
    silent.map(async question => {
      const search: Search = {
        world: io.world,
        answers: draft,
        folder,
        typed: '',
        signal: io.signal,
      }
      const { choices } = await (question.find as NonNullable<Question['find']>)(search)
      return choices.length === 1 && choices[0]
        ? [[question.id, { value: choices[0].value, from: 'found' as const }] as const]
        : []
    }),
  )
  return { ...draft, ...Object.fromEntries(found.flat()) }
}

/** Plans and runs; what goes wrong before the run leads back to the answers. */
async function tryToRun(
  front: Front,
  answered: Answered,
  asked: Interview,
  {
    questions,
    io,
    options: given,
    secrets,
  }: Omit<Surroundings, 'folder' | 'rehearses'> & { options: GoOptions },
): Promise<ExitCode | Interview> {
  let options = given
  // loaded while the first questions were answered
  const [{ passphraseFor }, { freePath, reviewAndRun, saveAnswers }, { resume }] =
    await Promise.all([import('./early-gate.ts'), import('./review.ts'), import('./resume.ts')])
  for (;;) {
    try {
      const ended = await reviewAndRun(front, answered, {
        io,
        options,
        secrets,
        verb: 'enable',
        saves: true,
      })
      if (typeof ended === 'number') return ended
      return changed(front, asked, questions)
    } catch (error) {
      if (!(error instanceof Problem) || error.findings.length === 0) throw error
      if (error.findings[0]?.id === 'cert.answer-waits') {
        // hours or days may pass: what was answered is kept, and replays the rest
        await saveAnswers(front, await freePath(io.world.cwd, answered), answered, io)
        throw error
      }
      const given =
        (await passphraseFor(front, error, secrets)) ||
        (await secretFor(front, error, answered, secrets))
      if (given) continue
      front.print(problemLines(error, io))
      const choice = await front.choose('What now?', [
        ...(error.findings[0]?.id === 'record.unfinished'
          ? [
              { value: 'finish' as const, title: 'Finish that run' },
              {
                value: 'abandon' as const,
                title: 'Leave it as it is, and go on with these answers',
              },
            ]
          : [{ value: 'again' as const, title: 'Look again' }]),
        { value: 'change', title: 'Change an answer' },
        { value: 'leave', title: `Leave (exit ${error.exit})` },
      ])
      if (choice === 'leave') return error.exit
      if (choice === 'finish') return resume(answered.answers.endpoint, {}, io)
      if (choice === 'abandon') options = { ...options, abandon: true }
      if (choice === 'change' || choice === undefined) return changed(front, asked, questions)
    }
  }
}

async function changed(
  front: Front,
  asked: Interview,
  questions: readonly Question[],
): Promise<Interview> {
  const id = await front.change(asked, questions)
  return id === undefined ? asked : goTo(asked, id)
}
