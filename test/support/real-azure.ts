import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, ended, type Sandbox } from './sandbox.ts'

/** Real az and kubectl against the labs, with a folder and a record of its own. */
export interface RealAzure
  extends Pick<Sandbox, 'folder' | 'env' | 'state' | 'cli' | 'start' | 'file'> {
  /** The JSON that az answers; throws with its words where it fails. */
  az(...args: string[]): unknown
  kubectl(args: string[], input?: string): { status: number | null; stdout: string; stderr: string }
  /** The lab's own switchboard: `fault 429`, `faults clear`, `config KEY VALUE`. */
  ctl(...args: string[]): void
  /** Changing requests that Azure got since the last call, as `PATCH …/extensions/azureml`. */
  changes(): string[]
  /** The tools that runs of an endpoint have begun, oldest first. */
  toolsOf(endpoint: string): { argv: string[] }[]
  close(): void
}

const bin = process.env.SE_BIN ?? new URL('../../bin/secure-endpoint.cjs', import.meta.url).pathname

/** Variables that az needs of the lab, and the product of the machine. */
const passed = /^(AZURE_|IDENTITY_|REQUESTS_CA_BUNDLE$|KUBECONFIG$|PATH$|LAB_)/

export function realAzure(): RealAzure {
  const folder = mkdtempSync(join(tmpdir(), 'se-real-azure-'))
  const lab = process.env.LAB_AZURE_FOLDER ?? ''
  const env: Record<string, string> = {
    ...(Object.fromEntries(
      Object.entries(process.env).filter(([name]) => passed.test(name)),
    ) as Record<string, string>),
    HOME: folder,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    XDG_STATE_HOME: join(folder, 'state'),
  }
  const run = (program: string, args: string[], input?: string) =>
    spawnSync(program, args, {
      env,
      cwd: folder,
      encoding: 'utf8',
      ...(input === undefined ? {} : { input }),
    })
  const start: RealAzure['start'] = (args, options = {}) =>
    spawn(process.execPath, [bin, ...args], {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const requests = () =>
    readFileSync(process.env.LAB_AZURE_REQUESTS ?? '', 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as { method: string; path: string })
      .filter(
        ({ method, path }) =>
          ['PUT', 'PATCH', 'DELETE'].includes(method) && path.startsWith('/subscriptions/'),
      )
      .map(({ method, path }) => `${method} ${path}`)
  let seen = requests().length
  return {
    folder,
    env,
    state: join(folder, 'state/secure-endpoint'),
    start,
    cli: (args, options): Promise<Ended> => ended(start(args, options)),
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    az(...args) {
      const { status, stdout, stderr } = run('az', [...args, '-o', 'json', '--only-show-errors'])
      if (status !== 0) throw new Error(`az ${args.join(' ')}: ${stderr}`)
      return stdout.trim() === '' ? null : JSON.parse(stdout)
    },
    kubectl: (args, input) => run('kubectl', args, input),
    ctl: (...args) => {
      const { status, stderr } = spawnSync(join(lab, 'ctl'), args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`ctl ${args.join(' ')}: ${stderr}`)
    },
    changes() {
      const all = requests()
      const fresh = all.slice(seen)
      seen = all.length
      return fresh
    },
    toolsOf: endpoint =>
      readFileSync(
        join(folder, `state/secure-endpoint/endpoints/${endpoint}/journal.ndjson`),
        'utf8',
      )
        .split('\n')
        .filter(line => line.includes('"tool.started"'))
        .map(line => JSON.parse(line)),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
