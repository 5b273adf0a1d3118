import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Exec, Json, Manual, Op, Step, Wait } from '../../src/plan/plan.ts'
import { runPlan } from '../../src/plan/run.ts'
import { createRunTool } from '../../src/process/run-tool.ts'
import { fakeClock, op, type PlayOptions, play, step } from '../support/play.ts'
import { createScratch, type Scratch } from '../support/scratch.ts'

const limit = '1m'

/** Plays one act with the tools of a scratch folder. */
async function perform(act: Step['act'], box: Scratch, more: PlayOptions = {}) {
  const played = play([step('a', { act })], {
    run: createRunTool(box.env),
    world: { cwd: box.folder },
    ...more,
  })
  const result = await runPlan(played.input)
  return { ...played, ...result, found: result.problem?.findings[0] }
}

function exec(more: Partial<Exec> = {}): Exec {
  return { do: 'exec', argv: ['sky', 'serve', 'up'], limit, ...more }
}

describe('a command of a plan', () => {
  it('that hangs is ended at its limit: 124, with what it said last', async () => {
    const box = createScratch(onTestFinished)
    box.tool('sky', 'echo "Launching controller …"; exec sleep 600')
    const { exit, found, told } = await perform(exec({ limit: '1s' }), box)
    expect(exit).toBe(124)
    expect(found).toMatchObject({
      id: 'tool.sky.hangs',
      title: 'sky did not end within 1 s.',
      evidence: 'Launching controller …',
    })
    expect(told()).toEqual(['run.started', 'step.started a', 'step.failed a', 'run.finished'])
  })

  it.each([
    ['is killed', 'echo half; kill -KILL $$', 75, 'tool.sky.killed', 'half'],
    ['fails', 'echo no >&2; exit 4', 1, 'tool.sky.failed', 'no'],
  ])('that %s keeps its own exit', async (_name, body, exit, id, evidence) => {
    const box = createScratch(onTestFinished)
    box.tool('sky', body)
    expect(await perform(exec(), box)).toMatchObject({ exit, found: { id, evidence } })
  })

  it('that is not there is 69', async () => {
    const box = createScratch(onTestFinished)
    const act = exec({ argv: ['no-such-tool'] })
    expect(await perform(act, box)).toMatchObject({
      exit: 69,
      found: { id: 'tool.no-such-tool.missing' },
    })
  })

  it('that says something else than is expected is 69, with the tail of it', async () => {
    const box = createScratch(onTestFinished)
    box.tool('sky', 'for n in $(seq 40); do echo "rubbish $n"; done')
    const act = exec({ expect: [{ exit: [0] }, { regex: 'Endpoint URL' }] })
    const { exit, found } = await perform(act, box)
    expect(exit).toBe(69)
    expect(found).toMatchObject({ id: 'tool.sky.rubbish' })
    expect(found?.evidence).toMatch(/^rubbish 29\n[\s\S]*rubbish 40$/)
  })

  it('is explained by the first words that are known', async () => {
    const box = createScratch(onTestFinished)
    box.tool('sky', 'echo "The service is already running. 401" >&2; exit 1')
    const known = { exit: 75, title: 't', why: 'w', fix: 'f' }
    const explains = [
      { when: { regex: 'never said' }, id: 'x.never', ...known },
      { when: { regex: 'already running' }, id: 'x.taken', ...known },
      { when: { regex: '401' }, id: 'x.login', ...known },
    ]
    const { exit, found } = await perform(exec({ explains }), box)
    expect([exit, found?.id]).toEqual([75, 'x.taken'])
  })

  it('gets what the plan says and nothing else: folder, stdin, environment', async () => {
    const box = createScratch(onTestFinished)
    box.file('below/x', '')
    box.tool('sky', 'pwd; cat; echo "$SKY_A"; printf "%s|" "$@"')
    const act = exec({
      argv: ['sky', '$(id)', "it's", { kept: 'service.yaml' }],
      cwd: 'below',
      stdin: 'from stdin\n',
      env: { SKY_A: { join: ['a ', 'b'] } },
    })
    const { events } = await perform(act, box)
    const lines = events.flatMap(each =>
      each.type === 'step.progress' && each.line ? each.seen : [],
    )
    expect(lines).toEqual([
      join(box.folder, 'below'),
      'from stdin',
      'a b',
      "$(id)|it's|/kept/service.yaml|",
    ])
  })

  it('has its words made harmless before anybody sees them', async () => {
    const box = createScratch(onTestFinished)
    box.tool(
      'sky',
      'printf "\\033]52;c;ZXZpbA==\\007\\033[31mred\\033[0m \\342\\200\\256txt.exe\\n"; exit 1',
    )
    const { events, found } = await perform(exec(), box)
    expect(JSON.stringify(events)).not.toMatch(/\\u001b|\\u0007|\u202e/)
    expect(found?.evidence).toBe('red txt.exe')
  })

  it('that was stopped by the user is no failure of it', async () => {
    const box = createScratch(onTestFinished)
    const stop = new AbortController()
    box.tool('sky', 'echo started; exec sleep 600')
    const run = createRunTool(box.env)
    const played = await perform(exec(), box, {
      signal: stop.signal,
      run: call =>
        run({
          ...call,
          onLine: () => stop.abort(),
        }),
    })
    expect(played).toMatchObject({ outcome: 'interrupted', exit: 130 })
  })
})

describe('a wait of a plan', () => {
  const look: Op = { do: 'op:look', input: {}, limit }
  const wait = (more: Partial<Wait> = {}): Wait => ({
    do: 'wait',
    look,
    until: [{ json: 'state', equals: 'ABSENT' }],
    every: '5s',
    limit,
    atLimit: 'fail',
    ...more,
  })
  /** A look that says each state once, then the last one for ever. */
  const saying = (...states: string[]) => ({
    look: op(async () => {
      const state = states.length > 1 ? states.shift() : states[0]
      return { state: state ?? '', seen: `it is ${state}` }
    }),
  })

  it('looks at its interval until it is so, and says what it sees', async () => {
    const box = createScratch(onTestFinished)
    const clock = fakeClock()
    const ops = saying('READY', 'SHUTTING_DOWN', 'ABSENT')
    const { exit, events } = await perform(wait(), box, { ops, world: { clock } })
    expect(exit).toBe(0)
    expect(clock.slept).toEqual([5_000, 5_000])
    expect(events.filter(({ type }) => type === 'wait')).toMatchObject([
      { elapsedMs: 0, limitMs: 60_000, nextMs: 5_000, seen: 'it is READY' },
      { elapsedMs: 5_000, seen: 'it is SHUTTING_DOWN' },
    ])
  })

  it('ends at its limit with 124 and what it saw last, or goes on where the plan says so', async () => {
    const box = createScratch(onTestFinished)
    const late = await perform(wait(), box, { ops: saying('READY') })
    expect(late).toMatchObject({
      exit: 124,
      found: { id: 'wait.too-long', evidence: 'it is READY' },
    })
    const goes = await perform(wait({ atLimit: 'go-on' }), box, { ops: saying('READY') })
    expect(goes).toMatchObject({ outcome: 'done', exit: 0 })
  })

  it('can be left: 75', async () => {
    const box = createScratch(onTestFinished)
    const input = { pause: async () => 'leave' as const }
    const left = await perform(wait(), box, { ops: saying('READY'), input })
    expect(left).toMatchObject({ exit: 75, found: { id: 'wait.left' } })
  })

  it('is no longer in a rehearsal than that allows', async () => {
    const box = createScratch(onTestFinished)
    const clock = fakeClock()
    const ctx = { rehearsal: { limitCapMs: 4_000 } }
    expect(
      await perform(wait(), box, { ops: saying('READY'), ctx, world: { clock } }),
    ).toMatchObject({
      exit: 124,
      found: { title: 'It is not as wanted after 4 s.' },
    })
  })

  it('for a person shows what only the look knows of what they have to do', async () => {
    const box = createScratch(onTestFinished)
    let times = 0
    const ops = {
      look: op(async () => {
        times += 1
        const servers = [{ server: 'ns1', says: 'no such name' }]
        return {
          settled: times > 1,
          servers,
          text: ['Create it:'],
          copy: 'a. 300 IN A 192.0.2.1',
          seen: '',
        }
      }),
    }
    const until = [{ json: 'settled', equals: true }]
    const act: Manual = {
      do: 'manual',
      text: ['Its name must lead there.'],
      look: { look, until, every: '5s' },
      limit,
    }
    const { exit, events } = await perform(act, box, { ops })
    expect(exit).toBe(0)
    expect(events.filter(({ type }) => type === 'wait')).toMatchObject([
      {
        seen: [{ server: 'ns1', says: 'no such name' }],
        manual: { text: ['Create it:'], copy: 'a. 300 IN A 192.0.2.1' },
      },
    ])
  })

  it.each([
    [true, 'step.done a'],
    [false, 'step.skipped a'],
  ])('for a person who is asked and says %s', async (said, told) => {
    const box = createScratch(onTestFinished)
    const act: Manual = { do: 'manual', text: ['Tell them.'], ask: 'Have they moved?', limit }
    const asked: string[] = []
    const ask = async (question: string) => Boolean(asked.push(question)) && said
    const played = await perform(act, box, { ctx: { ask } })
    expect(asked).toEqual(['Tell them.\nHave they moved?'])
    expect(played.told()).toContain(told)
    expect(played.exit).toBe(0)
  })
})

describe('a look of a plan', () => {
  const look: Op = { do: 'op:look', input: { service: 'svc-a' }, limit }
  const already = [{ json: 'there', equals: true }]

  it('is asked once for the same question in a row, and again after each change', async () => {
    const box = createScratch(onTestFinished)
    let looks = 0
    const ops = {
      look: op(async () => {
        looks += 1
        return { there: false, seen: '' }
      }),
      quiet: op(async () => ({ seen: '' })),
      change: op(async () => ({ seen: '' }), true),
    }
    const of = (name: string): Partial<Step> => ({
      look: { look, already },
      act: { do: `op:${name}`, input: {}, limit },
    })
    const steps = [step('a', of('quiet')), step('b', of('change')), step('c', of('quiet'))]
    await runPlan(play(steps, { ops, world: { cwd: box.folder } }).input)
    expect(looks).toBe(2) // for a and b together, and for c
  })

  it('may ask many servers at once without a warning of Node', async () => {
    const box = createScratch(onTestFinished)
    const warnings: string[] = []
    const onWarning = ({ name }: Error) => void warnings.push(name)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    const ops = {
      look: op(async (_input, { signal }) => {
        for (let server = 0; server < 30; server += 1)
          signal.addEventListener('abort', () => server)
        return { seen: '' }
      }),
    }
    expect((await perform({ do: 'op:look', input: {}, limit }, box, { ops })).exit).toBe(0)
    await new Promise(setImmediate)
    expect(warnings).toEqual([])
  })

  it('that takes too long is 124', async () => {
    const box = createScratch(onTestFinished)
    const ops = {
      look: op(
        (_input, { signal }) =>
          new Promise<Json>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
          }),
      ),
    }
    const act: Op = { do: 'op:look', input: {}, limit: '1s' }
    expect(await perform(act, box, { ops })).toMatchObject({
      exit: 124,
      found: { id: 'wait.too-long' },
    })
  })
})

describe('a file that a plan writes', () => {
  it('has its content and mode, and is not written again', async () => {
    const box = createScratch(onTestFinished)
    const path = join(box.folder, 'out.yaml')
    const act: Step['act'] = {
      do: 'write',
      path,
      mode: '0600',
      content: { text: { join: ['a: ', '"b"'] } },
    }
    expect((await perform(act, box)).told()).toContain('step.done a')
    expect(readFileSync(path, 'utf8')).toBe('a: "b"')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect((await perform(act, box)).told()).toContain('step.already a')
  })

  it("is made of the user's own file, which must be there", async () => {
    const box = createScratch(onTestFinished)
    const set = [
      {
        at: ['service', 'tls'],
        template: 'skyserve/tls.yaml',
        values: { keyfile: { kept: 'key.pem' }, certfile: { kept: 'chain.pem' } },
      },
    ]
    const path = join(box.folder, 'out.yaml')
    const act: Step['act'] = {
      do: 'write',
      path,
      mode: '0600',
      content: { yaml: './service.yaml', set },
    }
    expect(await perform(act, box)).toMatchObject({
      exit: 65,
      found: { id: 'answers.file-unreadable', evidence: 'ENOENT' },
    })
    expect(existsSync(path)).toBe(false)
    box.file('service.yaml', 'service:\n  replicas: 1\n')
    expect((await perform(act, box)).exit).toBe(0)
    expect(readFileSync(path, 'utf8')).toContain('keyfile: "/kept/key.pem"')
    expect(readFileSync(join(box.folder, 'service.yaml'), 'utf8')).toBe('service:\n  replicas: 1\n')
  })

  it('that cannot be written is 73', async () => {
    const box = createScratch(onTestFinished)
    box.file('no/folder', '')
    const path = join(box.folder, 'no/folder/out.yaml')
    const act: Step['act'] = { do: 'write', path, mode: '0600', content: { text: 'x' } }
    expect(await perform(act, box)).toMatchObject({
      exit: 73,
      found: { id: 'record.cannot-write' },
    })
  })
})
