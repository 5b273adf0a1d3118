import { setMaxListeners } from 'node:events'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { exitCodes } from '../../exit-codes.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { oneLine } from '../../process/plain-text.ts'
import { quoteCommand } from '../../process/quote.ts'
import { succeeded } from '../../process/tool.ts'
import { toolProblem } from '../../process/tool-problem.ts'
import { rowsOf } from './ops-ready.ts'
import { apiOf, placeOf } from './place.ts'
import { aistoreProblem } from './problems.ts'
import { lookAtListeners, standingOf } from './standing.ts'
import { readState, wrongIn } from './state.ts'

/** Milliseconds between two looks while the command runs. */
const lookMs = 1_000

/** Whether the command that starts the nodes is there: `{argv}`; asked before they are shut down. */
export const commandOp: Op = {
  changes: false,
  async run({ argv }, ctx): Promise<Json> {
    const [program = ''] = argv as string[]
    const path = ctx.rehearsal ? program : await found(program, ctx)
    if (path !== undefined) return { seen: path }
    throw aistoreProblem('aistore.no-command', exitCodes.unavailable, {
      subject: program,
      evidence: `${program} is no program here`,
      fix: 'Put the path of a program into target.restart, or leave it out and start the nodes by hand.',
    })
  },
  printed: ({ argv }) => [`type ${quoteCommand((argv as string[]).slice(0, 1))}`],
  shell: ({ argv }, sh) => [
    `type -P ${sh.word((argv as string[])[0] ?? '')} >/dev/null || return 69`,
  ],
}

/**
 * Runs the command that starts the nodes, and shows meanwhile where each of them stands:
 * `{at, argv, scheme, leaf, ports, limitMs}`.
 */
export const startOp: Op = {
  changes: true,
  async run({ at, argv, scheme, leaf, ports, limitMs }, ctx): Promise<Json> {
    const [program = '', ...rest] = argv as string[]
    const path = program.includes('/') ? resolve(ctx.userFolder, program) : program
    const over = new AbortController()
    const shown = show({ at, scheme, leaf, ports }, over.signal, ctx)
    try {
      const result = await ctx.run({
        argv: [ctx.rehearsal ? program : path, ...rest],
        limitMs: Number(limitMs),
        signal: ctx.signal,
        cwd: ctx.userFolder,
        onLine: line => {
          const safe = oneLine(ctx.redact(line))
          if (safe !== '') ctx.say(safe, { line: true })
        },
      })
      if (!succeeded(result)) throw toolProblem(result, Number(limitMs))
      return { started: true, seen: ctx.rehearsal ? 'shown, not run' : 'it ended with 0' }
    } finally {
      over.abort()
      await shown
    }
  },
  printed: ({ argv }) => [quoteCommand(argv as string[])],
  shell: ({ argv, limitMs }, sh) => {
    const words = (argv as string[]).map(sh.word)
    const seconds = Math.ceil(Number(limitMs) / 1000)
    return [
      `answer_of ${seconds} ${words.join(' ')}`,
      `holds '.exit == 0' || tool_failed ${words[0]}`,
    ]
  },
}

/** A line for each node, until the command has ended. */
async function show(
  { at, scheme, leaf, ports }: Record<string, Json | undefined>,
  over: AbortSignal,
  ctx: Performing,
): Promise<void> {
  const place = placeOf(at)
  const wanted = scheme as 'http' | 'https'
  const signal = AbortSignal.any([over, ctx.signal])
  setMaxListeners(0, signal) // every listener that is asked listens for the stop
  try {
    const api = await apiOf(place, { ...ctx, signal })
    const looking = { api, signal, leaf: String(leaf ?? ''), ports: ports as 'all' | 'public' }
    while (!signal.aborted) {
      const state = await readState(place, api)
      const wrong = wrongIn(state, place, wanted)
      const serves = await lookAtListeners(place.nodes, looking)
      const rows = rowsOf(state, wrong, serves, wanted)
      const well = rows.filter(row => row.state === 'done').length
      if (!signal.aborted)
        ctx.say(`${well} of ${rows.length} nodes are back`, { standing: standingOf(rows) })
      await ctx.world.clock.sleep(lookMs, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function found(
  program: string,
  { world, userFolder }: Pick<Performing, 'world' | 'userFolder'>,
): Promise<string | undefined> {
  if (!program.includes('/')) return world.which(program)
  const path = resolve(userFolder, program)
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  )
}
