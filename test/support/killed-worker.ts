import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import { carryOut } from '../../src/road/carry-out.ts'
import { makePlan } from '../../src/road/make-plan.ts'
import { namedTarget } from '../../src/targets/index.ts'
import { realWorld, type World } from '../../src/world.ts'
import type { Asked, Killed, Said } from './killed.ts'

/** A run in a thread of its own that is gone after a line of its journal, with nothing cleaned up. */
const { kind, text, verb, after, world: given, limitCapMs, hurry } = workerData as Killed
const port = parentPort as NonNullable<typeof parentPort>

let lines = 0
const { writeSync } = fs
fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
  const written = writeSync(...args)
  if (String(args[1]).startsWith('{"schema":"secure-endpoint/journal@1"')) {
    lines += 1
    if (lines === after) process.exit(1)
  }
  return written
}) as typeof writeSync
syncBuiltinESMExports()

const waiting = new Map<number, (said: unknown) => void>()
let asked = 0
port.on('message', ({ id, said }: Said) => waiting.get(id)?.(said))
/** The stage is in the other thread. */
function ask<T>(what: Asked['what'], input: object): Promise<T> {
  asked += 1
  const id = asked
  port.postMessage({ id, what, input: JSON.parse(JSON.stringify(input)) } satisfies Asked)
  return new Promise(resolve => waiting.set(id, said => resolve(said as T)))
}

const target = await namedTarget(kind).load()
const run: World['run'] = ({ signal: _, ...call }) => ask('run', call)
const real = realWorld(run)
const world: World = {
  ...real,
  stateFolder: given.stateFolder,
  who: given.who,
  resolvers: () => given.resolvers,
  clock: { ...real.clock, sleep: (ms, signal) => real.clock.sleep(ms / hurry, signal) },
  which: async name => name,
  api: ({ signal: _, ...options }) => ask('api', options),
}
const answered = loadAnswers(text, questionsFor([target]), { name: 'a.yaml', folder: '/' })
const planned = await makePlan({ verb, answered, target, world, secrets: {} })
const { outcome } = await carryOut({
  planned,
  world,
  signal: new AbortController().signal,
  onEvent() {},
  rehearsal: { run, ops: {}, limitCapMs },
})
port.postMessage({ outcome, lines })
port.close()
