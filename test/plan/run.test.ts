import { describe, expect, it, vi } from 'vitest'
import { Interrupted, type Problem, problem } from '../../src/errors.ts'
import type { Op } from '../../src/plan/op.ts'
import type { Step } from '../../src/plan/plan.ts'
import { runPlan, undoPlan } from '../../src/plan/run.ts'
import { type FakeClock, op, play, step } from '../support/play.ts'

/** Ops by name that write down when they are called; those named in `fail` end in a problem. */
function noting(names: string[], fail: Record<string, number> = {}) {
  const called: string[] = []
  const ops: Record<string, Op> = Object.fromEntries(
    names.map(name => [
      name,
      op(async () => {
        called.push(name)
        if (fail[name] !== undefined) throw failure(fail[name])
        return { seen: name }
      }, true),
    ]),
  )
  return { called, ops }
}

function failure(exit: number): Problem {
  return problem(exit as 1, { id: 'wait.too-long', title: 'It went wrong.', fix: 'Again.' })
}

const undoOf = (name: string): Partial<Step> => ({ undo: [step(`undo.${name}`)] })

describe('a plan', () => {
  it('is carried out step by step, and told', async () => {
    const { called, ops } = noting(['a', 'b'])
    const { input, told, finished } = play([step('a'), step('b', { needs: ['a'] })], { ops })
    expect(await runPlan(input)).toEqual({ outcome: 'done', exit: 0 })
    expect(called).toEqual(['a', 'b'])
    expect(told()).toEqual([
      'run.started',
      'step.started a',
      'step.done a',
      'step.started b',
      'step.done b',
      'run.finished',
    ])
    expect(finished()).toMatchObject({ done: ['Do a', 'Do b'], notDone: [], now: '' })
  })

  it('looks first: what is already so is not done again, and is captured all the same', async () => {
    const look = { do: 'op:look', input: {}, limit: '1m' } as const
    const { called, ops } = noting(['a', 'b'])
    ops.look = op(async () => ({ ready: true, address: '203.0.113.17', seen: 'there' }))
    const already = [{ json: 'ready', equals: true }]
    const captures = { address: { json: 'address' } }
    const wanted = { ...ops, b: op(async ({ to }) => ({ seen: String(to) })) }
    const steps = [
      step('a', { look: { look, already }, captures }),
      step('b', { act: { do: 'op:b', input: { to: { capture: 'a.address' } }, limit: '1m' } }),
    ]
    const { input, told, events } = play(steps, { ops: wanted })
    await runPlan(input)
    expect(called).toEqual([])
    expect(told()).toContain('step.already a')
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'step.done', seen: '203.0.113.17' }),
    )
    expect(input.begun.has('a')).toBe(false)
  })

  it('marks a step as begun before its act, so that a kill in the middle is known', async () => {
    const order: string[] = []
    const ops = { a: op(async () => ({ seen: String(order.push('act')) })) }
    const begun = {
      has: () => false,
      add: async (id: string) => void order.push(`begun ${id}`),
      remove: async () => {},
    }
    await runPlan(play([step('a')], { ops, input: { begun } }).input)
    expect(order).toEqual(['begun a', 'act'])
  })

  it('waits for what is under way before it judges', async () => {
    let times = 0
    const { called, ops } = noting(['a'])
    ops.look = op(async () => {
      times += 1
      return { underWay: times < 4 ? 'sky serve up' : null, ready: times >= 4, seen: 'look' }
    })
    const look = { do: 'op:look', input: {}, limit: '1m' } as const
    const busy = [{ json: 'underWay', matches: '.' }]
    const steps = [step('a', { look: { look, already: [{ json: 'ready', equals: true }], busy } })]
    const { input, told } = play(steps, { ops })
    expect((await runPlan(input)).exit).toBe(0)
    expect(called).toEqual([])
    expect(times).toBe(4)
    expect(told()).toContain('step.already a')
  })

  it('does not wait for it without end: exit 124, and nothing was done', async () => {
    const { called, ops } = noting(['a'])
    ops.look = op(async () => ({ underWay: 'sky serve up', seen: 'at it' }))
    const look = { do: 'op:look', input: {}, limit: '1m' } as const
    const busy = [{ json: 'underWay', matches: '.' }]
    const wanted = { look, already: [{ json: 'x', equals: 1 }], busy, limit: '10m' }
    const { input } = play([step('a', { look: wanted })], { ops })
    expect(await runPlan(input)).toMatchObject({ outcome: 'failed', exit: 124 })
    expect(called).toEqual([])
  })

  it('skips what hangs on a step that nobody did, and all that hangs on that', async () => {
    const { called, ops } = noting(['b', 'c', 'd'])
    const manual: Step['act'] = { do: 'manual', text: ['Tell the clients.'], limit: '1h' }
    const steps = [
      step('a', { act: manual, phase: 'reach' }),
      step('b', { needs: ['a'] }),
      step('c', { needs: ['b'] }),
      step('d'),
    ]
    const { input, told, finished } = play(steps, { ops })
    expect(await runPlan(input)).toEqual({ outcome: 'done', exit: 0 })
    expect(called).toEqual(['d'])
    expect(told().filter(each => each.startsWith('step.skipped'))).toEqual([
      'step.skipped a',
      'step.skipped b',
      'step.skipped c',
    ])
    expect(finished()).toMatchObject({ done: ['Do d'], notDone: [] })
  })

  it('fails with the exit of what went wrong, and says what is left', async () => {
    const { ops } = noting(['a', 'b', 'c'], { b: 77 })
    const { input, told, finished } = play([step('a'), step('b'), step('c')], { ops })
    const result = await runPlan(input)
    expect(result).toMatchObject({ outcome: 'failed', exit: 77, problem: { exit: 77 } })
    expect(told()).not.toContain('step.started c')
    expect(finished()).toMatchObject({ exit: 77, done: ['Do a'], notDone: ['Do b', 'Do c'] })
  })

  it('stops where an answer lacks what a later step needs', async () => {
    const { ops } = noting(['a'])
    const { input } = play([step('a', { captures: { address: { json: 'address' } } })], { ops })
    expect(await runPlan(input)).toMatchObject({
      exit: 69,
      problem: { findings: [{ id: 'step.capture-missing' }] },
    })
  })

  it('a bug is no finding: it goes up as it is', async () => {
    const ops = { a: op(async () => Promise.reject(new TypeError('a bug'))) }
    await expect(runPlan(play([step('a')], { ops }).input)).rejects.toThrow('a bug')
  })
})

describe('an undo', () => {
  const steps = [
    step('a', undoOf('a')),
    step('b', undoOf('b')),
    step('c'),
    step('d', { ...undoOf('d'), onFail: 'undo' }),
    step('e', undoOf('e')),
  ]
  const names = ['a', 'b', 'c', 'd', 'e', 'undo.a', 'undo.b', 'undo.d', 'undo.e']

  it('takes back what was begun, the last first, the failed step with it', async () => {
    const { called, ops } = noting(names, { d: 1 })
    const { input, told, finished } = play(steps, { ops })
    expect(await runPlan(input)).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(called).toEqual(['a', 'b', 'c', 'd', 'undo.d', 'undo.b', 'undo.a'])
    expect(told().filter(each => each.startsWith('step.undone'))).toEqual([
      'step.undone d',
      'step.undone b',
      'step.undone a',
    ])
    expect(finished().notDone).toEqual(['Do a', 'Do b', 'Do d', 'Do e'])
  })

  it('touches nothing that was already so before this plan', async () => {
    const { called, ops } = noting(names, { d: 1 })
    ops.look = op(async () => ({ seen: '', so: true }))
    const look = { do: 'op:look', input: {}, limit: '1m' } as const
    const already = { look, already: [{ json: 'so', equals: true }] }
    const some = steps.map(each => (each.id === 'b' ? { ...each, look: already } : each))
    expect((await runPlan(play(some, { ops }).input)).outcome).toBe('rolled-back')
    expect(called).toEqual(['a', 'c', 'd', 'undo.d', 'undo.a'])
  })

  it('takes back what an earlier run of the same plan has begun', async () => {
    const { called, ops } = noting(names, { d: 1 })
    ops.look = op(async () => ({ seen: '', so: true }))
    const look = { do: 'op:look', input: {}, limit: '1m' } as const
    const already = { look, already: [{ json: 'so', equals: true }] }
    const some = steps.map(each => (each.id === 'b' ? { ...each, look: already } : each))
    await runPlan(play(some, { ops, begun: ['b'] }).input)
    expect(called).toEqual(['a', 'c', 'd', 'undo.d', 'undo.b', 'undo.a'])
  })

  it('that fails leaves it so, and says that it failed', async () => {
    const { called, ops } = noting(names, { d: 1, 'undo.b': 1 })
    const { input } = play(steps, { ops })
    expect(await runPlan(input)).toMatchObject({ outcome: 'failed', exit: 1 })
    expect(called.at(-1)).toBe('undo.b')
  })

  it.each([69, 75, 77, 124])('keeps the reason of the step that failed: %i', async exit => {
    const { ops } = noting(names, { d: exit })
    expect(await runPlan(play(steps, { ops }).input)).toMatchObject({
      outcome: 'rolled-back',
      exit,
    })
  })

  it('is not begun where the step says stop', async () => {
    const stop = noting(names, { c: 1 })
    expect(await runPlan(play(steps, stop).input)).toMatchObject({ outcome: 'failed', exit: 1 })
    expect(stop.called).toEqual(['a', 'b', 'c'])
  })

  it('does not follow a step that was refused before it changed anything: its exit stays', async () => {
    const refused = [step('a', undoOf('a')), step('d', { onFail: 'undo', stopOn: [77] })]
    const { called, ops } = noting(names, { d: 77 })
    const { input, events } = play(refused, { ops })
    expect(await runPlan(input)).toMatchObject({ outcome: 'failed', exit: 77 })
    expect(called).toEqual(['a', 'd'])
    expect(events).toContainEqual(expect.objectContaining({ type: 'step.failed', rule: 'stop' }))
  })

  it('by --undo takes back all that was begun, and ends with 0', async () => {
    const { called, ops } = noting(names)
    const { input, told } = play(steps, { ops, begun: ['a', 'd'] })
    expect(await undoPlan(input)).toEqual({ outcome: 'rolled-back', exit: 0 })
    expect(called).toEqual(['undo.d', 'undo.a'])
    expect(told()[0]).toBe('run.started')
  })
})

describe('what cannot undo', () => {
  it('a proof by name that fails is 124, never an undo', async () => {
    const { called, ops } = noting(['a', 'b', 'undo.a'], { b: 1 })
    const reach = step('b', { phase: 'reach', decides: 'report' })
    expect(await runPlan(play([step('a', undoOf('a')), reach], { ops }).input)).toMatchObject({
      outcome: 'failed',
      exit: 124,
    })
    expect(called).toEqual(['a', 'b'])
  })

  it('and it keeps a reason of its own', async () => {
    const { ops } = noting(['b'], { b: 75 })
    const reach = step('b', { phase: 'reach', decides: 'report' })
    expect((await runPlan(play([reach], { ops }).input)).exit).toBe(75)
  })
})

describe('a person at the terminal', () => {
  const steps = [step('a', undoOf('a')), step('b')]
  const names = ['a', 'b', 'undo.a']

  it('has a failed change done again', async () => {
    let left = 2
    const { called, ops } = noting(names)
    ops.b = op(async () => {
      called.push('b')
      left -= 1
      if (left > 0) throw failure(1)
      return { seen: '' }
    }, true)
    const decide = vi.fn(async () => 'again' as const)
    const { input } = play(steps, { ops, input: { decide } })
    expect(await runPlan(input)).toEqual({ outcome: 'done', exit: 0 })
    expect(called).toEqual(['a', 'b', 'b'])
    expect(decide).toHaveBeenCalledOnce()
  })

  it('takes it back although the step would stop, or leaves it so', async () => {
    const undo = noting(names, { b: 1 })
    const asked = { decide: async () => 'undo' as const }
    expect(
      await runPlan(
        play([steps[0], { ...steps[1], onFail: 'undo' }] as Step[], { ...undo, input: asked })
          .input,
      ),
    ).toMatchObject({
      outcome: 'rolled-back',
    })
    const stop = noting(names, { b: 1 })
    const said = { decide: async () => 'stop' as const }
    const some = [steps[0], { ...steps[1], onFail: 'undo' }] as Step[]
    expect(await runPlan(play(some, { ...stop, input: said }).input)).toMatchObject({
      outcome: 'failed',
    })
    expect(stop.called).toEqual(['a', 'b'])
  })

  it('is not asked about checks and proofs', async () => {
    const { ops } = noting(['a'], { a: 69 })
    const decide = vi.fn(async () => 'again' as const)
    const check = step('a', { phase: 'check' })
    expect((await runPlan(play([check], { ops, input: { decide } }).input)).exit).toBe(69)
    expect(decide).not.toHaveBeenCalled()
  })
})

describe('a stop', () => {
  it.each([
    [130, undefined],
    [143, new Interrupted(143)],
  ])('is exit %i, begins no undo, and says what clients see', async (exit, reason) => {
    const stop = new AbortController()
    const { called, ops } = noting(['a', 'b', 'undo.a', 'undo.b'])
    ops.b = op(async (_input, { signal }) => {
      called.push('b')
      stop.abort(reason ?? new Interrupted())
      signal.throwIfAborted()
      return {}
    })
    const steps = [
      step('a', { ...undoOf('a'), away: 'begins' }),
      step('b', { ...undoOf('b'), onFail: 'undo' }),
      step('c'),
    ]
    const { input, finished } = play(steps, { ops, signal: stop.signal })
    expect(await runPlan(input)).toEqual({ outcome: 'interrupted', exit })
    expect(called).toEqual(['a', 'b'])
    expect(finished()).toMatchObject({
      outcome: 'interrupted',
      exit,
      done: ['Do a'],
      notDone: ['Do b', 'Do c'],
      now: 'svc-a is down: clients get no answer since 09:00:00 UTC',
    })
  })

  it('while it undoes stops that, too', async () => {
    const stop = new AbortController()
    const { ops } = noting(['a', 'b'], { b: 1 })
    ops['undo.a'] = op(async (_input, { signal }) => {
      stop.abort(new Interrupted())
      signal.throwIfAborted()
      return {}
    })
    const steps = [step('a', undoOf('a')), step('b', { onFail: 'undo' })]
    const { input } = play(steps, { ops, signal: stop.signal })
    expect(await runPlan(input)).toEqual({ outcome: 'interrupted', exit: 130 })
  })
})

describe('what clients see', () => {
  const away = (more: Partial<Step>[]) => more.map((each, index) => step(String(index), each))

  it('is said only while they get no answer', async () => {
    const { ops } = noting(['0', '1', '2'])
    const { input, finished } = play(away([{ away: 'begins' }, { away: 'ends' }, {}]), { ops })
    await runPlan(input)
    expect(finished().now).toBe('')
  })

  it('counts from the moment at which the service went, not from that of the failure', async () => {
    const { ops } = noting(['0', '1', '2'], { '2': 1 })
    const { input, finished } = play(away([{ away: 'begins' }, {}, {}]), { ops })
    const clock = input.ctx.world.clock as FakeClock
    ops['1'] = op(async () => {
      clock.pass(125_000)
      return { seen: '' }
    })
    await runPlan(input)
    expect(finished()).toMatchObject({
      now: expect.stringContaining('since 09:00:00'),
      tookMs: 125_000,
    })
  })

  it('is nothing again once the undo has brought the service back', async () => {
    const { ops } = noting(['0', '1', 'undo'], { '1': 1 })
    const undo = [step('undo', { away: 'ends' })]
    const { input, finished } = play(away([{ away: 'begins', undo }, { onFail: 'undo' }]), { ops })
    await runPlan(input)
    expect(finished()).toMatchObject({ outcome: 'rolled-back', now: '' })
  })

  it('is what was changed last, where nothing has proven it', async () => {
    const { ops } = noting(['0', '1', '2'], { '2': 1 })
    const { input, finished } = play(away([{ phase: 'check' }, {}, { phase: 'serve' }]), { ops })
    await runPlan(input)
    expect(finished().now).toBe('changed, not proven yet: Do 1')
  })

  it('is proven once the proof has passed, whatever fails later', async () => {
    const { ops } = noting(['0', '1', '2'], { '2': 1 })
    const steps = away([{}, { phase: 'serve', decides: 'undo' }, { phase: 'dns' }])
    const { input, finished } = play(steps, { ops })
    await runPlan(input)
    expect(finished().now).toBe('what svc-a serves is proven')
  })
})

describe('a step that is silent', () => {
  it('says that it still runs every 10 s, and no longer than it does', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const ops = {
        a: op(async (_input, { say }) => {
          say('working\u001b[31m')
          vi.advanceTimersByTime(30_000)
          return { seen: '' }
        }),
      }
      const { input, events } = play([step('a')], { ops })
      await runPlan(input)
      const said = events.filter(({ type }) => type === 'step.progress')
      expect(said).toHaveLength(4)
      expect(said.at(-1)).toMatchObject({ seen: 'working', limitMs: 60_000 })
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
