import type { Performing } from '../../src/plan/op.ts'
import type { Json, Step } from '../../src/plan/plan.ts'
import type { RunTool, ToolCall, ToolResult } from '../../src/process/tool.ts'
import { play } from './play.ts'

/** What a kubectl of a test says to the calls whose words match. */
export type Says = [words: RegExp, says: (call: ToolCall) => Partial<ToolResult>]

export interface FakeKubectl {
  run: RunTool
  calls: { words: string; stdin?: string | undefined }[]
}

/**
 * A kubectl of the test's own: the first row whose pattern fits the words of a call answers it. Calls
 * that never end (watch, port-forward) wait for their signal.
 */
export function fakeKubectl(rows: Says[]): FakeKubectl {
  const calls: FakeKubectl['calls'] = []
  return {
    calls,
    async run(call) {
      const words = call.argv.join(' ')
      calls.push({ words, stdin: call.stdin })
      const row = rows.find(([pattern]) => pattern.test(words))
      if (!row) throw new Error(`nothing is known of: ${words}`)
      const base = { argv: call.argv, outcome: 'ended', exit: 0, stdout: '', stderr: '' } as const
      const said: ToolResult = { ...base, tookMs: 0, ...row[1](call) }
      for (const line of said.stdout.split('\n')) if (line !== '') call.onLine?.(line)
      if (call.lasting && said.exit === 0) {
        await new Promise<void>(resolve => {
          if (call.signal?.aborted) resolve()
          call.signal?.addEventListener('abort', () => resolve(), { once: true })
        })
        return { ...said, outcome: 'aborted' }
      }
      return said
    },
  }
}

/** What an op is given, with this kubectl. */
export function ctxOf(run: RunTool, more: Partial<Performing> = {}): Performing {
  const { input } = play([], { run, world: { run } })
  const quiet = { say: () => {}, proof: () => {}, finding: () => {} }
  return { ...input.ctx, ...quiet, wait: async () => 'look', ...more }
}

export const place = { context: 'lab', namespace: 'feldera' }

/** A document as kubectl prints it. */
export function printed(value: unknown): string {
  return `${JSON.stringify(value, null, 4)}\n`
}

/** What a step gives to its op. */
export function inputOf({ act }: Step): Record<string, Json> {
  if (!('input' in act)) throw new Error('no op')
  return act.input as Record<string, Json>
}
