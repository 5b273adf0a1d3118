// `node test/bench/aistore-proof.mjs [pairs]`: how long the proof of 64 AIStore nodes with three
// listeners each takes beside that of one, alternating in one run. The listeners are our own, in
// processes of their own: first with no network at all, where the handshakes of 192 listeners keep one
// processor busy, then as far away as 100 ms for each connection. Ends with 1 where the median ratio
// of the latter is over 3: nodes are not asked one after the other.
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bound = 3
const [, self, first = '5', ...rest] = process.argv
if (first === 'serve') await serve(...rest)
else await measure(Number(first))

async function serve(made, folder, count, delayMs) {
  const { serveNodes } = await import(made)
  process.send(await serveNodes(Number(count), folder, Number(delayMs)))
  process.once('disconnect', () => process.exit())
}

async function measure(pairs) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'se-bench-proof-'))
  const made = join(folder, 'made/aistore-nodes.js')
  const words = [
    join(root, 'scripts/build.mjs'),
    'test/bench/aistore-nodes.ts',
    join(folder, 'made'),
  ]
  execFileSync(process.execPath, words)
  const servers = []
  const medians = []
  try {
    const { proveNodes } = await import(made)
    console.log('| away | pair | 1 node | 64 nodes | ratio |\n|---|---|---|---|---|')
    for (const delayMs of [0, 100]) {
      const start = async count => {
        const server = fork(self, ['serve', made, folder, count, delayMs])
        servers.push(server)
        return (await once(server, 'message'))[0]
      }
      const [one, many] = [await start(1), await start(64)]
      await proveNodes(one, folder) // what is loaded and compiled once is no part of a proof
      const ratios = []
      for (let pair = 1; pair <= pairs; pair += 1) {
        const [single, all] = [await proveNodes(one, folder), await proveNodes(many, folder)]
        ratios.push(all / single)
        const cells = [`${single.toFixed(0)} ms`, `${all.toFixed(0)} ms`, (all / single).toFixed(1)]
        console.log(`| ${delayMs} ms | ${pair} | ${cells.join(' | ')} |`)
      }
      medians.push(ratios.sort((a, b) => a - b)[ratios.length >> 1])
    }
  } finally {
    for (const server of servers) server.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
  const [near, far] = medians.map(each => each.toFixed(1))
  console.log(`\nmedian ratio ${near} with no network, ${far} at 100 ms (≤ ${bound})`)
  if (medians[1] > bound) process.exitCode = 1
}
