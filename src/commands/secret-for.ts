import type { Answered } from '../answers/answers.ts'
import type { Secrets } from '../answers/secret.ts'
import { Problem } from '../errors.ts'
import type { Front } from '../front/front.ts'
import { passphraseQuestion } from '../road/given-secrets.ts'
import { aboutTarget } from '../targets/index.ts'

type Asking = Pick<Front, 'secret' | 'passphrase'>

/**
 * Asks for the secret that a target misses or refuses, or that a run which is taken up needs again,
 * hidden, where that is what went wrong. It is kept for this process alone.
 *
 * @returns whether one was given, so that the same can be tried again
 */
export async function secretFor(
  front: Asking,
  { findings }: Problem,
  { answers }: Answered,
  secrets: Secrets,
): Promise<boolean> {
  const [found] = findings
  const isMissing = found?.id === 'answers.secret-missing'
  if (isMissing && found.subject === passphraseQuestion) {
    const opened = 'key' in answers.certificate ? answers.certificate.key : undefined
    const typed = await front.passphrase(opened ?? 'the key', undefined)
    if (typed !== undefined) secrets.passphrase = typed
    return typed !== undefined
  }
  const questions = aboutTarget(answers.target.kind).questions
  const question = questions.find(
    ({ id, kind, askedOn = [] }) =>
      found !== undefined &&
      kind === 'secret' &&
      (isMissing ? found.subject === id : askedOn.includes(found.id)),
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
  front: Asking,
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
