import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RealBox, realBox, watchTools } from './real-box.ts'

/** The lab's cluster, with a folder and a record of its own; each call of kubectl and helm is written down. */
export interface RealKubernetes extends RealBox {
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
}

interface Said {
  status: number | null
  stdout: string
  stderr: string
}

export function realKubernetes(): RealKubernetes {
  const box = realBox('k8s', folder => ({
    KUBECONFIG: String(process.env.KUBECONFIG),
    HELM_CACHE_HOME: join(folder, 'helm'),
    HELM_CONFIG_HOME: join(folder, 'helm'),
    HELM_DATA_HOME: join(folder, 'helm'),
  }))
  const { folder, env } = box
  const calls = watchTools(folder, ['kubectl', 'helm'])
  const run = (tool: string, args: readonly string[], input?: string): Said =>
    spawnSync(tool, args, {
      encoding: 'utf8',
      env: { ...process.env, HELM_CACHE_HOME: env.HELM_CACHE_HOME },
      ...(input === undefined ? {} : { input }),
    })
  return {
    ...box,
    context: run('kubectl', ['config', 'current-context']).stdout.trim(),
    kubectl: (args, input) => run('kubectl', args, input),
    helm: (...args) => run('helm', args),
    calls: () => calls().map(call => call.join(' ')),
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
  }
}
