import { resolve } from 'node:path'
import { durationMs } from '../../duration.ts'
import { exitCodes } from '../../exit-codes.ts'
import { oneLine, plainText } from '../../process/plain-text.ts'
import type { ToolResult } from '../../process/tool.ts'
import { tail, toolFinding, toolProblem } from '../../process/tool-problem.ts'
import type { Performing } from '../op.ts'
import type { Exec, Json } from '../plan.ts'
import { type Answer, allHold, holds } from '../predicate.ts'
import { askedAhead } from '../recent.ts'
import { resolveText } from '../text.ts'
import { explained } from './explained.ts'

/** The same as `execAct`, but an answer that is not as expected is an answer, not a problem. */
export async function execLook(act: Exec, ctx: Performing): Promise<Answer> {
  return answerOf(await runExec(act, ctx))
}

/** Runs a command and holds its answer against what the step expects (exit 0 by default). */
export async function execAct(act: Exec, ctx: Performing): Promise<Answer> {
  const result = await runExec(act, ctx)
  const answer = answerOf(result)
  if (allHold(act.expect ?? [{ exit: [0] }], answer)) return answer
  const known = act.explains?.find(each => holds(each.when, answer))
  if (known) throw explained(known, result.argv[0] ?? '', tail(result))
  if (result.exit !== 0) throw toolProblem(result, durationMs(act.limit))
  const name = result.argv[0] ?? ''
  const title = `${name} answered something that cannot be understood.`
  const fix = `Look whether this is the ${name} that you mean: type -a ${name}`
  throw toolFinding(exitCodes.unavailable, 'tool.rubbish', name, title, tail(result), fix)
}

async function runExec(act: Exec, ctx: Performing): Promise<ToolResult> {
  const { bindings } = ctx
  const [program = '', ...rest] = act.argv.map(each => resolveText(each, bindings))
  const known = askedAhead({ argv: [program, ...rest] }, ctx)
  if (known) return known
  const env = Object.entries(act.env ?? {}).map(([key, value]) => [
    key,
    resolveText(value, bindings),
  ])
  const limitMs = durationMs(act.limit)
  const result = await ctx.run({
    argv: [program, ...rest],
    limitMs,
    signal: ctx.signal,
    cwd: resolve(ctx.userFolder, act.cwd === undefined ? '.' : resolveText(act.cwd, bindings)),
    env: Object.fromEntries(env),
    ...(act.stdin === undefined ? {} : { stdin: resolveText(act.stdin, bindings) }),
    onLine: line => {
      const safe = oneLine(ctx.redact(line))
      if (safe !== '') ctx.say(safe, { line: true })
    },
  })
  if (result.outcome !== 'ended') throw toolProblem(result, limitMs)
  return result
}

function answerOf(result: ToolResult): Answer {
  const text = plainText(`${result.stdout}\n${result.stderr}`)
  return { exit: result.exit, text, json: parseJson(result.stdout), seen: lastLine(text) }
}

function parseJson(text: string): Json | undefined {
  const trimmed = text.trim()
  if (!/^[[{"]/.test(trimmed)) return undefined
  try {
    return JSON.parse(trimmed) as Json
  } catch {
    return undefined
  }
}

function lastLine(text: string): string {
  return oneLine(text.trim().split('\n').at(-1) ?? '').slice(0, 200)
}
