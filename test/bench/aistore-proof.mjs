// `node test/bench/aistore-proof.mjs [pairs]`: how long the proof of 64 AIStore nodes with three
// listeners each takes beside that of one, alternating in one run. The listeners are our own, in
// processes of their own: first with no network at all, where the handshakes of 192 listeners keep one
// processor busy, then as far away as 100 ms for each connection. Under each proof stands one bare
// handshake per listener and nothing else, in the same process: what no proof can do without. Ends with
// 1 where the median ratio of the proofs at 100 ms is over 3: nodes are not asked one after the other.
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
  const ratios = {}
  const note = (delayMs, what, pair, one, many) => {
    ratios[`${what} ${delayMs}`] = [...(ratios[`${what} ${delayMs}`] ?? []), many / one]
    const cells = [`${one.toFixed(0)} ms`, `${many.toFixed(0)} ms`, (many / one).toFixed(1)]
    console.log(`| ${delayMs} ms | ${what} | ${pair} | ${cells.join(' | ')} |`)
  }
  try {
    const { proveNodes, shakeHands } = await import(made)
    console.log('| away | what | pair | 1 node | 64 nodes | ratio |\n|---|---|---|---|---|---|')
    for (const delayMs of [0, 100]) {
      const start = async count => {
        const server = fork(self, ['serve', made, folder, count, delayMs])
        servers.push(server)
        return (await once(server, 'message'))[0]
      }
      const [one, many] = [await start(1), await start(64)]
      await proveNodes(one, folder) // what is loaded and compiled once is no part of a proof
      await shakeHands(one)
      for (let pair = 1; pair <= pairs; pair += 1) {
        const proofs = [await proveNodes(one, folder), await proveNodes(many, folder)]
        const bare = [await shakeHands(one), await shakeHands(many)]
        note(delayMs, 'proof', pair, ...proofs)
        note(delayMs, 'bare handshakes', pair, ...bare)
        // what is left of the ratio when all that a proof adds is taken away
        note(delayMs, '64 bare to 1 proof', pair, proofs[0], bare[1])
      }
    }
  } finally {
    for (const server of servers) server.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
  const median = key => [...ratios[key]].sort((a, b) => a - b)[ratios[key].length >> 1]
  const says = key => median(key).toFixed(1)
  console.log(`
median ratio with no network ${says('proof 0')} (bare handshakes ${says('bare handshakes 0')}, those of
64 nodes to the proof of one ${says('64 bare to 1 proof 0')}); at 100 ms ${says('proof 100')} (≤ ${bound})`)
  if (median('proof 100') > bound) process.exitCode = 1
}
