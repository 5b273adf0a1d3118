import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sky = join(root, 'test/support/sky')

export interface Ended {
  exit: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

interface CallOptions {
  input?: string
  /** Whether stdin stays open, as on a terminal where nobody types. */
  open?: boolean
  env?: Record<string, string>
  cwd?: string
  uid?: number
  /** A file that it finds open as file descriptor 3. */
  fd3?: string
}

/** Runs a command without root's rights, where the tests have them. */
export const nobody: { uid?: number } = process.getuid?.() === 0 ? { uid: 65_534 } : {}

/** A folder with a double of sky, its API server, a state folder and a service YAML. */
export interface Sandbox {
  folder: string
  env: Record<string, string>
  state: string
  /** Runs the built command to its end. */
  cli(args: string[], options?: CallOptions): Promise<Ended>
  /** Starts it and leaves it running. */
  start(args: string[], options?: CallOptions): ChildProcess
  file(name: string, content: string | Buffer): string
  /** The `sky` commands that were called, without the API's own reads. */
  calls(): string[][]
  /** The paths that the API server was asked for. */
  asked(): string[]
  /** The calls that change something. */
  changes(): string[][]
  double(): Double
  setDouble(edit: (state: Double) => void): void
  /** Runs the double of sky as a person would, with stdin closed. */
  sky(args: string[], options?: { cwd?: string }): Promise<Ended>
  /** The controller and load balancer of a service are killed and started again. */
  restart(name: string): Promise<void>
  close(): Promise<void>
}

interface Double {
  services: Record<
    string,
    { status: string; url?: string; tls: boolean; key?: string; pid?: number; died?: string }
  >
  requests: unknown[]
  faults: Record<string, unknown>
  network?: boolean
  version?: string
  url?: string
  clouds?: Record<string, string[]>
  /** How long after its start a replica answers. */
  readyMs?: number
  /** How long a service needs to go. */
  goneMs?: number
  /** The lab's tool for the real load balancer. */
  lb?: string
}

/** The service YAML as a user would have it. */
export const serviceYaml = `# my service
service:
  readiness_probe: /   # root
  replicas: 1
resources:
  ports: 8080
run: python3 -m http.server 8080
`

export async function createSandbox(): Promise<Sandbox> {
  const folder = mkdtempSync(join(tmpdir(), 'se-test-'))
  await chmod(folder, 0o755)
  const home = join(folder, 'sky-home')
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await mkdir(home)
  const stateFile = join(home, 'state.json')
  const lb = process.env.SKYSERVE_LAB_LB
  writeFileSync(stateFile, JSON.stringify({ services: {}, requests: [], faults: {}, lb }))
  writeFileSync(join(bin, 'sky'), `#!/bin/sh\nexec '${process.execPath}' '${sky}/sky.mjs' "$@"\n`)
  await chmod(join(bin, 'sky'), 0o755)
  writeFileSync(join(folder, 'service.yaml'), serviceYaml)
  const api = spawn(process.execPath, [join(sky, 'api.mjs')], {
    env: { ...process.env, SKY_DOUBLE: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>(resolve => {
    api.stdout?.once('data', data => resolve(String(data).trim()))
  })
  const env: Record<string, string> = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    SKY_DOUBLE: home,
    SKYPILOT_API_SERVER_ENDPOINT: url,
    XDG_STATE_HOME: join(folder, 'state'),
    // where the lab keeps its own things, also while HOME is this folder
    SECURE_ENDPOINT_LABS:
      process.env.SECURE_ENDPOINT_LABS ?? join(homedir(), '.cache/secure-endpoint-labs'),
  }
  const double = () => JSON.parse(readFileSync(stateFile, 'utf8')) as Double
  const logged = () => {
    const path = join(home, 'calls.log')
    if (!existsSync(path)) return []
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    return lines.map(line => JSON.parse(line) as string[])
  }
  const isApi = ([first]: string[]) => first === '(api)'
  const calls = () => logged().filter(each => !isApi(each))
  const started: ChildProcess[] = []
  const start: Sandbox['start'] = (args, options = {}) => {
    const child = spawn(
      process.execPath,
      [process.env.SE_BIN ?? join(root, 'bin/secure-endpoint.cjs'), ...args],
      {
        cwd: options.cwd ?? folder,
        env: { ...env, ...options.env },
        ...(options.uid === undefined ? {} : { uid: options.uid }),
        stdio: [
          ...([options.input === undefined && !options.open ? 'ignore' : 'pipe'] as const),
          ...(['pipe', 'pipe'] as const),
          ...(options.fd3 === undefined ? [] : [openSync(options.fd3, 'r')]),
        ],
      },
    )
    child.stdin?.on('error', () => {}) // it need not read all of it
    if (options.input !== undefined) child.stdin?.end(options.input)
    started.push(child)
    return child
  }
  return {
    folder,
    env,
    state: join(folder, 'state', 'secure-endpoint'),
    start,
    cli: (args, options) => ended(start(args, options)),
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    calls,
    asked: () =>
      logged()
        .filter(isApi)
        .map(([, path = '']) => path),
    changes: () => calls().filter(([, verb = '']) => ['up', 'down', 'update'].includes(verb)),
    double,
    sky: (args, { cwd = folder } = {}) =>
      ended(spawn(join(bin, 'sky'), args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })),
    async restart(name) {
      const args = [join(sky, 'worker.mjs'), 'restart', '', JSON.stringify({ name })]
      await ended(spawn(process.execPath, args, { env, stdio: 'ignore' }))
    },
    setDouble(edit) {
      const state = double()
      edit(state)
      writeFileSync(`${stateFile}.test`, JSON.stringify(state))
      renameSync(`${stateFile}.test`, stateFile)
    },
    async close() {
      for (const child of started) child.kill('SIGKILL')
      for (const { pid } of Object.values(double().services)) {
        try {
          if (pid) process.kill(pid, 'SIGTERM')
        } catch {
          // it has ended
        }
      }
      api.kill()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** A sandbox of a test's own. */
export async function inSandbox<T>(test: (box: Sandbox) => Promise<T>): Promise<T> {
  const box = await createSandbox()
  try {
    return await test(box)
  } finally {
    await box.close()
  }
}

/** Answers for the double's service. */
export function answers(
  sandbox: Sandbox,
  more: { certificate?: string; rest?: string; service?: string } = {},
): string {
  const {
    certificate = '{source: self-signed, authority: local}',
    rest = '',
    service = 'svc-a',
  } = more
  return `version: 1
endpoint: ${service}
domain: svc.test
certificate: ${certificate}
target: {kind: skyserve, service: ${service}, yaml: ./service.yaml, server: "${sandbox.env.SKYPILOT_API_SERVER_ENDPOINT}"}
dns: {how: none}
proof: {wait: 20s}
${rest}`
}

export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', data => {
    stdout += data
  })
  child.stderr?.on('data', data => {
    stderr += data
  })
  return new Promise(resolve => {
    child.on('close', (exit, signal) => resolve({ exit, signal, stdout, stderr }))
  })
}
