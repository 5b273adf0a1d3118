import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Ended, ended, type Sandbox } from './sandbox.ts'

/** The product beside something real, with a folder and a record of its own. */
export interface RealBox
  extends Pick<Sandbox, 'folder' | 'env' | 'state' | 'cli' | 'start' | 'file'> {
  /** Runs the product, which must end with this exit code and without a warning of Node's. */
  must(args: string[], exit?: number, env?: Record<string, string>): Promise<Ended>
  /** Where the record of an endpoint lies. */
  recordOf(endpoint: string): string
  /** The folder of the generation that is current. */
  generationOf(endpoint: string): string
  /** Each whole line of an endpoint's journal. */
  journalOf(endpoint: string): ReturnType<typeof JSON.parse>[]
  close(): void
}

const bin = process.env.SE_BIN ?? new URL('../../bin/secure-endpoint.cjs', import.meta.url).pathname

/**
 * @param name of what is real, for the folder's name
 * @param more the environment beside what every run has; `folder/bin` is first on PATH
 */
export function realBox(
  name: string,
  more: (folder: string) => Record<string, string> = () => ({}),
): RealBox {
  const folder = mkdtempSync(join(tmpdir(), `se-real-${name}-`))
  mkdirSync(join(folder, 'bin'))
  const state = join(folder, 'state/secure-endpoint')
  const env: Record<string, string> = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    HOME: folder,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    XDG_STATE_HOME: join(folder, 'state'),
    ...more(folder),
  }
  const recordOf = (endpoint: string) => join(state, 'endpoints', endpoint)
  const start: RealBox['start'] = (args, options = {}) =>
    spawn(process.execPath, [bin, ...args], {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
      stdio: [
        ...(['ignore', 'pipe', 'pipe'] as const),
        ...(options.fd3 === undefined ? [] : [openSync(options.fd3, 'r')]),
      ],
    })
  const cli: RealBox['cli'] = (args, options) => ended(start(args, options))
  return {
    folder,
    env,
    state,
    start,
    cli,
    async must(args, exit = 0, own = {}) {
      const run = await cli(args, { env: own })
      expect(run.exit, `${args.join(' ')}\n${run.stdout}\n${run.stderr}`).toBe(exit)
      expect(run.stderr).not.toMatch(/\(node:\d+\)/) // of listeners that pile up
      return run
    },
    file(path, content) {
      const whole = join(folder, path)
      writeFileSync(whole, content)
      return whole
    },
    recordOf,
    generationOf: endpoint =>
      join(
        recordOf(endpoint),
        'generations',
        readFileSync(join(recordOf(endpoint), 'current'), 'utf8').trim(),
      ),
    journalOf: endpoint =>
      readFileSync(join(recordOf(endpoint), 'journal.ndjson'), 'utf8')
        .split('\n')
        .filter(line => line.endsWith('}'))
        .map(line => JSON.parse(line)),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/**
 * Puts a wrapper of some tools into a folder that is on PATH; each calls the real one.
 *
 * @returns the argv of each call so far, oldest first
 */
export function watchTools(folder: string, tools: readonly string[]): () => string[][] {
  const log = join(folder, 'calls.log')
  writeFileSync(log, '')
  for (const tool of tools) {
    const real = whichTool(tool)
    const path = join(folder, 'bin', tool)
    const script = `#!/bin/bash\nprintf '%s\\n' "$(printf '%s\\t' ${tool} "$@")" >>'${log}'\nexec '${real}' "$@"\n`
    writeFileSync(path, script)
    chmodSync(path, 0o755)
  }
  return () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => line.split('\t').filter(Boolean))
}

/** The path of a tool on our own PATH. */
export function whichTool(tool: string): string {
  return spawnSync('bash', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
}
