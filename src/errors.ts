import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Finding } from './findings.ts'
import { type GeneralFindingId, generalFindings } from './general-findings.ts'

/**
 * Something that a user or the world caused: it is shown as findings, never as a stack trace.
 * Everything else that is thrown is a bug of ours (exit 70).
 */
export class Problem extends Error {
  readonly exit: ExitCode
  readonly findings: readonly Finding[]

  constructor(exit: ExitCode, findings: readonly Finding[], options?: ErrorOptions) {
    super(findings.map(({ title }) => title).join(' '), options)
    this.name = 'Problem'
    this.exit = exit
    this.findings = findings
  }
}

/** A problem in one line: the title of its first finding. */
export function titleOf({ findings, message }: Problem): string {
  return findings[0]?.title ?? message
}

/** One finding that stops the command; the table's words stand where nothing is given. */
export function problem(
  exit: ExitCode,
  found: { id: GeneralFindingId; fix: string } & Partial<Finding>,
  options?: ErrorOptions,
): Problem {
  const whole: Finding = { subject: '', evidence: '', ...generalFindings[found.id], ...found }
  return new Problem(exit, [whole], options)
}

/** A wrong or missing flag or answer: exit 2. */
export function usage(title: string, fix: string, why?: string): Problem {
  return problem(exitCodes.usage, { id: 'usage', title, fix, ...(why ? { why } : {}) })
}

/** The user stopped the command (Ctrl-C), or the system ended it. */
export class Interrupted extends Error {
  readonly exit: ExitCode

  constructor(exit: ExitCode = exitCodes.interrupted) {
    super('interrupted')
    this.name = 'Interrupted'
    this.exit = exit
  }
}
