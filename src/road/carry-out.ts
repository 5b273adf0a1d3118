import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Secrets } from '../answers/secret.ts'
import type { Problem } from '../errors.ts'
import { opsOf } from '../ops/index.ts'
import type { Event, EventBody } from '../plan/events.ts'
import type { OpTable, Performing } from '../plan/op.ts'
import type { Step } from '../plan/plan.ts'
import { type Decision, type RunResult, runPlan, undoPlan } from '../plan/run.ts'
import { createShow, type Places, printedAct } from '../plan/show.ts'
import { withoutKeyBodies } from '../process/key-lines.ts'
import { plainText } from '../process/plain-text.ts'
import type { RunTool, ToolCall } from '../process/tool.ts'
import { currentGeneration, generationFolder } from '../record/generation.ts'
import { type Journal, openJournal } from '../record/journal.ts'
import { takeLock } from '../record/lock.ts'
import { lockPath } from '../record/paths.ts'
import { makeFolder, provesWritable } from '../record/write.ts'
import type { World } from '../world.ts'
import { namesOfGiven } from './given-secrets.ts'
import { createGrowingRedact } from './growing-redact.ts'
import type { Planned } from './make-plan.ts'
import { waitForOutlived } from './outlived.ts'
import { saveAnswersCopy } from './save-copy.ts'
import { clearUnfinished, readUnfinished, type Unfinished, writeUnfinished } from './unfinished.ts'

export interface CarryOut {
  planned: Planned
  world: World
  signal: AbortSignal
  onEvent(event: Event): void
  /** Cuts a wait short or leaves it; by default the time just passes. */
  pause?: (ms: number, signal: AbortSignal) => Promise<'look' | 'leave'>
  ask?: (question: string) => Promise<boolean>
  decide?: (step: Step, problem: Problem) => Promise<Decision>
  secrets?: Secrets
  /** Take back what an unfinished run has begun, instead of going on with it. */
  undo?: boolean
  /** What a rehearsal puts in the place of the real thing. */
  rehearsal?: { run: RunTool; ops: OpTable; limitCapMs: number }
}

/**
 * Runs a plan that was agreed to: lock, journal, steps, record. The same call takes up what an earlier
 * run of the same plan has left.
 */
export async function carryOut(input: CarryOut): Promise<RunResult> {
  const { planned, world, rehearsal } = input
  const { paths, plan, identity, answered } = planned
  await provesWritable(world.stateFolder)
  const lock = await takeLock(
    lockPath(world.stateFolder, identity),
    { identity, endpoint: plan.endpoint, verb: plan.verb },
    world,
  )
  const known = Object.values(input.secrets ?? {}).flatMap(each => each?.split('\n') ?? [])
  const { redact, learnKey } = createGrowingRedact(known)
  const releases: (() => Promise<void>)[] = []
  let journal: Journal | undefined
  try {
    await makeFolder(paths.folder)
    const opened = openJournal(paths.journal, redact)
    journal = opened
    await waitForOutlived(paths, world, input.signal)
    const run = randomBytes(5).toString('hex')
    const earlier = await begunBefore(planned)
    const begun = new Set(earlier?.begun)
    const named = earlier?.run ?? run
    const { generation, before } = planned
    const given = namesOfGiven(planned.target, input.secrets ?? {})
    const keep = () =>
      writeUnfinished(paths, {
        verb: plan.verb,
        answered,
        identity,
        generation,
        run: named,
        ...(before === undefined ? {} : { before }),
        ...(planned.offline ? { offline: true } : {}),
        begun: [...begun],
        ...(given.length > 0 ? { secrets: given } : {}),
        plan,
      })
    await keep()
    // a check leaves nothing behind: the next run need not know that it was begun
    const checks = new Set(plan.steps.filter(({ phase }) => phase === 'check').map(({ id }) => id))
    const leaves = (id: string) => !checks.has(id)
    const captures = new Map<string, string>()
    const places = placesOf(planned, world)
    const ops = { ...opsOf(planned.target), ...rehearsal?.ops }
    const show = createShow(places, { captures })
    let seq = 0
    const emit = (body: EventBody) => {
      seq += 1
      const time = new Date(world.clock.now()).toISOString()
      const event = JSON.parse(
        redact(JSON.stringify({ schema: 'secure-endpoint/event@1', run, seq, time, ...body })),
        (_key, value) => (typeof value === 'string' ? plainText(value) : value),
      ) as Event
      if (isJournaled(body)) {
        const { schema: _schema, ...line } = event
        opened.append(line)
      }
      input.onEvent(event)
    }
    const note = (line: Record<string, unknown> & { type: string }) =>
      opened.append({ time: new Date(world.clock.now()).toISOString(), run, ...line })
    const tool: RunTool = async call => {
      await learnKey(join(places.kept, 'key.pem'))
      const onStart: ToolCall['onStart'] = started => {
        const lasting = call.lasting ? { lasting: true } : {}
        note({ type: 'tool.started', argv: [...call.argv], ...started, ...lasting })
        call.onStart?.(started)
      }
      const onLine = call.onLine && withoutKeyBodies(call.onLine)
      const watched = { ...call, onStart, ...(onLine ? { onLine } : {}) }
      const result = await (rehearsal?.run ?? world.run)(watched)
      const { argv, outcome, exit, tookMs } = result
      note({ type: 'tool.ended', argv: [...argv], outcome, exit, tookMs })
      return result
    }
    const ctx: Omit<Performing, 'say' | 'proof' | 'finding' | 'wait'> = {
      world,
      run: tool,
      redact,
      signal: input.signal,
      runSignal: input.signal,
      bindings: { captures, kept: places.kept, before: places.before },
      ops,
      userFolder: answered.folder,
      record: { paths, generation, run: named, ...(before === undefined ? {} : { before }) },
      secrets: input.secrets ?? {},
      open: new Map(),
      underway: new Map(),
      recent: new Map(planned.recent),
      atEnd: release => releases.push(release),
      ...(rehearsal ? { rehearsal } : {}),
      ...(input.ask ? { ask: input.ask } : {}),
    }
    const result = await (input.undo ? undoPlan : runPlan)({
      plan,
      ctx,
      captures,
      emit,
      begun: {
        has: id => begun.has(id),
        async add(id) {
          begun.add(id)
          if (leaves(id)) await keep()
        },
        async remove(id) {
          begun.delete(id)
          if (leaves(id)) await keep()
        },
      },
      commands: step => printedAct(step.act, ops, show),
      pause:
        input.pause ?? ((ms, signal) => world.clock.sleep(ms, signal).then(() => 'look' as const)),
      ...(input.decide ? { decide: input.decide } : {}),
      rehearsal: rehearsal !== undefined,
    })
    const ended = result.outcome === 'done' || result.outcome === 'rolled-back'
    const locked = result.problem?.findings.some(({ id }) => id === lockedOut)
    const refused = locked === true && !leavesAnything(plan.steps, begun, ops)
    if (ended || refused) await clearUnfinished(paths)
    // a run about the pair that was current before has put its answers into effect only at its end
    const holds = generation !== before || result.outcome === 'done'
    if (holds && (await currentGeneration(paths)) === generation) await saveAnswersCopy(planned)
    return result
  } finally {
    for (const release of releases.reverse()) await release().catch(() => {})
    journal?.close()
    await lock.release()
  }
}

/** What says that somebody else is at the target: nothing of such a run has to be finished. */
const lockedOut = 'kube.locked'

/** Whether a run that did not end well has done anything that the next one must know of. */
function leavesAnything(steps: readonly Step[], begun: ReadonlySet<string>, ops: OpTable): boolean {
  return steps.some(
    ({ id, phase, act }) =>
      begun.has(id) && phase !== 'check' && !ops[act.do.replace(/^op:/, '')]?.endsWithRun,
  )
}

/** Where the symbolic paths of a plan lead for this endpoint. */
export function placesOf(
  { paths, generation, before }: Planned,
  { home }: Pick<World, 'home'>,
): Places {
  return {
    kept: generationFolder(paths, generation),
    before: number => generationFolder(paths, number ?? before ?? 0),
    home,
  }
}

/** The earlier run of this very plan, with the steps that it has begun. */
async function begunBefore({
  paths,
  plan,
  generation,
}: Planned): Promise<Pick<Unfinished, 'begun' | 'run'> | undefined> {
  const unfinished = await readUnfinished(paths)
  return unfinished?.plan.digest === plan.digest && unfinished.generation === generation
    ? unfinished
    : undefined
}

/** Progress and waits are for the eye; the journal says what was done. */
function isJournaled({ type }: EventBody): boolean {
  return type !== 'step.progress' && type !== 'wait'
}
