import { formatLimit } from '../../duration.ts'
import { Problem, problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'

/** The end of a wait or op: exit 124. */
export function tooLong(limitMs: number, seen: string) {
  return problem(exitCodes.waited, {
    id: 'wait.too-long',
    title: `It is not as wanted after ${formatLimit(limitMs)}.`,
    evidence: seen,
    why: 'It may only need more time.',
    fix: 'Take it up again when it is ready: the same command goes on where it stopped.',
  })
}

/** The user left a wait with `q`: exit 75. */
export function left(seen: string) {
  return problem(exitCodes.later, {
    id: 'wait.left',
    title: 'The wait was left.',
    evidence: seen,
    why: 'Nothing is lost by waiting longer.',
    fix: 'Take it up again when it is ready: the same command goes on where it stopped.',
  })
}

export function isTooLong(error: unknown): boolean {
  return error instanceof Problem && error.findings[0]?.id === 'wait.too-long'
}
