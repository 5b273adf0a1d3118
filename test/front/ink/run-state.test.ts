import { describe, expect, test } from 'vitest'
import { Problem } from '../../../src/errors.ts'
import type { Key } from '../../../src/front/ink/keys.ts'
import { percentOf, phaseStates } from '../../../src/front/ink/phases-state.ts'
import { mayLeave, type RunAction, reduceRun } from '../../../src/front/ink/run-keys.ts'
import { printedFor } from '../../../src/front/ink/run-print.ts'
import {
  type RunState,
  startQuestion,
  startRun,
  undoSteps,
} from '../../../src/front/ink/run-state.ts'
import { unicodeGlyphs } from '../../../src/front/words/glyphs.ts'
import { plain } from '../../../src/front/words/line.ts'
import { cells } from '../../../src/front/words/width.ts'
import type { EventBody } from '../../../src/plan/events.ts'
import { eventMaker, plan, probe, runStarted, stepDone, stepStarted } from './fixtures.ts'

type Timed = EventBody | readonly [EventBody, after: number]

/** Plays events, each with the seconds that passed before it. */
function played(...bodies: Timed[]): RunState {
  const event = eventMaker({ now: Date.parse('2026-11-21T08:44:32Z') })
  return bodies.reduce((state, each) => {
    const [body, seconds] = 'type' in each ? [each, 0] : each
    return reduceRun(state, { is: 'event', event: event(body, seconds) })
  }, startRun(plan))
}

const letter = (text: string): Key => ({ is: 'text', text })
const play = (state: RunState, ...actions: RunAction[]) => actions.reduce(reduceRun, state)

const progress = (id: string, seen: string, line?: true): EventBody => ({
  type: 'step.progress',
  id,
  elapsedMs: 0,
  limitMs: 0,
  seen,
  ...(line ? { line } : {}),
})
const failed = (id: string): EventBody => ({
  type: 'step.failed',
  id,
  title: 'Start it with TLS',
  tookMs: 44_000,
  exit: 1,
  findings: [
    {
      id: 'sky.going',
      severity: 'blocks',
      title: 'The old one is not gone yet.',
      subject: '',
      evidence: 'sky lists fraud-model as SHUTTING_DOWN',
      why: 'Clients wait.',
      fix: 'Wait until it is gone.',
    },
  ],
  output: ["ValueError: The service 'fraud-model' is already running."],
  rule: 'undo',
})

describe('a run', () => {
  test('knows where its phases stand', () => {
    const state = played(
      runStarted(),
      stepStarted('check.sky'),
      stepDone('check.sky'),
      stepStarted('check.service'),
      stepDone('check.service'),
      stepStarted('prepare.keep-found'),
    )
    expect(
      phaseStates(state).map(({ name, state: how, at, steps }) => [name, how, at, steps]),
    ).toEqual([
      ['Check', 'done', 2, 2],
      ['Prepare', 'runs', 1, 1],
      ['Change', 'next', 1, 4],
      ['Serve', 'next', 1, 1],
      ['DNS', 'next', 1, 1],
      ['Reach', 'next', 1, 1],
    ])
    expect(percentOf(state)).toBe(20)
  })

  test('keeps what a tool says, and since when it says nothing', () => {
    const state = played(
      stepStarted('change.up'),
      [progress('change.up', 'one', true), 5],
      [progress('change.up', 'two', true), 5],
      [progress('change.up', 'two'), 10],
    )
    const { lines, seen, saidAt, startedAt } = state.current ?? {}
    expect([lines, seen]).toEqual([['one', 'two'], 'two'])
    expect((saidAt ?? 0) - (startedAt ?? 0)).toBe(10_000)
  })

  test('keeps the last 2,000 lines, and counts all', () => {
    const lines = Array.from({ length: 2_500 }, (_, index) =>
      progress('change.up', `${index}`, true),
    )
    const { current } = played(stepStarted('change.up'), ...lines)
    expect([current?.lines.length, current?.lines[0], current?.said]).toEqual([2_000, '500', 2_500])
  })

  test('says since when clients get no answer, until they get one again', () => {
    const down = played(stepStarted('change.down'), [stepDone('change.down'), 9])
    expect(down.awaySince).toBe('08:44:41')
    const served = played(
      stepStarted('change.down'),
      stepDone('change.down'),
      stepStarted('serve.proof'),
      stepDone('serve.proof'),
    )
    expect(served.awaySince).toBeUndefined()
    const undone = played(
      stepStarted('change.down'),
      stepDone('change.down'),
      stepStarted('change.up'),
      failed('change.up'),
      stepStarted('change.down.undo', [], true),
      stepDone('change.down.undo'),
    )
    expect(undone.awaySince).toBeUndefined()
  })

  test('a heartbeat of a look does not mean that clients get no answer', () => {
    expect(
      played(stepStarted('change.down'), progress('change.down', '')).awaySince,
    ).toBeUndefined()
  })

  test('a probe that is tried again is told once', () => {
    const state = played(
      stepStarted('serve.proof'),
      probe({ state: 'fail', seen: 'not yet' }),
      probe({ id: 'tls.dates' }),
      probe({ seen: 'the wanted leaf' }),
    )
    expect(state.current?.probes.map(({ id, seen }) => [id, seen])).toEqual([
      ['tls.dates', 'A9:54:4B:6B is the wanted leaf, at 1 of 1 addresses'],
      ['tls.leaf', 'the wanted leaf'],
    ])
  })

  test('takes back in reverse order what was begun', () => {
    const state = played(
      stepStarted('change.down'),
      stepDone('change.down'),
      stepStarted('change.up'),
      failed('change.up'),
    )
    expect(undoSteps(state).map(({ title }) => title)).toEqual([
      'Take it down',
      'Start the kept HTTP service again',
    ])
    expect(undoSteps(played(stepStarted('check.sky')))).toEqual([])
  })
})

describe('keys in a run', () => {
  const waits = play(played(stepStarted('dns.wait')), { is: 'pause', until: 1 })

  test('r looks now, q leaves, and only in a wait', () => {
    expect(play(waits, letter('r')).answer).toEqual({ pause: 'look' })
    expect(play(waits, letter('q')).answer).toEqual({ pause: 'leave' })
    expect(play(waits, { is: 'elapsed' }).answer).toEqual({ pause: 'look' })
    const runs = played(stepStarted('change.up'))
    expect(play(runs, letter('r'), letter('q')).answer).toBeUndefined()
  })

  test('q leaves nothing half done: not while clients get no answer, not where leaving undoes', () => {
    const away = played(
      stepStarted('change.down'),
      stepDone('change.down'),
      stepStarted('change.gone'),
    )
    expect(mayLeave(away)).toBe(false)
    expect(mayLeave(played(stepStarted('serve.proof')))).toBe(false)
    expect(play(away, { is: 'pause', until: 1 }, letter('q')).answer).toBeUndefined()
  })

  test('a question takes its row, and no Escape', () => {
    const step = plan.steps[5]
    if (!step) throw new TypeError('no step')
    const question = {
      about: 'decide',
      step,
      problem: new Problem(1, []),
      canUndo: true,
      choice: startQuestion(3, 0),
    } as const
    const asked = play(played(stepStarted('change.up'), failed('change.up')), {
      is: 'question',
      question,
    })
    expect(play(asked, { is: 'escape' }).answer).toBeUndefined()
    expect(play(asked, letter('2'), { is: 'enter' }).answer).toEqual({ decision: 'undo' })
    expect(play(asked, { is: 'enter' }).answer).toEqual({ decision: 'again' })
    const cannot = play(asked, { is: 'question', question: { ...question, canUndo: false } })
    expect(play(cannot, { is: 'down' }, { is: 'enter' }).answer).toBeUndefined()
    expect(play(cannot, letter('2'), { is: 'enter' }).answer).toEqual({ decision: 'stop' })
  })

  test('a refusal is told until the next key', () => {
    const told = play(waits, { is: 'notice', text: 'Ctrl-Z is refused.' })
    expect(told.notice).toBe('Ctrl-Z is refused.')
    expect(play(told, letter('x')).notice).toBeUndefined()
  })
})

describe('what a run prints', () => {
  const printing = { glyphs: unicodeGlyphs, width: 80 }

  /** All lines that a run leaves above its frame. */
  function printed(...bodies: Timed[]): string[] {
    const event = eventMaker({ now: Date.parse('2026-11-21T08:44:32Z') })
    let state = startRun(plan)
    let headings: ReadonlySet<string> = new Set()
    const lines: string[] = []
    for (const each of bodies) {
      const [body, seconds] = 'type' in each ? [each, 0] : each
      const made = event(body, seconds)
      const print = printedFor(made, state, headings, printing)
      headings = print.headings
      lines.push(...print.lines.map(plain))
      state = reduceRun(state, { is: 'event', event: made })
    }
    return lines
  }

  test('finished steps, each phase once', () => {
    expect(
      printed(
        runStarted(),
        stepStarted('check.sky'),
        stepDone('check.sky', '0.14.1, healthy', 3_912),
        stepStarted('check.service'),
        stepDone('check.service', 'READY, HTTP, as planned'),
        stepStarted('prepare.keep-found'),
        {
          type: 'step.already',
          id: 'prepare.keep-found',
          title: 'Keep what is there',
          seen: 'generation 0',
          tookMs: 12,
        },
      ),
    ).toEqual([
      'fraud-model · enable · plan 7f3a91c2 · 2026-11-21 08:44 UTC · run 01jd7q',
      'Check',
      '  ✔ Ask sky for its version and server      0.14.1, healthy                3.9 s',
      '  ✔ Read the service                        READY, HTTP, as planned        4.1 s',
      'Prepare',
      '  ✔ Keep what is there                      already so (generation 0)      12 ms',
    ])
  })

  test('probes under what is proven, and what a failed one means', () => {
    const lines = printed(
      stepStarted('serve.proof'),
      probe({ id: 'tcp.open', seen: 'accepts', tookMs: 38 }),
      probe({
        id: 'tls.chain',
        state: 'fail',
        seen: 'Example Issuing CA 3 is missing',
        means: 'curl refuses it.',
        fix: 'secure-endpoint rotate fraud-model',
        tried: { times: 3, overMs: 20_000 },
      }),
    )
    expect(lines).toEqual([
      'Serve: what 203.0.113.17:30001 serves                           decides the undo',
      '  ✔ tcp.open        accepts                                                38 ms',
      '  ✖ tls.chain       Example Issuing CA 3 is missing                        51 ms',
      '    means  curl refuses it.',
      '    fix    secure-endpoint rotate fraud-model',
      '    tried  3 times in 20 s; one failed handshake is no verdict',
    ])
  })

  test('the tool’s words, then ours; then what was taken back', () => {
    const lines = printed(
      stepStarted('change.up', ['sky serve up']),
      failed('change.up'),
      stepStarted('change.up.undo', [], true),
      stepDone('change.up.undo', '', 400),
      { type: 'step.undone', id: 'change.up', title: 'Start it with TLS', tookMs: 400 },
    )
    expect(lines).toEqual([
      'Change',
      '  ✖ Start it with TLS                                       failed, exit 1, 44 s',
      "    │ ValueError: The service 'fraud-model' is already running.",
      '    seen   sky lists fraud-model as SHUTTING_DOWN',
      '    means  The old one is not gone yet. Clients wait.',
      '    fix    Wait until it is gone.',
      'Undo',
      '  ↺ Take it down                                                          400 ms',
    ])
  })

  test('a wait that was left says what is still to be done', () => {
    const lines = printed(
      stepStarted('dns.wait'),
      {
        type: 'wait',
        id: 'dns.wait',
        elapsedMs: 0,
        limitMs: 600_000,
        nextMs: 5_000,
        seen: 'no such name',
        manual: {
          text: ['Create this record:'],
          copy: 'fraud.ml.example.com. 300 IN A 203.0.113.17',
        },
      },
      {
        ...(failed('dns.wait') as Extract<EventBody, { type: 'step.failed' }>),
        title: 'Wait for the DNS record',
        findings: [
          {
            id: 'wait.left',
            severity: 'blocks',
            title: 'The wait was left.',
            subject: '',
            evidence: '',
            why: '',
            fix: '',
          },
        ],
        output: [],
      },
    )
    expect(lines.slice(-4)).toEqual([
      '    means  The wait was left.',
      '  Create this record:',
      'fraud.ml.example.com. 300 IN A 203.0.113.17',
      '  Later: secure-endpoint init --resume fraud-model',
    ])
    expect(lines[1]).toBe(
      '  ▲ Wait for the DNS record                                           left, 44 s',
    )
  })

  test('after a stop what is done, what is not, and how it goes on', () => {
    const lines = printed(stepStarted('change.up'), {
      type: 'run.finished',
      outcome: 'interrupted',
      exit: 130,
      tookMs: 151_000,
      done: ['Keep chain and key', 'Take the service down'],
      notDone: ['Start it with TLS', 'Prove it'],
      now: 'fraud-model is down: clients get no answer since 08:44:41 UTC',
    })
    expect(lines).toEqual([
      '▲ Stopped by you after 2 min 31 s in step 6 of 10, Start it with TLS',
      '  done       keep chain and key · take the service down',
      '  not done   start it with TLS · prove it',
      '  now        fraud-model is down: clients get no answer since 08:44:41 UTC',
      '  go on      secure-endpoint init --resume fraud-model     (go back: add --undo)',
    ])
  })

  test('no line wider than 80 columns, whatever is told', () => {
    const long = 'x '.repeat(200)
    const lines = printed(
      runStarted(),
      stepStarted('check.sky'),
      stepDone('check.sky', long),
      stepStarted('serve.proof'),
      probe({ state: 'fail', seen: long, means: long, fix: long }),
      { ...(failed('serve.proof') as Extract<EventBody, { type: 'step.failed' }>), output: [long] },
    )
    for (const line of lines) expect(cells(line)).toBeLessThanOrEqual(80)
  })
})
