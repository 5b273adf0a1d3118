import type { Choice, Found, Search } from '../answers/question.ts'
import { formatElapsed } from '../duration.ts'
import type { Json } from '../plan/plan.ts'
import { atPath } from '../plan/predicate.ts'
import { succeeded } from '../process/tool.ts'
import type { Cluster } from './place.ts'

/** A context of a kubeconfig: nothing of its credentials. */
interface Context {
  name: string
  /** URL of the API server. */
  server: string
  /** The context's own default namespace, where it has one. */
  namespace?: string
  current: boolean
}

/** The contexts that kubectl knows, with `kubectl config view`, which leaves credentials out. */
export async function readContexts(
  { world, folder, signal }: Pick<Search, 'world' | 'folder' | 'signal'>,
  kubeconfig: string | undefined,
): Promise<Context[]> {
  const file = kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]
  const argv = ['kubectl', ...file, 'config', 'view', '-o', 'json'] as [string, ...string[]]
  const result = await world.run({ argv, limitMs: 10_000, signal, cwd: folder })
  if (!succeeded(result)) return []
  const config = parsed(result.stdout)
  const list = (path: string) => {
    const value = atPath(config, path)
    return Array.isArray(value) ? value : []
  }
  const text = (value: Json, path: string) => String(atPath(value, path) ?? '')
  const servers = new Map(
    list('clusters').map(each => [text(each, 'name'), text(each, 'cluster.server')]),
  )
  const current = atPath(config, 'current-context')
  return list('contexts').map(each => {
    const name = text(each, 'name')
    const namespace = text(each, 'context.namespace')
    return {
      name,
      server: servers.get(text(each, 'context.cluster')) ?? '',
      ...(namespace === '' ? {} : { namespace }),
      current: name === current,
    }
  })
}

/** The contexts as choices, the current one first: it is a proposal and never taken unasked. */
export async function findContexts(search: Search): Promise<Found> {
  const began = search.world.clock.elapsed()
  if (!(await search.world.which('kubectl'))) return { choices: [], source: 'no kubectl here' }
  const contexts = await readContexts(search, kubeconfigIn(search))
  const first = [...contexts].sort((a, b) => Number(b.current) - Number(a.current))
  const choices = first.map(({ name, server, current }): Choice => {
    const note = [server, current ? 'current' : ''].filter(Boolean).join('  ')
    return { value: name, title: name, note }
  })
  const source = `read with kubectl, ${formatElapsed(search.world.clock.elapsed() - began)}`
  return { choices, source }
}

/** The namespaces of the chosen context. */
export async function findNamespaces(search: Search): Promise<Found> {
  const cluster = clusterIn(search)
  if (!cluster) return { choices: [] }
  const { context, kubeconfig } = cluster
  const file = kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]
  const argv = ['kubectl', ...file, '--context', context, 'get', 'namespaces', '-o', 'name']
  const { world, signal, folder } = search
  const result = await world.run({
    argv: argv as [string, ...string[]],
    limitMs: 15_000,
    signal,
    cwd: folder,
  })
  if (!succeeded(result)) return { choices: [] }
  const names = result.stdout
    .split('\n')
    .map(line => line.trim().replace(/^namespace\//, ''))
    .filter(name => name !== '' && !name.startsWith('kube-'))
  return { choices: names.map(name => ({ value: name, title: name })) }
}

/** The cluster that the answers so far name. */
export function clusterIn(search: Search): Cluster | undefined {
  const context = search.answers['target.context']?.value
  if (typeof context !== 'string' || context === '') return undefined
  const kubeconfig = kubeconfigIn(search)
  return { context, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
}

function kubeconfigIn({ answers }: Search): string | undefined {
  const value = answers['target.kubeconfig']?.value
  return typeof value === 'string' && value !== '' ? value : undefined
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}
