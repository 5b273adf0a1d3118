import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'rolldown'
import type { Verb } from '../../src/plan/plan.ts'
import type { World } from '../../src/world.ts'

/** What the thread is given. */
export interface Killed {
  /** The target's. */
  kind: string
  text: string
  verb: Verb
  /** The line of its own journal after which it is gone. */
  after: number
  world: Pick<World, 'stateFolder' | 'who'> & { resolvers: string[] }
  limitCapMs: number
  hurry: number
}

/** What it asks the stage for, and what it is told. */
export interface Asked {
  id: number
  what: 'run' | 'api'
  input: object
}
export interface Said {
  id: number
  said: unknown
}

/** A run that is killed after a line of its journal; how many lines it wrote, where it came to its end. */
export type Kill = (
  run: Pick<Killed, 'kind' | 'text' | 'verb' | 'after'>,
  world: World,
) => Promise<number | 'killed'>

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Builds what the threads load, once; `close` takes it away. */
export async function createKill(): Promise<{ kill: Kill; close(): void }> {
  // where packages are found
  const folder = mkdtempSync(join(root, 'dist-killed-'))
  const file = join(folder, 'killed.mjs')
  await build({
    cwd: root,
    input: 'test/support/killed-worker.ts',
    platform: 'node',
    external: /^[^./]/,
    output: { dir: folder, format: 'esm', entryFileNames: 'killed.mjs' },
    logLevel: 'warn',
  })
  // of a process that has ended: nobody holds its locks
  const { pid } = spawnSync('true')
  return {
    kill: (run, world) =>
      new Promise((resolve, reject) => {
        const workerData: Killed = {
          ...run,
          world: {
            stateFolder: world.stateFolder,
            who: { ...world.who, pid },
            resolvers: world.resolvers(),
          },
          limitCapMs: 4_000,
          hurry: 20,
        }
        const worker = new Worker(pathToFileURL(file), { workerData })
        let end: number | 'killed' = 'killed'
        worker.on('error', reject)
        worker.on('exit', () => resolve(end))
        worker.on('message', async (message: Asked | { outcome: string; lines: number }) => {
          if ('outcome' in message) {
            end = message.lines
            return
          }
          const { id, what, input } = message
          const said = await (what === 'run'
            ? world.run(input as never)
            : world.api(input as never))
          worker.postMessage({ id, said } satisfies Said)
        })
      }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
