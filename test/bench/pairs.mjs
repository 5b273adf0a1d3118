// What the benches of whole rotations share: two ways to the same end, alternating, and their ratio.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'

/** The highest ratio of ours to the script's time that is good enough. */
const bound = 1.1

/**
 * Times both ways as often as wanted, who is first taking turns: the second finds warm caches. Prints a
 * row for each pair and sets the exit code to 1 where the median ratio is over the bound.
 *
 * @param prepare what is made before the time is taken, for each pair
 * @param after more cells of a row
 */
export function comparePairs(pairs, { prepare, script, ours, head, after }) {
  const ratios = []
  const line = cells => console.log(`| ${cells.join(' | ')} |`)
  line(['pair', 'script', 'ours', 'ratio', 'load', ...head])
  console.log(`${'|---'.repeat(5 + head.length)}|`)
  for (let pair = 1; pair <= pairs; pair += 1) {
    const made = prepare(pair)
    const ways = { script: () => script(pair, made), ours: () => ours(pair, made) }
    const took = {}
    for (const who of pair % 2 === 1 ? ['script', 'ours'] : ['ours', 'script'])
      took[who] = timed(ways[who])
    const ratio = took.ours / took.script
    ratios.push(ratio)
    const load = (loadavg()[0] ?? 0).toFixed(1)
    line([pair, inSeconds(took.script), inSeconds(took.ours), ratio.toFixed(2), load, ...after()])
  }
  const median = ratios.sort((a, b) => a - b)[ratios.length >> 1]
  console.log(`\nmedian ratio ${median.toFixed(2)} (≤ ${bound})`)
  if (median > bound) process.exitCode = 1
}

/** Runs a program to its end; throws with its words where that is not 0. */
export function run(program, args, options) {
  const ended = spawnSync(program, args, { encoding: 'utf8', ...options })
  if (ended.status !== 0)
    throw new Error(`${program} ${args.join(' ')}\n${ended.stdout}${ended.stderr}`)
  return ended
}

/** The lines of a journal that belong to its last run. */
export function lastRun(journal) {
  const lines = readFileSync(journal, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  return lines.filter(line => line.run === lines.at(-1).run)
}

/** How often the last run of a journal began a tool. */
export function begun(last, tool) {
  return last.filter(({ type, argv }) => type === 'tool.started' && argv[0] === tool).length
}

function timed(what) {
  const began = performance.now()
  what()
  return performance.now() - began
}

function inSeconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}
