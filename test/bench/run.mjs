// `npm run bench [rounds]`: what the command costs beside bare Node, round by round in one run, so that
// each ratio is of a fair pair. Prints a table; ends with 1 when a figure is over its bound.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pty from '@lydell/node-pty'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'bin/secure-endpoint.cjs')
const rounds = Number(process.argv[2] ?? 15)
const folder = mkdtempSync(join(tmpdir(), 'se-bench-'))
const env = {
  ...process.env,
  XDG_STATE_HOME: folder,
  HOME: folder,
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
}
delete env.CI

const roots = join(folder, 'chains/root.pem')
const pairs = join(folder, 'chains/pairs')
execFileSync(process.execPath, [
  ...[join(root, 'scripts/build.mjs'), 'test/bench/chains.ts', join(folder, 'made')],
])
const { writeChains } = await import(join(folder, 'made/chains.js'))
writeChains(join(folder, 'chains'), 1000, 50, Date.now())

const answers = join(root, 'examples/skyserve.yaml')
const cases = [
  { name: 'node -e 0', run: () => timed(['-e', '0']) },
  { name: '--version', bound: 1.5, run: () => timed([bin, '--version']) },
  { name: 'init, first frame', bound: 4, run: () => firstFrame([bin, 'init']) },
  {
    name: 'plan --rehearse --answers',
    bound: 3,
    run: () => timed([bin, 'plan', '--rehearse', '--answers', answers]),
  },
  {
    name: 'init --rehearse --answers',
    bound: 15,
    memory: 150,
    run: () => timed([bin, 'init', '--rehearse', '--answers', answers]),
  },
  {
    name: 'cert check, one chain and key',
    bound: 2.5,
    run: () => timed([bin, 'cert', 'check', ...onePair(), '--roots', roots, '--json']),
  },
  {
    name: 'cert issue (CA exists)',
    bound: 3,
    run: () =>
      timed([
        bin,
        'cert',
        'issue',
        'bench.example.com',
        '--out',
        mkdtempSync(join(folder, 'out-')),
      ]),
  },
]

const results = new Map(cases.map(({ name }) => [name, []]))
for (let round = -1; round < rounds; round += 1) {
  for (const { name, run } of cases) {
    const result = await run()
    if (round >= 0) results.get(name).push(result)
  }
}
const many = await manyChains()
rmSync(folder, { recursive: true, force: true })

let over = false
const base = results.get('node -e 0').map(({ ms }) => ms)
console.log(`${rounds} rounds; ratio: median of the rounds' ratios to node -e 0\n`)
console.log(
  '| case | median | lowest to highest | ratio | bound | peak memory |\n|---|---|---|---|---|---|',
)
for (const { name, bound, memory } of cases) {
  const all = results.get(name)
  const times = all.map(({ ms }) => ms)
  const ratio = median(times.map((ms, index) => ms / base[index]))
  const peak = Math.max(...all.map(({ mb }) => mb))
  if ((bound && ratio > bound) || (memory && peak > memory)) over = true
  const shown = [
    `${median(times).toFixed(0)} ms`,
    `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} ms`,
    ratio.toFixed(2),
    bound ? `≤ ${bound}` : '',
    `${peak.toFixed(0)} MB${memory ? ` (< ${memory})` : ''}`,
  ]
  console.log(`| ${name} | ${shown.join(' | ')} |`)
}
console.log(`\n${many.text}`)
if (many.over) over = true
const { AIS_LAB_RESTART, KUBECONFIG, LAB_AZURE_SUBSCRIPTION, LAB_K8S_CHARTS } = process.env
beside('AIStore: the proof of 64 nodes beside that of one', 'aistore-proof.mjs')
beside(
  'AIStore: a switch to HTTPS beside a script of the same commands',
  'aistore.mjs',
  AIS_LAB_RESTART ? [] : ['aistore'],
)
beside(
  'Azure ML: a rotation beside a script of the changing commands',
  'azureml.mjs',
  LAB_AZURE_SUBSCRIPTION && KUBECONFIG ? [] : ['kubernetes', 'azure'],
)
beside(
  'Feldera: a rotation beside a script of the changing commands',
  'feldera.mjs',
  LAB_K8S_CHARTS && KUBECONFIG ? [] : ['kubernetes'],
)
process.exitCode = over ? 1 : 0

/** A measurement of its own, where the labs that it needs are up. */
function beside(title, script, missing = []) {
  if (missing.length > 0) {
    console.log(`\n${title}: not measured, for want of the labs ${missing.join(' and ')}`)
    return
  }
  console.log(`\n${title}\n`)
  const args = [join(root, 'test/bench', script), '5']
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) over = true
}

function onePair() {
  const one = join(pairs, 'host-0.example.com')
  return [`${one}.pem`, `${one}.key`]
}

/** 1,000 chains of 50 CAs in one call, held against an openssl for each; alternating, in portions. */
async function manyChains() {
  const files = readdirSync(pairs).filter(name => name.endsWith('.pem'))
  const ratios = []
  let peak = 0
  for (let round = 0; round < 3; round += 1) {
    const ours = await timed([bin, 'cert', 'check', '--dir', pairs, '--roots', roots, '--json'])
    peak = Math.max(peak, ours.mb)
    const began = performance.now()
    for (const name of files) {
      const path = join(pairs, name)
      const { error } = spawnSync('openssl', ['verify', '-CAfile', roots, '-untrusted', path, path])
      if (error)
        return { over: peak > 200, text: `1,000 chains: ${peak} MB; there is no openssl here` }
    }
    ratios.push((performance.now() - began) / ours.ms)
  }
  const times = median(ratios)
  const text = `1,000 chains of 50 CAs: ${times.toFixed(1)} times as fast as openssl for each (≥ 5), ${peak.toFixed(0)} MB (< 200)`
  return { over: times < 5 || peak > 200, text }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

/** Wall time of a process from start to end, and its peak memory (Linux: VmHWM). */
function timed(argv) {
  return new Promise(resolve => {
    const began = performance.now()
    const child = spawn(process.execPath, argv, { cwd: folder, env, stdio: 'ignore' })
    let mb = 0
    const watch = setInterval(() => {
      mb = Math.max(mb, peakOf(child.pid))
    }, 5)
    child.on('close', code => {
      clearInterval(watch)
      if (code !== 0) console.error(`${argv.join(' ')} ended with ${code}`)
      resolve({ ms: performance.now() - began, mb })
    })
  })
}

function peakOf(pid) {
  try {
    return (
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
    )
  } catch {
    return 0
  }
}

/** Time until the first question of the wizard stands on a real terminal. */
function firstFrame(argv) {
  return new Promise(resolve => {
    const began = performance.now()
    const terminal = pty.spawn(process.execPath, argv, { cols: 80, rows: 24, cwd: folder, env })
    let seen = ''
    terminal.onData(data => {
      seen += data
      if (!/Which name will clients use/.test(seen)) return
      const ms = performance.now() - began
      const mb = peakOf(terminal.pid)
      terminal.kill('SIGKILL')
      resolve({ ms, mb })
    })
  })
}
