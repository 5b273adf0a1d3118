import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createRunTool } from '../../src/process/run-tool.ts'
import { startTime, stillRuns } from '../../src/process/start-time.ts'
import { succeeded, type ToolCall } from '../../src/process/tool.ts'
import { createScratch, gone, type Scratch, until } from '../support/scratch.ts'

const limitMs = 60_000

describe.concurrent('a tool that ends by itself', () => {
  it('gives exit, output and each of its lines', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('say', 'printf "one\\ntwo\\r\\nthr"; echo oops >&2; exit 3')
    const lines: string[] = []
    const result = await run(box, { argv: ['say'], onLine: line => lines.push(line) })
    expect(result).toMatchObject({ outcome: 'ended', exit: 3, stderr: 'oops\n' })
    expect(result.stdout).toBe('one\ntwo\r\nthr')
    expect(lines.sort()).toEqual(['one', 'oops', 'thr', 'two'])
    expect(succeeded(result)).toBe(false)
  })

  it('finds its stdin closed, so that a question ends it', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('asks', 'read -r -p "Continue? [y/N] " reply || echo "no reply"; wc -c')
    const result = await run(box, { argv: ['asks'] })
    expect(result).toMatchObject({ outcome: 'ended', exit: 0, stdout: 'no reply\n0\n' })
  })

  it('gets what it is given on stdin, also when it does not read it', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    box.tool('reads', 'cat')
    box.tool('ignores', 'exit 0')
    const stdin = 'a secret\n'.repeat(50_000)
    expect((await run(box, { argv: ['reads'], stdin })).stdout).toBe(stdin)
    expect(await run(box, { argv: ['ignores'], stdin })).toMatchObject({ outcome: 'ended' })
  })

  it('runs in its folder and sees no other environment than it is given', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    process.env.SE_TEST_LEAK = 'leaked'
    onTestFinished(() => {
      delete process.env.SE_TEST_LEAK
    })
    box.tool('looks', 'pwd; env')
    const env = { SKY_USER: 'ana' }
    const { stdout } = await run(box, { argv: ['looks'], cwd: box.folder, env })
    expect(stdout.split('\n')[0]).toBe(box.folder)
    expect(stdout).toContain('SKY_USER=ana\n')
    expect(stdout).toContain(`PATH=${box.env.PATH}\n`)
    expect(stdout).not.toContain('SE_TEST_LEAK')
  })

  it('has its output kept up to 8 MiB, and a line up to 4,096 characters', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    box.tool('floods', 'head -c 9000000 /dev/zero | tr "\\0" x; echo end >&2')
    const lines: string[] = []
    const result = await run(box, { argv: ['floods'], onLine: line => lines.push(line) })
    expect(result).toMatchObject({ outcome: 'ended', exit: 0, stderr: 'end\n' })
    expect(result.stdout.length).toBe(8 * 1024 * 1024)
    expect(Math.max(...lines.map(({ length }) => length))).toBe(4096)
  })

  it('is named when it starts, so that a later run recognises it', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('waits', 'while [ ! -e go ]; do sleep 0.02; done')
    const started: { pid: number; start: string }[] = []
    const call = { argv: ['waits'], cwd: box.folder, onStart: started.push.bind(started) }
    const running = run(box, call as never)
    const [{ pid, start } = { pid: 0, start: '' }] = await until(() => started[0] && started)
    expect(stillRuns(pid, start)).toBe(true)
    expect(stillRuns(pid, `${Number(start) + 1}`)).toBe(false)
    box.file('go', '')
    await running
    expect(startTime(pid)).toBeUndefined()
  })
})

describe.concurrent('a tool that cannot be written down', () => {
  it('is ended at once', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('waits', 'sleep 600')
    let pid = 0
    const call = {
      argv: ['waits'],
      onStart(started: { pid: number }) {
        pid = started.pid
        throw new Error('the disk is full')
      },
    } as const
    await expect(run(box, call)).rejects.toThrow('the disk is full')
    await gone(pid)
  })
})

describe.concurrent('a tool that is not there', () => {
  it('is missing', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const result = await run(box, { argv: ['no-such-tool'] })
    expect(result).toMatchObject({ outcome: 'missing', stdout: '', stderr: '' })
  })

  it('is missing where its only copy lies in a relative entry of PATH', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    box.tool('sky', 'touch called')
    box.file('sky', '#!/bin/sh\ntouch called\n', 0o755)
    const runTool = createRunTool({ PATH: '.:bin::./bin' })
    const result = await runTool({ argv: ['sky'], cwd: box.folder, limitMs })
    expect(result.outcome).toBe('missing')
    expect(existsSync(`${box.folder}/called`)).toBe(false)
  })

  it('is found further on in PATH when a folder or a plain file has its name', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    box.file('first/sky/x', '')
    box.file('second/sky', 'no program', 0o644)
    box.tool('sky', 'echo found')
    const PATH = `${box.folder}/first:${box.folder}/second:${box.env.PATH}`
    const result = await createRunTool({ PATH })({ argv: ['sky'], limitMs })
    expect(result).toMatchObject({ outcome: 'ended', stdout: 'found\n' })
  })

  it('is not executable when the system refuses to start it', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const interpreter = box.file('interpreter', '#!/bin/sh\n', 0o644)
    box.file('bin/sky', `#!${interpreter}\n`, 0o755)
    expect((await run(box, { argv: ['sky'] })).outcome).toBe('not-executable')
  })
})

/** A tool, its child and its grandchild; the last ignores SIGTERM and holds the output open. */
const stubborn = `
trap '' TERM
bash -c 'bash -c "trap \\"\\" TERM; echo \\$BASHPID >grandchild; while :; do sleep 0.1; done"' &
echo $! >child
wait
while :; do sleep 0.1; done
`

describe.concurrent('a tool that must be ended', () => {
  it('takes its whole tree along at the limit, also a grandchild that ignores SIGTERM', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    box.tool('stubborn', stubborn)
    const result = await run(box, { argv: ['stubborn'], cwd: box.folder, limitMs: 500 })
    expect(result.outcome).toBe('timed-out')
    await treeIsGone(box)
  })

  it('takes it along when the user stops, and says so', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('stubborn', stubborn)
    const stop = new AbortController()
    const call = { argv: ['stubborn'], cwd: box.folder, signal: stop.signal } as const
    const running = run(box, call)
    await until(() => existsSync(`${box.folder}/grandchild`))
    stop.abort()
    expect((await running).outcome).toBe('aborted')
    await treeIsGone(box)
  })

  it('takes along a grandchild that has let go of the output', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    const quiet = 'trap "" TERM; echo $BASHPID >child; while :; do sleep 0.1; done'
    box.tool('parent', `(${quiet}) >/dev/null 2>&1 & cp /dev/null grandchild; wait`)
    const stop = new AbortController()
    const call = { argv: ['parent'], cwd: box.folder, signal: stop.signal } as const
    const running = run(box, call)
    const child = await until(() => pidIn(box, 'child'))
    stop.abort()
    expect((await running).outcome).toBe('aborted')
    await gone(child)
  })

  it('does not keep us waiting when one that left its group holds the output open', async ({
    onTestFinished,
  }) => {
    const box = createScratch(onTestFinished)
    box.tool('leaves', 'setsid bash -c "echo \\$BASHPID >escaped; exec sleep 600" & wait')
    const stop = new AbortController()
    const call = { argv: ['leaves'], cwd: box.folder, signal: stop.signal } as const
    const running = run(box, call)
    const escaped = await until(() => pidIn(box, 'escaped'))
    onTestFinished(() => void process.kill(escaped, 'SIGKILL'))
    stop.abort()
    expect((await running).outcome).toBe('aborted')
  })

  it('is not even started when the user has stopped before', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('marks', 'touch called')
    const call = { argv: ['marks'], cwd: box.folder, signal: AbortSignal.abort() } as const
    expect((await run(box, call)).outcome).toBe('aborted')
    expect(existsSync(`${box.folder}/called`)).toBe(false)
  })

  it('is killed, not failed, when a signal from outside ends it', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('dies', 'echo halfway; kill -KILL $$')
    const result = await run(box, { argv: ['dies'] })
    expect(result).toMatchObject({ outcome: 'killed', signal: 'SIGKILL', stdout: 'halfway\n' })
    expect(result.exit).toBeUndefined()
  })
})

describe('a process of this machine', () => {
  it('is told from a later one with the same id by its start', () => {
    const start = startTime(process.pid) ?? ''
    expect(start).toMatch(/^\d+$/)
    expect(stillRuns(process.pid, start)).toBe(true)
    expect(stillRuns(process.pid, '1')).toBe(false)
    // a holder that could not read its start time is taken for alive
    expect(stillRuns(process.pid, '')).toBe(true)
  })

  it('is gone when no process has its id', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('ends', 'echo $$')
    const pid = Number((await run(box, { argv: ['ends'] })).stdout)
    expect(startTime(pid)).toBeUndefined()
    expect(stillRuns(pid, '')).toBe(false)
  })
})

function run(box: Scratch, call: Partial<ToolCall> & Pick<ToolCall, 'argv'>) {
  return createRunTool(box.env)({ limitMs, ...call })
}

function pidIn(box: Scratch, name: string): number | undefined {
  const path = `${box.folder}/${name}`
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) || undefined : undefined
}

async function treeIsGone(box: Scratch): Promise<void> {
  for (const name of ['child', 'grandchild']) await gone(pidIn(box, name) ?? 0)
}
