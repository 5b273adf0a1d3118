import { Problem } from '../../errors.ts'
import type { ExitCode } from '../../exit-codes.ts'
import type { Explanation } from '../plan.ts'

/** What a tool's or server's words mean, as the problem that the plan has for them. */
export function explained(known: Explanation, subject: string, evidence: string): Problem {
  const { id, exit, title, why, fix } = known
  return new Problem(exit as ExitCode, [
    { id, severity: 'blocks', title, subject, evidence, why, fix },
  ])
}
