import { setImmediate } from 'node:timers/promises'
import type { EventBody } from '../../src/plan/events.ts'
import type { Op, OpTable } from '../../src/plan/op.ts'
import type { Json, Step } from '../../src/plan/plan.ts'
import type { RunInput } from '../../src/plan/run.ts'
import type { RunTool } from '../../src/process/tool.ts'
import { recordPaths } from '../../src/record/paths.ts'
import type { Clock, World } from '../../src/world.ts'

/** A clock on which sleeping takes no time. */
export interface FakeClock extends Clock {
  /** The sleeps so far, in milliseconds. */
  slept: number[]
  pass(ms: number): void
}

export function fakeClock(start = Date.parse('2026-11-21T09:00:00Z')): FakeClock {
  let at = 0
  const slept: number[] = []
  return {
    slept,
    now: () => start + at,
    elapsed: () => at,
    pass(ms) {
      at += ms
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      await setImmediate()
      slept.push(ms)
      at += ms
      signal?.throwIfAborted()
    },
  }
}

/** A world in which nothing is reached that a test did not put there. */
export function fakeWorld(more: Partial<World> = {}): World {
  const never = (what: string) => () => {
    throw new Error(`${what} must not be used here`)
  }
  return {
    env: {},
    cwd: '/nowhere',
    home: '/nowhere',
    stateFolder: '/nowhere/state',
    clock: fakeClock(),
    random: size => Buffer.alloc(size, 7),
    run: never('a tool'),
    which: async () => undefined,
    api: never('an API'),
    offered: never('an authority'),
    resolvers: () => [],
    who: { user: 'ana', host: 'jump1', pid: process.pid },
    ...more,
  }
}

/** An op that answers by a function of its input. */
export function op(run: Op['run'], changes = false): Op {
  return { changes, run, printed: () => [], shell: () => [] }
}

export interface Play {
  input: RunInput
  events: EventBody[]
  /** `type id` of the events but for progress and waits, in order. */
  told(): string[]
  /** The last event. */
  finished(): Extract<EventBody, { type: 'run.finished' }>
}

export interface PlayOptions {
  ops?: OpTable
  run?: RunTool
  world?: Partial<World>
  signal?: AbortSignal
  /** Steps that an earlier run has begun. */
  begun?: string[]
  input?: Partial<RunInput>
  ctx?: Partial<RunInput['ctx']>
}

/** What `runPlan` needs to play some steps. */
export function play(steps: Step[], options: PlayOptions = {}): Play {
  const events: EventBody[] = []
  const world = fakeWorld(options.world)
  const captures = new Map<string, string>()
  const begun = new Set(options.begun)
  const input: RunInput = {
    plan: { endpoint: 'svc-a', verb: 'enable', target: 'skyserve', digest: 'd', steps },
    captures,
    emit: event => events.push(event),
    begun: {
      has: id => begun.has(id),
      add: async id => void begun.add(id),
      remove: async id => void begun.delete(id),
    },
    commands: () => [],
    pause: (ms, signal) => world.clock.sleep(ms, signal).then(() => 'look' as const),
    rehearsal: false,
    ...options.input,
    ctx: {
      world,
      run: options.run ?? world.run,
      redact: text => text,
      signal: options.signal ?? new AbortController().signal,
      runSignal: options.signal ?? new AbortController().signal,
      bindings: { captures, kept: '/kept', before: number => `/before/${number ?? 1}` },
      ops: options.ops ?? {},
      userFolder: world.cwd,
      record: { paths: recordPaths(world.stateFolder, 'svc-a'), generation: 1, run: 'r1' },
      secrets: {},
      open: new Map(),
      underway: new Map(),
      recent: new Map<string, { at: number; output: Json }>(),
      atEnd: () => {},
      ...options.ctx,
    },
  }
  const quiet = ['step.progress', 'wait', 'proof', 'finding']
  return {
    input,
    events,
    told: () =>
      events
        .filter(({ type }) => !quiet.includes(type))
        .map(event => [event.type, 'id' in event ? event.id : ''].join(' ').trim()),
    finished() {
      const last = events.at(-1)
      if (last?.type !== 'run.finished') throw new Error('the run did not finish')
      return last
    },
  }
}

/** A step that performs one op; the rest as wanted. */
export function step(id: string, more: Partial<Step> = {}): Step {
  return {
    id,
    phase: 'change',
    title: `Do ${id}`,
    act: { do: `op:${id}`, input: {}, limit: '1m' },
    needs: [],
    onFail: 'stop',
    ...more,
  }
}
