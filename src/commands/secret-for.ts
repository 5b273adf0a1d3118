import type { Answered } from '../answers/answers.ts'
import type { Secrets } from '../answers/secret.ts'
import { Problem } from '../errors.ts'
import type { Front } from '../front/front.ts'
import { aboutTarget } from '../targets/index.ts'

/**
 * Asks for the secret that a target misses or refuses, hidden, where that is what went wrong. It is
 * kept for this process alone.
 *
 * @returns whether one was given, so that the same can be tried again
 */
export async function secretFor(
  front: Pick<Front, 'secret'>,
  { findings }: Problem,
  { answers }: Answered,
  secrets: Secrets,
): Promise<boolean> {
  const [found] = findings
  const questions = aboutTarget(answers.target.kind).questions
  const question = questions.find(
    ({ id, askedOn = [] }) =>
      found !== undefined &&
      askedOn.includes(found.id) &&
      (found.id !== 'answers.secret-missing' || found.subject === id),
  )
  if (!question) return false
  const { id, text, noun } = question
  const wrong = secrets[id] === undefined ? undefined : `It is refused: ${found?.evidence}`
  const typed = await front.secret(text, noun, wrong)
  if (typed === undefined) return false
  secrets[id] = typed
  return true
}

/** Does something again for as long as it lacks a secret that somebody types. */
export async function asking<T>(
  front: Pick<Front, 'secret'>,
  answered: Answered,
  secrets: Secrets,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (!(await secretFor(front, error, answered, secrets))) throw error
    }
  }
}
