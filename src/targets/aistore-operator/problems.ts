import { Problem } from '../../errors.ts'
import type { ExitCode } from '../../exit-codes.ts'
import { finding, type Occurrence } from '../../findings.ts'
import { operatorFindings } from './findings.ts'

/** One finding of the operator's target that stops a step. */
export function operatorProblem(
  id: keyof typeof operatorFindings,
  exit: ExitCode,
  occurrence: Occurrence,
): Problem {
  return new Problem(exit, [finding(operatorFindings, id, occurrence)])
}
