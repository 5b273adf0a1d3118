import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** AIStore's own AuthN server, from the module that the lab has its aisnode from. */
export interface AuthN {
  /** What both sides sign with (HMAC). */
  secret: string
  /** A new token of the administrator, as the server answers: JSON. */
  login(): Promise<string>
  end(): Promise<void>
}

const secret = 'a secret of the tests alone, long enough for HMAC'
const password = 'only-for-this-test'

/** Builds it where it is not built; undefined where the lab's caches do not allow that. */
export function authnProgram(): string | undefined {
  const { AIS_LAB_CACHE: cache = '' } = process.env
  const program = join(cache, 'bin/authn-5.0')
  if (existsSync(program)) return program
  const go = (args: string[], cwd: string) => spawnSync('go', args, { cwd, encoding: 'utf8' })
  const found = go(['mod', 'download', '-json', 'github.com/NVIDIA/aistore@v1.5.0'], cache)
  if (found.status !== 0) return undefined
  const words = ['build', '-p=2', '-mod=readonly', '-buildvcs=false']
  const flags = ['-ldflags', '-X main.build=v1.5.0 -X main.buildtime=lab']
  const built = go([...words, ...flags, '-o', program, './cmd/authn'], JSON.parse(found.stdout).Dir)
  return built.status === 0 ? program : undefined
}

/** @param port where it listens on all addresses of this machine: AuthN knows no other way */
export async function startAuthN(program: string, folder: string, port: number): Promise<AuthN> {
  const own = join(folder, 'authn')
  mkdirSync(join(own, 'log'), { recursive: true })
  const config = join(own, 'authn.json')
  writeFileSync(
    config,
    JSON.stringify({
      log: { dir: join(own, 'log'), level: '3' },
      net: { http: { port, use_https: false, server_crt: '', server_key: '' } },
      auth: { secret, expiration_time: '1h' },
      timeout: { default_timeout: '30s' },
    }),
  )
  const log = openSync(join(own, 'console.log'), 'a')
  const child: ChildProcess = spawn(program, [`-config=${config}`], {
    env: { ...process.env, AIS_AUTHN_CONF_DIR: own, AIS_AUTHN_SU_PASS: password },
    stdio: ['ignore', log, log],
  })
  const ended = new Promise(resolve => child.once('close', resolve))
  const login = async () => {
    const url = `http://127.0.0.1:${port}/v1/users/admin`
    const body = JSON.stringify({ password })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', body, headers })
    if (!answer.ok) throw new Error(`login: ${answer.status}`)
    return answer.text()
  }
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  while (!isOver() && !(await login().catch(() => undefined))) await sleep(100)
  if (isOver()) throw new Error(readFileSync(join(own, 'console.log'), 'utf8'))
  return {
    secret,
    login,
    async end() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
