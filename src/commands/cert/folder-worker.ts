import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { World } from '../../world.ts'
import type { CheckOptions } from './check.ts'
import { standardFor } from './check-input.ts'
import {
  createPart,
  type Entry,
  type Held,
  type Judged,
  type Part,
  type SentKey,
} from './folder-part.ts'

/** What a thread needs to know to judge like the one that started it. */
interface Task {
  entries: readonly Entry[]
  options: CheckOptions
  /** Milliseconds since 1970. */
  now: number
  cwd: string
  env: World['env']
  passphrase: string | undefined
}

/** What the parts of a run are asked, one after the other. */
type Ask = { give: readonly string[] } | { judge: Parameters<Part['judge']>[0] }

/** Reads and judges some entries in a thread of its own, which ends with its judgement. */
function startPart(task: Task): Part {
  // the bundle has a file for this module, whose name nobody knows beforehand
  const begin =
    "import(require('node:worker_threads').workerData.module).then(it => it.thread.serve())"
  const worker = new Worker(begin, { eval: true, workerData: { task, module: import.meta.url } })
  const failed = new Promise<never>((_, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('a thread has ended before its answer')))
  })
  failed.catch(() => undefined) // whoever waits for an answer is told
  const answer = <T>() =>
    Promise.race([failed, new Promise<T>(resolve => worker.once('message', resolve))])
  const held = answer<Held>()
  return {
    read: () => held,
    give(wanted) {
      const given = answer<SentKey[]>()
      worker.postMessage({ give: wanted } satisfies Ask)
      return given
    },
    judge(beside) {
      const judged = answer<Judged>()
      worker.postMessage({ judge: beside } satisfies Ask)
      return judged
    },
  }
}

/** The other end of a part, in its thread. */
async function serve(): Promise<void> {
  const { entries, options, now, cwd, env, passphrase } = workerData.task as Task
  const { passphraseFile: _, ...flags } = options
  const clock = { now: () => now }
  const standard = await standardFor(flags, { cwd, env, clock })
  const part = createPart(
    entries,
    options,
    { ...standard, ...(passphrase === undefined ? {} : { passphrase }) },
    cwd,
  )
  parentPort?.on('message', async (ask: Ask) => {
    parentPort?.postMessage('give' in ask ? await part.give(ask.give) : await part.judge(ask.judge))
    if ('judge' in ask) parentPort?.close()
  })
  parentPort?.postMessage(await part.read())
}

/** Both ends as one: the bundle leaves out what nobody imports, and the thread's own end is begun by name. */
export const thread = { start: startPart, serve }
