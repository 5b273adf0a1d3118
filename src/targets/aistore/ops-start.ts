import { setMaxListeners } from 'node:events'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { oneLine } from '../../process/plain-text.ts'
import { quoteCommand } from '../../process/quote.ts'
import { succeeded } from '../../process/tool.ts'
import { toolProblem } from '../../process/tool-problem.ts'
import type { Api } from './api.ts'
import { nodeLabel } from './cluster.ts'
import { aistoreFindings } from './findings.ts'
import { rowsOf } from './ops-ready.ts'
import { apiOf, placeOf } from './place.ts'
import { aistoreProblem } from './problems.ts'
import { lookAtListeners, standingOf } from './standing.ts'
import { readState, wrongIn } from './state.ts'

/** Milliseconds: a command that fails sooner has not waited for a node in vain. */
const atOnceMs = 10_000
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
    const wanted = scheme as 'http' | 'https'
    const place = placeOf(at)
    const look = async (api: Api, signal: AbortSignal) => {
      const looking = { api, signal, leaf: String(leaf ?? ''), ports: ports as 'all' | 'public' }
      const state = await readState(place, api)
      const serves = await lookAtListeners(place.nodes, looking)
      const rows = rowsOf(state, wrongIn(state, place, wanted), serves, wanted)
      const well = rows.filter(row => row.state === 'done').length
      return { seen: `${well} of ${rows.length} nodes are back`, standing: standingOf(rows) }
    }
    const { clock } = ctx.world
    const began = clock.elapsed()
    try {
      return await showing(at, look, ctx, () => runStart(argv as string[], Number(limitMs), ctx))
    } catch (error) {
      if (clock.elapsed() - began > atOnceMs) ctx.finding(leftRunning(at))
      throw error
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

function leftRunning(at: Json | undefined) {
  const nodes = placeOf(at).nodes.map(nodeLabel).join(', ')
  return finding(aistoreFindings, 'aistore.left-running', {
    subject: nodes,
    evidence: 'the command that starts the nodes did not succeed',
    fix: 'Where each node runs: pgrep -a aisnode; end one that has no port with kill -9 and its number; then run the same command again.',
  })
}

/** Runs the command of the answers, with some variables on top of our own environment. */
export async function runStart(
  [program = '', ...rest]: readonly string[],
  limitMs: number,
  ctx: Performing,
  env?: Record<string, string>,
): Promise<Json> {
  const path = program.includes('/') ? resolve(ctx.userFolder, program) : program
  const result = await ctx.run({
    argv: [ctx.rehearsal ? program : path, ...rest],
    limitMs,
    signal: ctx.signal,
    cwd: ctx.userFolder,
    ...(env === undefined ? {} : { env }),
    onLine: line => {
      const safe = oneLine(ctx.redact(line))
      if (safe !== '') ctx.say(safe, { line: true })
    },
  })
  if (!succeeded(result)) throw toolProblem(result, limitMs)
  return { started: true, seen: ctx.rehearsal ? 'shown, not run' : 'it ended with 0' }
}

type LookAt = (
  api: Api,
  signal: AbortSignal,
) => Promise<{ seen: string; standing: ReturnType<typeof standingOf> }>

/** Looks again and again at a cluster, and says what is seen, until something else has ended. */
export async function showing<T>(
  at: Json | undefined,
  look: LookAt,
  ctx: Performing,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const shown = show(at, look, over.signal, ctx)
  try {
    return await work()
  } finally {
    over.abort()
    await shown
  }
}

async function show(
  at: Json | undefined,
  look: LookAt,
  over: AbortSignal,
  ctx: Performing,
): Promise<void> {
  const signal = AbortSignal.any([over, ctx.signal])
  setMaxListeners(0, signal) // every listener that is asked listens for the stop
  try {
    const api = await apiOf(placeOf(at), { ...ctx, signal })
    while (!signal.aborted) {
      const { seen, standing } = await look(api, signal)
      if (!signal.aborted) ctx.say(seen, { standing })
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
