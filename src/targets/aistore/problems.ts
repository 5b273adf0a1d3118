import { Problem } from '../../errors.ts'
import type { ExitCode } from '../../exit-codes.ts'
import { finding, type Occurrence } from '../../findings.ts'
import { aistoreFindings } from './findings.ts'

/** One finding of AIStore that stops a step. */
export function aistoreProblem(
  id: keyof typeof aistoreFindings,
  exit: ExitCode,
  occurrence: Occurrence,
): Problem {
  return new Problem(exit, [finding(aistoreFindings, id, occurrence)])
}
