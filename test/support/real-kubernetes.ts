import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ended, type Sandbox } from './sandbox.ts'

/** The lab's cluster, with a folder and a record of its own; each call of kubectl and helm is written down. */
export interface RealKubernetes
  extends Pick<Sandbox, 'folder' | 'env' | 'state' | 'cli' | 'start' | 'file'> {
  context: string
  kubectl(args: string[], input?: string): Said
  helm(...args: string[]): Said
  /** The calls of our command, as lines. */
  calls(): string[]
  /** The pods of a namespace that stay, by name, with their address. */
  pods(namespace: string): Record<string, string>
  /** Fingerprint of the leaf that is served there, by openssl alone; '' without TLS. */
  leafAt(address: string, name: string): string
  curl(url: string, ...args: string[]): { status: string; exit: number | null; body: string }
  close(): void
}

interface Said {
  status: number | null
  stdout: string
  stderr: string
}

const bin = process.env.SE_BIN ?? new URL('../../bin/secure-endpoint.cjs', import.meta.url).pathname

export function realKubernetes(): RealKubernetes {
  const folder = mkdtempSync(join(tmpdir(), 'se-real-k8s-'))
  const log = join(folder, 'calls.log')
  writeFileSync(log, '')
  mkdirSync(join(folder, 'bin'))
  for (const tool of ['kubectl', 'helm']) {
    const real = spawnSync('bash', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
    const path = join(folder, 'bin', tool)
    writeFileSync(
      path,
      `#!/bin/bash\nprintf '%s\\n' "${tool} $*" >>'${log}'\nexec '${real}' "$@"\n`,
    )
    chmodSync(path, 0o755)
  }
  const env: Record<string, string> = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    HOME: folder,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    XDG_STATE_HOME: join(folder, 'state'),
    KUBECONFIG: String(process.env.KUBECONFIG),
    HELM_CACHE_HOME: join(folder, 'helm'),
    HELM_CONFIG_HOME: join(folder, 'helm'),
    HELM_DATA_HOME: join(folder, 'helm'),
  }
  const run = (tool: string, args: readonly string[], input?: string): Said =>
    spawnSync(tool, args, {
      encoding: 'utf8',
      env: { ...process.env, HELM_CACHE_HOME: env.HELM_CACHE_HOME },
      ...(input === undefined ? {} : { input }),
    })
  const start: RealKubernetes['start'] = (args, options = {}) =>
    spawn(process.execPath, [bin, ...args], {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  return {
    folder,
    env,
    state: join(folder, 'state/secure-endpoint'),
    context: run('kubectl', ['config', 'current-context']).stdout.trim(),
    start,
    cli: (args, options) => ended(start(args, options)),
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    kubectl: (args, input) => run('kubectl', args, input),
    helm: (...args) => run('helm', args),
    calls: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    pods(namespace) {
      const { items } = JSON.parse(
        run('kubectl', ['-n', namespace, 'get', 'pods', '-o', 'json']).stdout,
      ) as {
        items: {
          metadata: { name: string; deletionTimestamp?: string }
          status: { podIP?: string }
        }[]
      }
      const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      return Object.fromEntries(
        staying.map(({ metadata, status }) => [metadata.name, status.podIP ?? '']),
      )
    },
    leafAt(address, name) {
      const { stdout } = spawnSync(
        'bash',
        [
          '-c',
          'timeout 10 openssl s_client -connect "$1" -servername "$2" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null',
          'leaf',
          address,
          name,
        ],
        { encoding: 'utf8' },
      )
      return stdout.trim().split('=')[1] ?? ''
    },
    curl(url, ...args) {
      const body = join(folder, 'body')
      const all = [
        '-q',
        '-sS',
        '--noproxy',
        '*',
        '-m',
        '20',
        ...args,
        '-o',
        body,
        '-w',
        '%{http_code}',
        url,
      ]
      const { stdout, status } = spawnSync('curl', all, { encoding: 'utf8' })
      return { status: stdout, exit: status, body: status === 0 ? readFileSync(body, 'utf8') : '' }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
