import type { ChildProcess } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { startHttpService } from '../support/http-service.ts'
import { answers, ended, inSandbox, type Sandbox } from '../support/sandbox.ts'
import { gone, until } from '../support/scratch.ts'
import { type Scripts, scriptsIn } from '../support/script.ts'

type State = Parameters<Parameters<Sandbox['setDouble']>[0]>[0]

interface Failure {
  name: string
  /** What is wrong once the plan is made. */
  breaks(state: State): void
  exit: number
  from?: 'http'
  /** Whether the plan itself knows the tool's words. */
  known?: true
}

const failures: Failure[] = [
  {
    name: 'no cloud',
    exit: 77,
    known: true,
    breaks(state) {
      state.clouds = {}
    },
  },
  {
    name: 'a login that has run out',
    exit: 77,
    known: true,
    breaks({ faults }) {
      faults['api info'] = { how: 'fail', text: 'Please run: sky api login' }
    },
  },
  {
    name: 'a tool that is killed',
    exit: 75,
    breaks({ faults }) {
      faults['api info'] = { how: 'kill' }
    },
  },
  {
    name: 'a tool that answers rubbish',
    exit: 69,
    breaks({ faults }) {
      faults['api info'] = { how: 'say', exit: 0, text: 'hello\u001b[2J\u001b]0;owned\u0007\n' }
    },
  },
  {
    name: 'no port that can be opened, with the service down already',
    from: 'http',
    exit: 65,
    known: true,
    breaks({ faults }) {
      const text = 'No enabled clouds support opening ports'
      faults['serve up'] = { how: 'fail', text, times: 1 }
    },
  },
  {
    name: 'a load balancer that dies',
    exit: 1,
    breaks({ faults }) {
      faults.balancer = 'dies'
    },
  },
]

/** A sandbox with a plan for it, and the wrong thing in it. */
async function broken(box: Sandbox, { from, breaks }: Failure, scripts?: Scripts) {
  if (from === 'http') await startHttpService(box)
  box.file('a.yaml', answers(box).replace('wait: 20s', 'wait: 1s'))
  const script = await scripts?.plan(['--answers', 'a.yaml'])
  box.setDouble(breaks)
  return script ?? ''
}

function servicesOf(box: Sandbox) {
  return Object.entries(box.double().services).map(([name, { tls, status }]) => [name, tls, status])
}

/** What is said of a problem: its title, what it means and what to type. */
function words(stdout: string): string[] {
  const title = /failed: .*?, exit \d+: (.*)/.exec(stdout)?.[1]
  const rest = [...stdout.matchAll(/^ {2}((?:means|fix): .*)$/gm)].map(match => match[1] ?? '')
  return title === undefined ? rest : [title, ...rest]
}

const limit = { timeout: 240_000 }

describe.concurrent('a script that meets a problem', () => {
  it.for(failures)('ends as our own run does: $name', limit, async (failure, context) => {
    const own = await inSandbox(async box => {
      await broken(box, failure)
      const run = await box.cli(['init', '--answers', 'a.yaml', '--yes'])
      expect(run.exit, run.stdout).toBe(failure.exit)
      return { services: servicesOf(box), changes: box.changes().length, said: words(run.stdout) }
    })
    await inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      const script = await broken(box, failure, scripts)
      const run = await scripts.run(script)
      expect(run.exit, run.stderr).toBe(failure.exit)
      expect(servicesOf(box)).toEqual(own.services)
      expect(box.changes()).toHaveLength(own.changes)
      if (failure.known) expect(own.said).toHaveLength(3)
      for (const line of failure.known ? own.said : []) expect(run.stderr).toContain(line)
      expect(run.stderr).not.toContain('\u001b')
    })
  })

  it('says that sky is not there', limit, async context =>
    inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      box.file('a.yaml', answers(box))
      const script = await scripts.plan(['--answers', 'a.yaml'])
      scripts.remove('sky')
      const run = await scripts.run(script)
      expect(run.stderr).toContain('sky is not installed, or not on PATH.')
      expect(run.exit).toBe(69)
    }),
  )

  it('asks before it runs, and takes no answer for a no', limit, async context =>
    inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      box.file('a.yaml', answers(box))
      const script = await scripts.plan(['--answers', 'a.yaml'])
      const run = await scripts.run(script, {})
      expect(run.stderr).toContain('nobody is there to ask: Shall this run?')
      expect(run.exit).toBe(2)
      expect(box.calls()).toEqual([])
    }),
  )

  it('that is killed is taken up by the next one', limit, async context =>
    inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      await startHttpService(box)
      box.file('a.yaml', answers(box))
      const script = await scripts.plan(['--answers', 'a.yaml'])
      for (const verb of ['down', 'up']) {
        const before = box.changes().length
        await killedIn(scripts.start(script), () =>
          box
            .changes()
            .slice(before)
            .some(argv => argv[1] === verb),
        )
      }
      const run = await scripts.run(script)
      expect(run.exit, run.stderr).toBe(0)
      expect(servicesOf(box)).toEqual([['svc-a', true, 'STARTED']])
    }),
  )

  it('takes back what a script that was killed has begun', limit, async context =>
    inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      await startHttpService(box)
      box.file('a.yaml', answers(box).replace('wait: 20s', 'wait: 1s'))
      const script = await scripts.plan(['--answers', 'a.yaml'])
      box.setDouble(({ faults }) => {
        faults.balancer = 'dies'
      })
      await killedIn(scripts.start(script), () => box.double().services['svc-a']?.tls)
      // the server finishes what it was asked for
      await until(() => box.double().requests.length === 0)
      expect(servicesOf(box)).toEqual([['svc-a', true, 'STARTED']])
      box.setDouble(({ faults }) => {
        delete faults.balancer
      })
      const run = await scripts.run(script)
      expect(run.stderr).toContain('what was there before is back')
      expect(run.exit).toBe(1)
      expect(servicesOf(box)).toEqual([['svc-a', false, 'STARTED']])
    }),
  )
})

/** Kills a script, and all that it has started, as soon as something is to be seen. */
async function killedIn(child: ChildProcess, seen: () => boolean | undefined): Promise<void> {
  const end = ended(child)
  const { pid } = child
  if (pid === undefined) throw new Error('the script did not start')
  const early = await Promise.race([until(seen).then(() => undefined), end])
  expect(early, 'it ended before what was waited for').toBeUndefined()
  process.kill(-pid, 'SIGKILL')
  await end
  await gone(pid)
}
