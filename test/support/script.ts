import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ended, ended, type Sandbox } from './sandbox.ts'
import { skipped } from './scratch.ts'

/** What a script may use: no node, no secure-endpoint. */
const tools = `bash awk cat chmod cp curl dirname getent grep head jq mkdir openssl rm sed sleep
  tail timeout tr`.split(/\s+/)

const double = fileURLToPath(new URL('sky/sky.mjs', import.meta.url))

/** The tools of this machine that a script needs; undefined, and the reason printed, without one. */
function paths(): Map<string, string> | undefined {
  const found = new Map<string, string>()
  for (const name of tools) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
    if (!stdout.startsWith('/')) return skipped(`${name} is not there`)
    found.set(name, stdout.trim())
  }
  return found
}

export interface Scripts {
  /** The script of a plan, written into a file whose path is given. */
  plan(args: string[]): Promise<string>
  /** Runs it with nothing but a PATH, the double of sky on it, and what is given. */
  run(file: string, env?: Record<string, string>): Promise<Ended>
  /** Starts it in a process group of its own and leaves it running. */
  start(file: string, env?: Record<string, string>): ChildProcess
  /** Takes a program off its PATH. */
  remove(program: string): void
}

/** How scripts are made and run in a sandbox; undefined where this machine lacks a tool for them. */
export function scriptsIn(box: Sandbox): Scripts | undefined {
  const found = paths()
  if (!found) return undefined
  const bare = join(box.folder, 'bare')
  mkdirSync(bare)
  for (const [name, path] of found) symlinkSync(path, join(bare, name))
  writeFileSync(
    join(bare, 'sky'),
    `#!/bin/sh\nSKY_DOUBLE='${box.env.SKY_DOUBLE}' exec '${process.execPath}' '${double}' "$@"\n`,
  )
  chmodSync(join(bare, 'sky'), 0o755)
  const start: Scripts['start'] = (file, env = { HOME: box.folder, YES: '1' }) =>
    spawn(found.get('bash') ?? 'bash', [file], {
      cwd: box.folder,
      env: { PATH: bare, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
  let count = 0
  return {
    async plan(args) {
      const { exit, stdout, stderr } = await box.cli(['plan', ...args, '--format', 'sh'])
      if (exit !== 0) throw new Error(stderr)
      count += 1
      return box.file(`plan-${count}.sh`, stdout)
    },
    start,
    run: (file, env) => ended(start(file, env)),
    remove: program => rmSync(join(bare, program)),
  }
}
