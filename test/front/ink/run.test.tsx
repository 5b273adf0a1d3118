import { describe, expect, onTestFinished, test } from 'vitest'
import { Interrupted, Problem } from '../../../src/errors.ts'
import type { EventBody } from '../../../src/plan/events.ts'
import type { Step } from '../../../src/plan/plan.ts'
import { type Screen, type Size, screen } from '../../support/screen.tsx'
import { expectCopied, expectGoodFrames, sizes } from './expect-frames.ts'
import { eventMaker, plan, probe, runStarted, stepDone, stepStarted } from './fixtures.ts'

const wide: Size = { columns: 80, rows: 24 }
const small: Size = { columns: 40, rows: 12 }
const never = new AbortController().signal

/** A run on a screen; `tell` is what happens next, some seconds later. */
async function startRun(size: Size, options: Parameters<typeof screen>[1] = {}) {
  const shown = await screen(size, options)
  shown.clock.now = Date.parse('2026-11-21T08:44:32Z')
  const event = eventMaker(shown.clock)
  const view = shown.front.run(plan)
  const tell = (body: EventBody, after = 0) => view.onEvent(event(body, after))
  tell(runStarted())
  onTestFinished(() => view.close())
  return { shown, view, tell }
}

type Started = Awaited<ReturnType<typeof startRun>>

const step = (id: string): Step => {
  const found = plan.steps.find(each => each.id === id)
  if (!found) throw new TypeError(`no step ${id}`)
  return found
}

function progress(id: string, seen: string, line?: true): EventBody {
  const said = line ? { line } : {}
  return { type: 'step.progress', id, elapsedMs: 0, limitMs: 1_800_000, seen, ...said }
}

const launching = [
  'sky serve up ~/.local/state/x/service.yaml -n fraud-model -y --and --so --on --and --on',
]

/** Up to the step that starts the service, after 34 silent seconds. */
function upToStart({ tell, shown }: Started): void {
  for (const id of [
    'check.sky',
    'check.service',
    'prepare.keep-found',
    'change.down',
    'change.gone',
  ]) {
    tell(stepStarted(id))
    tell(stepDone(id), 5)
  }
  tell(stepStarted('change.up', launching))
  tell(progress('change.up', "Launching controller for 'fraud-model'...", true), 5)
  tell(progress('change.up', 'Endpoint URL: https://203.0.113.17:30001', true), 5)
  tell(progress('change.up', '0 of 2 replicas ready'), 18)
  shown.clock.now += 34_000
}

const going = new Problem(1, [
  {
    id: 'sky.going',
    severity: 'blocks',
    title: 'The old one is not gone yet.',
    subject: '',
    evidence: 'sky lists fraud-model as SHUTTING_DOWN',
    why: '',
    fix: 'Wait until it is gone.',
  },
])

const upFailed: EventBody = {
  type: 'step.failed',
  id: 'change.up',
  title: 'Start it with TLS',
  tookMs: 44_000,
  exit: 1,
  findings: [...going.findings],
  output: [
    "ValueError: The service 'fraud-model' is already running. Please specify another name.",
  ],
  rule: 'undo',
}

const dnsWait: EventBody = {
  type: 'wait',
  id: 'dns.wait',
  elapsedMs: 7_000,
  limitMs: 600_000,
  nextMs: 8_000,
  seen: [
    { server: 'ns1.example.com', role: 'zone', says: '203.0.113.17', state: 'right' },
    {
      server: 'ns2.example.com',
      role: 'zone',
      says: '198.51.100.4',
      state: 'wrong',
      note: 'the old address',
    },
    { server: 'system resolver', role: 'resolver', says: 'no such name', state: 'absent' },
    { server: '10.0.0.2', role: 'named', says: 'no answer in 5 s', state: 'unknown' },
  ],
  manual: {
    text: [
      'The endpoint is served and proven at its address. Its name must lead there.',
      'Create this record in zone example.com (or change the one that is there):',
      'type A · name fraud.ml.example.com · value 203.0.113.17 · TTL 300',
    ],
    copy: 'fraud.ml.example.com. 300 IN A 203.0.113.17',
  },
}

describe('5b: the step that runs', () => {
  test('at 80x24', async () => {
    const run = await startRun(wide)
    upToStart(run)
    const { shown } = run
    await shown.waitFor('silent for 34 s')
    const frame = shown.lines().slice(-9)
    expect(frame).toEqual([
      '  ✔ Check  ✔ Prepare  Change 3 of 4  ○ Serve  ○ DNS  ○ Reach        1 min 27 s',
      expect.stringMatching(/^ {2}[⠋⠙⠹⠸⠼⠴⠦⠧] Start it with TLS +1 min 02 s of 30 min$/),
      '    sky serve up ~/.local/state/x/service.yaml -n fraud-model -y --and --so -…',
      "    │ Launching controller for 'fraud-model'...",
      '    │ Endpoint URL: https://203.0.113.17:30001',
      '    now    0 of 2 replicas ready (silent for 34 s)',
      '  ○ Wait until it is READY',
      '',
      '  away since 08:44:52 · e all output · c copy command · Ctrl-C stop · ? keys',
    ])
    expectGoodFrames(shown, wide)
  })

  test('at 40x12', async () => {
    const run = await startRun(small)
    upToStart(run)
    const { shown } = run
    await shown.waitFor('for 34 s)')
    expect(shown.lines().slice(-10)).toEqual([
      '  Change 3 of 4             1 min 27 s',
      expect.stringMatching(/^ {2}[⠋⠙⠹⠸⠼⠴⠦⠧] Start it with TLS$/),
      '    1 min 02 s of 30 min',
      "    │ Launching controller for 'fraud…",
      '    │ Endpoint URL: https://203.0.113…',
      '    now 0 of 2 replicas ready (silent',
      '        for 34 s)',
      '  ○ Wait until it is READY',
      '',
      '  e output · c copy · Ctrl-C stop · ?',
    ])
    expectGoodFrames(shown, small)
  })

  test.each(sizes)('shows workload by workload how a rollout stands', async size => {
    const run = await startRun(size)
    const { shown, tell } = run
    tell(stepStarted('change.up', ['kubectl rollout status deployment/feldera-api-server']))
    tell({
      type: 'step.progress',
      id: 'change.up',
      elapsedMs: 0,
      limitMs: 600_000,
      seen: '1 of 3 rolled out',
      standing: {
        head: ['workload', 'pods', 'now'],
        rows: [
          { state: 'done', cells: ['deploy/feldera-api-server', '1 of 1', ''] },
          {
            state: 'runs',
            cells: ['deploy/feldera-kubernetes-runner', '0 of 1', 'pulls its image'],
          },
          { state: 'wrong', cells: ['sts/feldera-compiler-server', '0 of 1', 'CrashLoopBackOff'] },
        ],
        says: 'server configuration should be built using the certificate and private key',
      },
    })
    await shown.waitFor('CrashLoopBackOff')
    const lines = shown.lines()
    const at = lines.findIndex(line => line.includes('0 of 1')) - 1
    const spins = (rest: RegExp) =>
      expect.stringMatching(new RegExp(`^ {2}[⠋⠙⠹⠸⠼⠴⠦⠧]${rest.source}`))
    if (size.columns >= 60) {
      expect(lines.slice(at - 1, at + 4)).toEqual([
        '    workload                          pods    now',
        '  ✔ deploy/feldera-api-server         1 of 1',
        spins(/ deploy\/feldera-kubernetes-runner {2}0 of 1 {2}pulls its image$/),
        '  ▲ sts/feldera-compiler-server       0 of 1  CrashLoopBackOff',
        '    │ server configuration should be built using the certificate and private …',
      ])
    } else {
      expect(lines.slice(at, at + 5)).toEqual([
        '  ✔ deploy/feldera-api-server   1 of 1',
        spins(/ deploy\/feldera-kubernetes-… 0 of 1$/),
        '    pulls its image',
        '  ▲ sts/feldera-compiler-server 0 of 1',
        '    CrashLoopBackOff',
      ])
    }
    expectGoodFrames(shown, size)
  })

  test('prints what is finished above the frame, where it stays', async () => {
    const run = await startRun(wide)
    upToStart(run)
    const { shown, view } = run
    await shown.waitFor('Start it with TLS')
    await view.close()
    await shown.waitFor(text => !text.includes('Start it with TLS'))
    expect(shown.lines()).toEqual([
      'fraud-model · enable · plan 7f3a91c2 · 2026-11-21 08:44 UTC · run 01jd7q',
      'Check',
      expect.stringMatching(/^ {2}✔ Ask sky for its version and server +4\.1 s$/),
      expect.stringMatching(/^ {2}✔ Read the service/),
      'Prepare',
      expect.stringMatching(/^ {2}✔ Keep what is there/),
      'Change',
      expect.stringMatching(/^ {2}✔ Take the service down/),
      expect.stringMatching(/^ {2}✔ Wait until it is gone/),
    ])
  })

  test.each(sizes)('e opens all that the tool has said', async size => {
    const run = await startRun(size)
    const { shown, tell } = run
    upToStart(run)
    for (let line = 0; line < 60; line += 1) tell(progress('change.up', `line ${line}`, true))
    await shown.waitFor('line 59')
    shown.type('e')
    await shown.waitFor('❯ line 59')
    shown.press('home')
    await shown.waitFor('❯ Launching controller')
    shown.type('c')
    await shown.waitFor(() => shown.all().includes('line 30'))
    shown.type('e')
    await shown.waitFor(/of 30 min/)
    expectGoodFrames(shown, size)
  })

  test('a step that takes hours leaves no line behind', async () => {
    const run = await startRun(small)
    upToStart(run)
    const { shown } = run
    for (let hour = 1; hour < 4; hour += 1) {
      shown.clock.now += 3_600_000
      await shown.waitFor(new RegExp(`for ${hour} h`))
    }
    expect(shown.all().filter(line => line.includes('1 min 02 s of 30 min'))).toEqual([])
  })
})

describe('5c: what now', () => {
  test.each(sizes)('the tool’s words, ours, and three ways on', async size => {
    const run = await startRun(size)
    upToStart(run)
    const { shown, view, tell } = run
    tell(upFailed)
    const decision = view.decide(step('change.up'), going)
    await shown.waitFor('What now?')
    const text = shown.text()
    expect(text).toContain('✖ Start it with TLS')
    expect(text).toContain('The old one is not gone')
    expect(text.replace(/\s+/g, ' ')).toMatch(/Clients get no answer since 08:44:52 UTC/)
    expect(text).toContain('❯ 1 Do this step again')
    // the failure stands in the frame: it is not printed as well
    expect(text.match(/✖ Start it with TLS/g)).toHaveLength(1)
    shown.type('2')
    await shown.waitFor('❯ 2 Undo: take it down')
    shown.press('enter')
    expect(await decision).toBe('undo')
    expectGoodFrames(shown, size)
  })

  test('what cannot be undone is said', async () => {
    const { shown, view, tell } = await startRun(wide)
    tell(stepStarted('change.gone'))
    const decision = view.decide(step('change.gone'), going)
    await shown.waitFor('– Undo')
    expect(shown.text()).toContain('not possible: nothing was changed that could be taken back')
    shown.type('2\r')
    expect(await decision).toBe('stop')
  })

  test('a question is answered with no by one Enter too many', async () => {
    const { shown, view } = await startRun(wide)
    const first = view.ask('The new endpoint is https://x:30002.\nHave all clients moved?')
    await shown.waitFor('Have all clients moved?')
    shown.press('enter')
    expect(await first).toBe(false)
    const second = view.ask('Have all clients moved?')
    await shown.waitFor('❯ 2 No, not yet')
    shown.type('1\r')
    expect(await second).toBe(true)
  })
})

describe('5d: taking back', () => {
  test.each(sizes)('step by step', async size => {
    const run = await startRun(size)
    upToStart(run)
    const { shown, tell } = run
    tell(upFailed)
    tell(stepStarted('change.up.undo', ['sky serve down fraud-model -y'], true))
    tell(stepDone('change.up.undo', '', 400), 1)
    tell(stepStarted('change.down.undo', ['sky serve up ~/x'], true), 1)
    shown.clock.now += 12_000
    await shown.waitFor('Undo 2 of 2')
    await shown.waitFor('Start the kept HTTP service again')
    const text = shown.text().replace(/\s+/g, ' ')
    expect(text).toContain('✖ Start it with TLS: The old one is not gone yet.')
    expect(text).toContain('Ctrl-C stops the undo and leaves a mix of both: better let it end')
    expectGoodFrames(shown, size)
  })
})

describe('a stop', () => {
  test.each(sizes)('is told at once; the second leaves', async size => {
    const run = await startRun(size)
    upToStart(run)
    const { shown } = run
    await shown.waitFor('silent')
    shown.press('ctrlC')
    await shown.waitFor('Stopping: sky has 5 s to end.')
    expect(shown.stops.signal.aborted).toBe(true)
    expect(shown.left).toEqual([])
    shown.press('ctrlC')
    await shown.waitFor(() => shown.left.length > 0)
    expect(shown.left).toEqual([130])
    expect(shown.written()).toContain('\u001b[?25h\u001b[?2004l\u001b]9;4;0;0\u0007')
    expectGoodFrames(shown, size)
  })

  test('5e: is printed after the frame has gone, with how it goes on', async () => {
    const run = await startRun(small)
    upToStart(run)
    const { shown, view, tell } = run
    shown.press('ctrlC')
    await shown.waitFor('Stopping')
    tell({
      type: 'run.finished',
      outcome: 'interrupted',
      exit: 130,
      tookMs: 151_000,
      done: ['Take the service down'],
      notDone: ['Start it with TLS'],
      now: 'fraud-model is down',
    })
    await view.close()
    await shown.waitFor('go on')
    expect(shown.lines()[0]).toContain('▲ Stopped by you after 2 min 31 s')
  })

  test('ends what waits for a person', async () => {
    const { shown, view, tell } = await startRun(wide)
    tell(stepStarted('dns.wait'))
    const paused = view.pause(600_000, never)
    const caught = expect(paused).rejects.toBeInstanceOf(Interrupted)
    await shown.waitFor('r ask now')
    shown.press('ctrlC')
    await caught
    await expect(view.ask('Really?')).rejects.toBeInstanceOf(Interrupted)
  })

  test('Ctrl-Z is refused while the lock is held, and that is said', async () => {
    const { shown, tell } = await startRun(wide)
    tell(stepStarted('check.sky'))
    await shown.waitFor('Ask sky')
    shown.press('ctrlZ')
    await shown.waitFor('Ctrl-Z is refused: the run holds the lock of fraud-model.')
    shown.type('x')
    await shown.waitFor(text => !text.includes('refused'))
  })
})

describe('6: waiting for DNS', () => {
  test('at 80x24', async () => {
    const { shown, view, tell } = await startRun(wide)
    tell(stepStarted('dns.wait'))
    tell(dnsWait)
    shown.clock.now += 160_000
    const paused = view.pause(8_000, never)
    await shown.waitFor('asks again in 8 s')
    expect(shown.lines().slice(1)).toEqual([
      expect.stringMatching(
        /^ {2}[⠋⠙⠹⠸⠼⠴⠦⠧] Wait for the DNS record {12}2 min 40 s of 10 min, asks again in 8 s$/,
      ),
      '  The endpoint is served and proven at its address. Its name must lead there.',
      '  Create this record in zone example.com (or change the one that is there):',
      '  type A · name fraud.ml.example.com · value 203.0.113.17 · TTL 300',
      'fraud.ml.example.com. 300 IN A 203.0.113.17',
      '  Who says what now',
      '  ✔ ns1.example.com  203.0.113.17',
      '  ✖ ns2.example.com  198.51.100.4      the old address',
      '  ○ system resolver  no such name',
      '  ? 10.0.0.2         no answer in 5 s',
      '  Later: secure-endpoint init --resume fraud-model',
      '',
      '  c copy the line · e all output · r ask now · q leave, safely · ? keys',
    ])
    shown.type('r')
    expect(await paused).toBe('look')
    expectGoodFrames(shown, wide)
  })

  test('at 40x12, and q leaves', async () => {
    const { shown, view, tell } = await startRun(small)
    tell(stepStarted('dns.wait'))
    tell(dnsWait)
    const paused = view.pause(8_000, never)
    await shown.waitFor('q leave')
    expect(shown.text()).toContain('✖ ns2.example.com  198.51.100.4')
    expect(shown.lines().at(-1)).toBe('  c copy · r ask · q leave · ?')
    shown.type('q')
    expect(await paused).toBe('leave')
    expectGoodFrames(shown, small)
  })

  test('c writes the record flush left, whole', async () => {
    const { shown, view, tell } = await startRun(small)
    tell(stepStarted('dns.wait'))
    tell(dnsWait)
    void view.pause(8_000, never).catch(() => {})
    await shown.waitFor('c copy')
    shown.type('c')
    await shown.waitFor(() => shown.written().includes('\u001b]52;'))
    expectCopied(shown, 'fraud.ml.example.com. 300 IN A 203.0.113.17')
  })

  test('looks again by itself when its time is over', async () => {
    const { shown, view, tell } = await startRun(wide)
    tell(stepStarted('dns.wait'))
    tell(dnsWait)
    expect(await view.pause(1, never)).toBe('look')
    await shown.waitFor('Wait for the DNS record')
  })
})

describe('7: the proof', () => {
  test.each(sizes)(
    'e opens the probe that failed; its neighbours are told in a line',
    async size => {
      const { shown, tell } = await startRun(size)
      tell(stepStarted('serve.proof'))
      tell(probe({ id: 'tcp.open', seen: 'accepts' }))
      tell(
        probe({
          id: 'tls.chain',
          state: 'fail',
          seen: 'Example Issuing CA 3 is missing',
          expected: 'a path to Example Root CA (certs/root.pem)',
          means: 'curl, Python and Go refuse it.',
          fix: 'secure-endpoint rotate fraud-model',
          evidence: ['curl: (60) SSL certificate problem'],
        }),
      )
      await shown.waitFor('e ')
      shown.type('e')
      await shown.waitFor('❯ ✖ tls.chain')
      expect(shown.text()).toContain('expected  a path to Example Root')
      if (size.columns === 40) for (let line = 0; line < 8; line += 1) shown.press('down')
      await shown.waitFor('secure-endpoint rotate')
      shown.type('c')
      await shown.waitFor(() => shown.written().includes('\u001b]52;'))
      expectCopied(
        shown,
        'openssl s_client -connect 203.0.113.17:30001 -servername fraud.ml.example.com',
      )
      expectGoodFrames(shown, size)
    },
  )
})

function finished(outcome: 'done' | 'failed', exit: number): EventBody {
  return { type: 'run.finished', outcome, exit, tookMs: 1, done: [], notDone: [], now: '' }
}

describe('outside of the frame', () => {
  test('the progress is told to the terminal, in red after a failure, and taken away', async () => {
    const { shown, view, tell } = await startRun(wide)
    tell(stepStarted('check.sky'))
    tell(stepDone('check.sky'))
    expect(shown.written()).toContain('\u001b]9;4;1;10\u0007')
    tell(finished('failed', 1))
    expect(shown.written()).toContain('\u001b]9;4;2;10\u0007')
    await view.close()
    expect(shown.written().endsWith('\u001b]9;4;0;0\u0007')).toBe(true)
  })

  test('a terminal that would draw them gets no sequences', async () => {
    const { shown, view, tell } = await startRun(wide, { env: { TERM: 'linux' } })
    tell(stepStarted('check.sky'))
    await view.close()
    expect(shown.written()).not.toContain('\u001b]')
  })

  const bells = (shown: Screen) =>
    shown
      .written()
      .replace(/\u001b\][^\u0007]*\u0007/g, '')
      .split('\u0007').length - 1

  test('a run that was long rings once; a short one does not', async () => {
    const long = await startRun(wide)
    long.tell(stepStarted('change.up'))
    long.shown.clock.now += 61_000
    const decision = long.view.decide(step('change.up'), going)
    await long.shown.waitFor('What now?')
    expect(bells(long.shown)).toBe(1)
    long.shown.type('3\r')
    await decision
    long.tell(finished('failed', 1))
    expect(bells(long.shown)).toBe(1)

    const short = await startRun(wide)
    short.tell(finished('done', 0))
    expect(bells(short.shown)).toBe(0)
  })
})
