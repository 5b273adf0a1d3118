// `node test/bench/lab.mjs [rounds]`, with the skyserve lab up and its variables in the environment:
// what of a rotation's wall time is ours. An outside watcher sees when the world has changed; what
// passes from then to the end of our wait, and everything that is neither a tool nor a wait, counts.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin =
  process.env.SE_BIN ?? fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))
const rounds = Number(process.argv[2] ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'se-bench-lab-'))
const service = `bench-${process.pid}`
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }
const serviceFolder = join(
  process.env.SKYSERVE_LAB_HOME,
  '.sky/serve',
  service.replaceAll('-', '_'),
)

writeFileSync(
  join(folder, 'service.yaml'),
  'service:\n  readiness_probe: /\n  replicas: 1\nresources:\n  ports: 8080\n  cpus: 1\n  memory: 1\nrun: python3 -m http.server 8080\n',
)
writeFileSync(
  join(folder, 'a.yaml'),
  `version: 1\nendpoint: ${service}\ndomain: bench.lab.test\ncertificate: {source: self-signed}\ntarget: {kind: skyserve, service: ${service}, yaml: ./service.yaml}\ndns: {how: none}\n`,
)

await run(['init', '--answers', 'a.yaml', '--yes', '--json'])
console.log(
  '| round | wall | tools | sky API | waits | lag gone | lag ready | ours (with lags) | share |\n|---|---|---|---|---|---|---|---|---|',
)
const shares = []
for (let round = 1; round <= rounds; round += 1) {
  const watch = watcher()
  const began = Date.now()
  const events = await run(['rotate', service, '--yes', '--json'])
  const wall = Date.now() - began
  const seen = watch.stop()
  const step = id => {
    const start = Date.parse(
      events.find(each => each.type === 'step.started' && each.id === id).time,
    )
    const end = Date.parse(
      events.find(each => ['step.done', 'step.already'].includes(each.type) && each.id === id).time,
    )
    return { start, end, ms: end - start }
  }
  const tools = toolTime(began)
  const api = step('check.service').ms + step('serve.address').ms
  const gone = step('change.gone')
  const ready = step('serve.ready')
  const lagGone = gone.end - seen.gone
  const lagReady = Math.max(0, ready.end - seen.ready)
  const waits = gone.ms - lagGone + ready.ms - lagReady
  const ours = wall - tools - api - waits
  shares.push(ours / wall)
  const s = ms => `${(ms / 1000).toFixed(1)} s`
  console.log(
    `| ${round} | ${s(wall)} | ${s(tools)} | ${s(api)} | ${s(waits)} | ${s(lagGone)} | ${s(lagReady)} | ${s(ours)} | ${((100 * ours) / wall).toFixed(1)} % |`,
  )
}
console.log(
  `median share: ${(100 * shares.sort((a, b) => a - b)[shares.length >> 1]).toFixed(1)} %`,
)
spawnSync('sky', ['serve', 'down', service, '-y'], { env, stdio: 'ignore' })
rmSync(folder, { recursive: true, force: true })

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', data => {
      text += data
    })
    child.on('close', code => {
      if (code !== 0) reject(new Error(`${args.join(' ')} ended with ${code}\n${text}`))
      else
        resolve(
          text
            .trim()
            .split('\n')
            .map(line => JSON.parse(line)),
        )
    })
  })
}

/** The lifetimes of the tools that the last run called, from its journal. */
function toolTime(since) {
  const journal = readFileSync(
    join(folder, `state/secure-endpoint/endpoints/${service}/journal.ndjson`),
    'utf8',
  )
  const lines = journal
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  return lines
    .filter(({ type, time }) => type === 'tool.ended' && Date.parse(time) > since)
    .reduce((sum, { tookMs }) => sum + tookMs, 0)
}

/** Sees from outside when the service's folder goes, and when the new one first answers with 200. */
function watcher() {
  const seen = {}
  let there = existsSync(serviceFolder)
  const timer = setInterval(() => {
    const now = existsSync(serviceFolder)
    if (there && !now) seen.gone ??= Date.now()
    there = now
    if (seen.gone && now && !seen.ready) ask()
  }, 25)
  let asking = false
  function ask() {
    if (asking) return
    asking = true
    const done = () => {
      asking = false
    }
    for (const port of [30001, 30002]) {
      const going = request(
        {
          host: '127.0.0.1',
          port,
          path: '/',
          servername: 'bench.lab.test',
          ca: roots(),
          checkServerIdentity: () => undefined,
          timeout: 5000,
        },
        response => {
          if (response.statusCode === 200) seen.ready ??= Date.now()
          response.resume().on('end', done)
        },
      )
      going.on('error', done).end()
    }
  }
  function roots() {
    const state = join(folder, 'state/secure-endpoint/endpoints', service, 'generations')
    const last = spawnSync('bash', ['-c', `ls '${state}' | sort -n | tail -1`], {
      encoding: 'utf8',
    }).stdout.trim()
    const path = join(state, last, 'roots.pem')
    return existsSync(path) ? readFileSync(path) : undefined
  }
  return {
    stop() {
      clearInterval(timer)
      return seen
    },
  }
}
