import { execa } from 'execa'
import { capped, lineSplitter } from './capped.ts'
import { startTime } from './start-time.ts'
import type { RunTool, ToolCall, ToolResult } from './tool.ts'
import { which } from './which.ts'

const outputCap = 8 * 1024 * 1024
/** How long a tool may take to end after it was told to, in milliseconds. */
const graceMs = 5_000

/**
 * Runs tools for real. Each one gets a closed stdin (or the text given), a process group of its own so
 * that its children end with it, and the environment of the command with `call.env` on top.
 */
export function createRunTool(env: Readonly<Record<string, string | undefined>>): RunTool {
  return async call => {
    const began = performance.now()
    const program = await which(call.argv[0], env)
    const result = program
      ? await run(program, call, env)
      : ({ outcome: 'missing', stdout: '', stderr: '' } as const)
    return { ...result, argv: call.argv, tookMs: Math.round(performance.now() - began) }
  }
}

type Ended = Omit<ToolResult, 'argv' | 'tookMs'>

async function run(
  program: string,
  call: ToolCall,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Ended> {
  if (call.signal?.aborted) return { outcome: 'aborted', stdout: '', stderr: '' }
  const stdin = call.stdin === undefined ? ({ stdin: 'ignore' } as const) : { input: call.stdin }
  const child = execa(program, call.argv.slice(1), {
    ...(call.terminal ? ({ stdio: 'inherit' } as const) : stdin),
    ...(call.cwd === undefined ? {} : { cwd: call.cwd }),
    env: { ...definedOnly(env), ...call.env },
    extendEnv: false,
    buffer: false,
    reject: false,
    cleanup: false,
    detached: !call.terminal && process.platform !== 'win32',
    windowsHide: true,
  })
  if (child.pid !== undefined) {
    try {
      call.onStart?.({ pid: child.pid, start: startTime(child.pid) ?? '' })
    } catch (error) {
      killTree(child.pid, 'SIGKILL') // no later run could recognise one that is not written down
      await child
      throw error
    }
  }

  const output = { stdout: capped(outputCap), stderr: capped(outputCap) }
  for (const name of ['stdout', 'stderr'] as const) {
    const lines = lineSplitter(line => call.onLine?.(line, name), call.lineCap)
    child[name]?.on('data', (chunk: Buffer) => {
      output[name].add(chunk)
      lines.add(chunk)
    })
    child[name]?.on('end', lines.end)
  }

  let ending: 'timed-out' | 'aborted' | undefined
  let force: NodeJS.Timeout | undefined
  const end = (why: 'timed-out' | 'aborted') => {
    ending ??= why
    killTree(child.pid, 'SIGTERM')
    force ??= setTimeout(() => {
      killTree(child.pid, 'SIGKILL')
      child.stdout?.destroy() // a grandchild that left the group may still hold the pipe
      child.stderr?.destroy()
    }, graceMs)
  }
  const limit = setTimeout(() => end('timed-out'), Math.min(call.limitMs, 2 ** 31 - 1))
  const onAbort = () => end('aborted')
  call.signal?.addEventListener('abort', onAbort, { once: true })
  const result = await child
  clearTimeout(limit)
  clearTimeout(force)
  call.signal?.removeEventListener('abort', onAbort)

  const seen = { stdout: output.stdout.text(), stderr: output.stderr.text() }
  if (ending) {
    killTree(child.pid, 'SIGKILL')
    return { ...seen, outcome: ending }
  }
  if (result.exitCode !== undefined) return { ...seen, outcome: 'ended', exit: result.exitCode }
  if (result.signal !== undefined) return { ...seen, outcome: 'killed', signal: result.signal }
  return { ...seen, outcome: result.code === 'EACCES' ? 'not-executable' : 'missing' }
}

function killTree(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // it has ended already
  }
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, v]) => v !== undefined)) as Record<
    string,
    string
  >
}
