// `npm run fuzz [cases] [seed]`: spoiled uploads through reader and gate, in a worker with 256 MB that is
// watched from outside. Ends with 1 when a case takes over 1 s of CPU, memory runs out, anything but our
// own error is thrown, or less than a third can still be read.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cases = Number(process.argv[2] ?? 100_000)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
const folder = mkdtempSync(join(tmpdir(), 'se-fuzz-'))
const portion = 2500
const total = { cases: 0, parsed: 0, slow: [], thrown: [], memory: 0, longestMs: 0 }
try {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), 'test/fuzz/worker.ts', folder])
  for (let first = 0; first < cases; first += portion) {
    await runPortion(first, Math.min(portion, cases - first))
    total.cases = Math.min(cases, first + portion)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const share = total.parsed / total.cases
const bad = total.slow.length + total.thrown.length + total.memory > 0 || share < 1 / 3
console.log(
  `${total.cases} cases (seed ${seed}): ${total.parsed} could be read (${(share * 100).toFixed(0)} %), ` +
    `${total.thrown.length} threw, ${total.slow.length} took over 1 s, ${total.memory} ran out of 256 MB; ` +
    `the longest took ${Math.round(total.longestMs)} ms of CPU`,
)
for (const each of [...total.slow, ...total.thrown].slice(0, 5))
  console.log(JSON.stringify(each, null, 1))
process.exitCode = bad ? 1 : 0

/** Runs some cases; one that hangs is noted, its worker ended, and the rest goes on in another. */
async function runPortion(first, count) {
  const shared = new SharedArrayBuffer(4)
  const current = new Int32Array(shared)
  const stuck = await new Promise((resolve, reject) => {
    const worker = new Worker(join(folder, 'worker.js'), {
      workerData: { first, count, seed, shared },
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    let at = 0
    let since = cpuMs()
    const watch = setInterval(() => {
      const now = Atomics.load(current, 0)
      const used = cpuMs() - since
      if (now === at && now !== 0) total.longestMs = Math.max(total.longestMs, used)
      if (now === at && now !== 0 && used > 1000) {
        clearInterval(watch)
        worker.terminate().then(() => resolve(at))
      }
      if (now !== at) {
        at = now
        since = cpuMs()
      }
    }, 20)
    worker.on('message', message => {
      if (message.thrown) total.thrown.push(message)
      else total.parsed += message.parsed
    })
    worker.on('error', error => {
      clearInterval(watch)
      if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return reject(error)
      total.memory += 1
      resolve(Atomics.load(current, 0))
    })
    worker.on('exit', () => {
      clearInterval(watch)
      resolve(0)
    })
  })
  if (stuck === 0) return
  total.slow.push({ case: stuck - 1, seed })
  const next = stuck
  if (next < first + count) await runPortion(next, first + count - next)
}

/** CPU of this process, which waits: so of the worker, however busy the machine is. */
function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
