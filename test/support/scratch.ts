import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTime } from '../../src/process/start-time.ts'

/** A folder of a test's own, with programs in its `bin`. */
export interface Scratch {
  folder: string
  bin: string
  file(name: string, content: string | Buffer, mode?: number): string
  /** A program in `bin`: the body of a bash script. */
  tool(name: string, body: string, mode?: number): string
  /** A small file system of its own, for root; undefined, and the reason printed, for others. */
  mount(options: string): string | undefined
  /** PATH with `bin` in front. */
  env: Record<string, string>
}

/** @param atEnd vitest's `onTestFinished`: of the test's own context where tests run beside each other */
export function createScratch(atEnd: (close: () => void) => void): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'se-scratch-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }))
  const file: Scratch['file'] = (name, content, mode = 0o600) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    chmodSync(path, mode)
    return path
  }
  return {
    folder,
    bin,
    file,
    mount(options) {
      const path = join(folder, 'mounted')
      mkdirSync(path)
      const args = ['-t', 'tmpfs', '-o', options, 'tmpfs', path]
      const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
      if (status !== 0) return skipped(`a file system can be mounted by root alone: ${stderr}`)
      atEnd(() => void spawnSync('umount', ['-l', path]))
      return path
    },
    tool: (name, body, mode = 0o755) => file(join('bin', name), `#!/bin/bash\n${body}\n`, mode),
    env: { PATH: `${bin}:${process.env.PATH}`, HOME: folder, LANG: 'C.UTF-8' },
  }
}

/** Waits until something holds; the test's own time limit ends it. */
export async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const seen = look()
    if (seen !== undefined && seen !== false) return seen
    await sleep(10)
  }
}

/** Resolves when a process is gone (a zombie that nobody has reaped counts as gone). */
export async function gone(pid: number): Promise<void> {
  await until(() => startTime(pid) === undefined)
}

/** Prints why a test cannot run here. */
export function skipped(reason: string): undefined {
  process.stderr.write(`skipped: ${reason.trim()}\n`)
}

/** Whether a tool is on this machine; where it is not, that is printed. */
export function isThere(tool: string): boolean {
  const there = spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined
  if (!there) skipped(`${tool} is not there`)
  return there
}
