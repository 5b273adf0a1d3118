import { Problem } from '../errors.ts'
import { finding } from '../findings.ts'
import type { Json } from '../plan/plan.ts'
import { quoteCommand } from '../process/quote.ts'
import type { RunTool } from '../process/tool.ts'
import { tail, toolProblem } from '../process/tool-problem.ts'
import { type AzFailure, ends, failureOf } from './failures.ts'
import { azureFindings } from './findings.ts'

export interface AzCall {
  args: readonly string[]
  limitMs: number
  cwd?: string
}

export type AzAnswer =
  | { ok: true; value: Json }
  | { ok: false; failure: AzFailure; said: string; command: string }

/** What runs az: the real tool, or what stands for it. */
export interface AzContext {
  run: RunTool
  signal: AbortSignal
  onLine?: (line: string) => void
}

/** Output that az always gets asked for: its tables have bugs, its warnings are no part of an answer. */
export const jsonOnly = ['-o', 'json', '--only-show-errors'] as const

/**
 * Runs az and reads its JSON. What Azure refuses is a value, what prevents an answer throws.
 *
 * @throws Problem when az is missing, hangs or was ended from outside
 */
export async function az(call: AzCall, { run, signal, onLine }: AzContext): Promise<AzAnswer> {
  const { args, limitMs, cwd } = call
  const argv: [string, ...string[]] = ['az', ...args, ...jsonOnly]
  const result = await run({
    argv,
    limitMs,
    signal,
    ...(cwd === undefined ? {} : { cwd }),
    ...(onLine ? { onLine } : {}),
  })
  if (result.outcome !== 'ended') throw toolProblem(result, limitMs)
  const command = quoteCommand(argv)
  if (result.exit !== 0) {
    const text = `${result.stderr}\n${result.stdout}`
    return {
      ok: false,
      failure: failureOf(text),
      said: tail({ stdout: '', stderr: text }),
      command,
    }
  }
  return { ok: true, value: parsed(result.stdout) }
}

/** The problem that ends a command because of what az said. */
export function azProblem(
  answer: Extract<AzAnswer, { ok: false }>,
  more: { evidence?: string; subject?: string; fix?: string } = {},
): Problem {
  const { id, exit, fix } = ends[answer.failure]
  const shown = answer.failure === 'other' ? `See it yourself: ${answer.command} --debug` : fix
  const occurrence = { subject: 'az', evidence: answer.said, fix: shown, ...more }
  return new Problem(exit, [finding(azureFindings, id, occurrence)])
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null // az prints nothing where there is nothing, e.g. after a delete
  }
}
