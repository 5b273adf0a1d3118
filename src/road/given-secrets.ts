import type { Answered } from '../answers/answers.ts'
import type { Secrets } from '../answers/secret.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { readGeneration } from '../record/generation.ts'
import { recordPaths } from '../record/paths.ts'
import type { Target } from '../targets/target.ts'
import type { World } from '../world.ts'
import type { Unfinished } from './unfinished.ts'

/** The question that a passphrase answers. */
export const passphraseQuestion = 'certificate.passphrase'

type Questions = Pick<Target, 'questions'>

/** Names of the secrets that a run has of those that its target asks for; what they are is kept nowhere. */
export function namesOfGiven({ questions }: Questions, secrets: Secrets): string[] {
  const known = ['passphrase', ...questions.map(({ id }) => id)]
  return known.filter(name => secrets[name] !== undefined)
}

/**
 * Refuses to take a run up without a secret that it was given and that its answers do not point to: its
 * steps need it again, and would fail in the middle.
 *
 * @throws Problem with exit 2, whose subject is the id of the question of what is missing
 */
export async function mustHaveSecrets(
  unfinished: Pick<Unfinished, 'secrets' | 'answered' | 'generation'>,
  { questions }: Questions,
  secrets: Secrets,
  world: Pick<World, 'stateFolder'>,
): Promise<void> {
  const { secrets: given = [], answered, generation } = unfinished
  const { endpoint } = answered.answers
  const paths = recordPaths(world.stateFolder, endpoint)
  for (const name of given.filter(each => secrets[each] === undefined)) {
    // the pair lies there open: nothing is left that a passphrase opens
    if (name === 'passphrase' && (await readGeneration(paths, generation))?.leaf) continue
    const noun = questions.find(({ id }) => id === name)?.noun ?? 'passphrase'
    throw neededAgain(answered, name === 'passphrase' ? passphraseQuestion : name, noun)
  }
}

function neededAgain({ answers: { endpoint } }: Answered, question: string, noun: string) {
  const what = /^[A-Z][a-z]/.test(noun) ? noun.toLowerCase() : noun
  return problem(exitCodes.usage, {
    id: 'answers.secret-missing',
    title: `The ${what} that was typed when this run of ${endpoint} began is needed again.`,
    subject: question,
    evidence: `${question} is not in the answers of that run`,
    why: 'What is typed is kept nowhere, and there is no terminal to ask on.',
    fix: `Put ${question}: {file: PATH} (or {fd: 3}, called with 3<PATH) into a copy of the answers and name it: secure-endpoint init --resume ${endpoint} --answers FILE`,
  })
}
