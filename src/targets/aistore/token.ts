import { checkSecret } from '../../answers/checks.ts'
import type { Question } from '../../answers/question.ts'
import type { Secrets } from '../../answers/secret.ts'

export const tokenQuestion: Question = {
  id: 'target.token',
  text: 'Where is the token of an administrator?',
  noun: 'Token',
  help: 'A file (as ais auth login writes it) or descriptor; only where an AuthN server guards the cluster.',
  kind: 'secret',
  fallback: () => undefined,
  asked: false,
  check: checkSecret,
  askedOn: ['aistore.login'],
}

/** The token itself, or that in the file which `ais auth login` writes: `{"token": "…"}`. */
export function tokenIn(secrets: Secrets): string | undefined {
  const text = secrets[tokenQuestion.id]
  if (!text?.startsWith('{')) return text
  try {
    return String((JSON.parse(text) as { token?: unknown }).token ?? text)
  } catch {
    return text
  }
}
