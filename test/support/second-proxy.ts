import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A proxy beside the lab's own, from the lab's aisnode. */
export interface SecondProxy {
  id: string
  /** A program that starts it where it does not run, and the lab's nodes. */
  restart: string
  start(): Promise<void>
  pid(): number | undefined
  /** Ends it; its state stays. */
  halt(): Promise<void>
  stop(): Promise<void>
}

const host = '127.0.0.1'
const id = 'labproxy2'

const basePort = () => Number(process.env.AIS_LAB_PORT ?? 18080) + 3

/** Public, control and data, as `host:port`. */
export function listenersOfSecond(): string[] {
  return [0, 1000, 2000].map(more => `${host}:${basePort() + more}`)
}

/** @param folder for its state; the lab's variables are in the environment */
export function secondProxy(folder: string): SecondProxy {
  const { AIS_LAB_STATE: state = '', AIS_LAB_VERSION = '' } = process.env
  const { AIS_LAB_RESTART: labRestart = '', AIS_LAB_CACHE: cache = dirname(state) } = process.env
  const base = basePort()
  const own = join(folder, 'p2')
  const config = join(own, 'ais_local.json')
  const pidFile = join(own, 'pid')
  const aisnode = join(cache, 'bin', `aisnode-${AIS_LAB_VERSION}`)
  const words = [`-config=${state}/ais.json`, `-local_config=${config}`, `-daemon_id=${id}`]
  const argv = [...words, '-role=proxy']
  mkdirSync(own, { recursive: true })
  writeFileSync(
    config,
    JSON.stringify({
      confdir: own,
      log_dir: join(own, 'log'),
      host_net: {
        ...{ hostname: host, hostname_intra_control: host, hostname_intra_data: host },
        ...{ port: `${base}`, port_intra_control: `${base + 1000}` },
        port_intra_data: `${base + 2000}`,
      },
      fspaths: {},
      test_fspaths: { root: join(own, 'mp'), count: 0, instance: 3 },
    }),
  )
  const restart = join(folder, 'restart-both.sh')
  writeFileSync(
    restart,
    `#!/bin/sh
cd '${own}'
for _ in $(seq 200); do # it may be on its way down
  kill -0 "$(cat pid 2>/dev/null)" 2>/dev/null || break
  sleep 0.1
done
if ! kill -0 "$(cat pid 2>/dev/null)" 2>/dev/null; then
  setsid '${aisnode}' ${argv.map(each => `'${each}'`).join(' ')} </dev/null >>console.log 2>&1 &
  echo $! >pid
fi
exec '${labRestart}'
`,
    { mode: 0o755 },
  )
  const pid = () => {
    const text = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').trim() : ''
    try {
      const command = readFileSync(`/proc/${text}/cmdline`, 'utf8')
      return text !== '' && command.includes(config) ? Number(text) : undefined
    } catch {
      return undefined
    }
  }
  const start = async () => {
    const log = openSync(join(own, 'console.log'), 'a')
    const child = spawn(aisnode, argv, { cwd: own, detached: true, stdio: ['ignore', log, log] })
    child.unref()
    writeFileSync(pidFile, `${child.pid}`)
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
  }
  const halt = async () => {
    const running = pid()
    if (running !== undefined) process.kill(running, 'SIGKILL')
    while (pid() !== undefined) await sleep(50)
  }
  return {
    id,
    restart,
    start,
    pid,
    halt,
    async stop() {
      await halt()
      rmSync(own, { recursive: true, force: true })
    },
  }
}
