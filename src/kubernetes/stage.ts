import type { ToolCall, ToolResult } from '../process/tool.ts'
import type { Clock } from '../world.ts'
import type { KubeObject } from './kubectl.ts'
import { stageField } from './stage-field.ts'

/** A cluster in memory that stands for the real one in a rehearsal. */
export interface StageCluster {
  kubectl(call: ToolCall): Promise<Partial<ToolResult>>
  /** Puts an object there, or changes it; those who watch are told. */
  put(object: KubeObject): void
  remove(kind: string, name: string): void
  get(kind: string, name: string): KubeObject | undefined
  /** A deployment or stateful set with one ready pod that listens at a port of loopback. */
  run(kind: 'Deployment' | 'StatefulSet', name: string, port: number): void
  /** Workload and pod go. */
  end(kind: 'Deployment' | 'StatefulSet', name: string): void
}

interface StageOptions {
  context: string
  namespace: string
  clock: Clock
  /** What `rollout restart` does to a workload. */
  restart(name: string): Promise<void>
}

/** Words of kubectl 1.34 for the calls that plans make. */
export function createStageCluster(options: StageOptions): StageCluster {
  const { context, clock } = options
  const objects = new Map<string, KubeObject>()
  const ports = new Map<string, number>()
  const watchers = new Set<(type: string, object: KubeObject) => void>()
  let version = 1
  const key = (kind: string, name: string) => `${kind}/${name}`
  const put: StageCluster['put'] = object => {
    version += 1
    const before = objects.get(key(object.kind, object.metadata.name))
    const made = new Date(clock.now()).toISOString()
    const metadata = {
      creationTimestamp: before?.metadata.creationTimestamp ?? made,
      ...object.metadata,
      resourceVersion: String(version),
    }
    const stored = { ...object, metadata }
    objects.set(key(object.kind, object.metadata.name), stored)
    for (const tell of watchers) tell(before ? 'MODIFIED' : 'ADDED', stored)
  }
  const remove: StageCluster['remove'] = (kind, name) => {
    const object = objects.get(key(kind, name))
    objects.delete(key(kind, name))
    if (object) for (const tell of watchers) tell('DELETED', object)
  }
  const all = (...kinds: string[]) =>
    [...objects.values()].filter(({ kind }) => kinds.includes(kind))
  const get = (kind: string, name: string) => objects.get(key(kind, name))

  const lasting = async (call: ToolCall, lines: string[], kind?: string) => {
    for (const line of lines) call.onLine?.(line)
    const tell = (type: string, object: KubeObject) => {
      if (object.kind === kind) call.onLine?.(JSON.stringify({ type, object }))
    }
    watchers.add(tell)
    await new Promise<void>(resolve => {
      if (call.signal?.aborted) resolve()
      call.signal?.addEventListener('abort', () => resolve(), { once: true })
    })
    watchers.delete(tell)
    return { outcome: 'aborted' as const }
  }
  const write = (stdin = ''): Partial<ToolResult> => {
    const object = JSON.parse(stdin) as KubeObject
    put(object)
    const stored = get(object.kind, object.metadata.name)
    return { stdout: stored?.metadata.resourceVersion ?? '' }
  }
  const create = (stdin = ''): Partial<ToolResult> => {
    const { kind, metadata } = JSON.parse(stdin) as KubeObject
    if (!get(kind, metadata.name)) return write(stdin)
    const stderr = `Error from server (AlreadyExists): "${metadata.name}" already exists`
    return { exit: 1, stderr }
  }
  const reviews = (stdin = '') => {
    const { items } = JSON.parse(stdin) as { items: KubeObject[] }
    return items.map(item => JSON.stringify({ ...item, status: { allowed: true } })).join('\n')
  }
  const list = (items: KubeObject[]) => ({ stdout: JSON.stringify({ kind: 'List', items }) })

  const read = async (call: ToolCall, [what = '', name = '']: string[]) => {
    const words = call.argv.join(' ')
    const field = /metadata\.name=(\S+)/.exec(words)?.[1]
    const watched = watchedKinds[what]
    if (words.includes(' --watch') && watched) {
      const now = all(watched).map(object => JSON.stringify({ type: 'ADDED', object }))
      return lasting(call, now, watched)
    }
    if (what === 'namespace') {
      return get('Namespace', name)
        ? { stdout: `namespace/${name}\n` }
        : notFound('namespaces', name)
    }
    if (what === 'secret') {
      const secret = get('Secret', name)
      if (!secret) return { stdout: '' }
      return { stdout: stageField(call.argv, secret) ?? JSON.stringify(secret) }
    }
    if (what === 'secrets') {
      const own = all('Secret').map(
        ({ metadata }) => `${metadata.creationTimestamp} ${metadata.name}`,
      )
      return { stdout: words.includes('-o name') ? '' : `${own.join('\n')}\n` }
    }
    if (what === 'leases')
      return list(all('Lease').filter(({ metadata }) => metadata.name === field))
    if (what === 'services')
      return list(all('Service').filter(({ metadata }) => metadata.name === field))
    if (what === 'events') return {}
    return list(all('Deployment', 'StatefulSet', 'Service', 'Pod'))
  }

  return {
    put,
    remove,
    get,
    run(kind, name, port) {
      const labels = { app: name }
      const generation = (get(kind, name)?.metadata.generation ?? 0) + 1
      for (const pod of all('Pod'))
        if (pod.metadata.labels?.app === name) remove('Pod', pod.metadata.name)
      const pod = kind === 'StatefulSet' ? `${name}-0` : `${name}-${generation}`
      ports.set(pod, port)
      const metadata = { name: pod, uid: `uid-${port}`, labels }
      put({ kind: 'Pod', metadata, spec: {}, status: { phase: 'Running' } })
      const ready = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
      put({
        kind,
        metadata: { name, generation },
        spec: { replicas: 1, selector: { matchLabels: labels } },
        status: { observedGeneration: generation, ...ready },
      })
    },
    end(kind, name) {
      remove(kind, name)
      for (const pod of all('Pod'))
        if (pod.metadata.labels?.app === name) remove('Pod', pod.metadata.name)
    },
    async kubectl(call) {
      const rest = stageWords(call.argv)
      const [verb = '', ...more] = rest
      if (verb === 'version')
        return { stdout: JSON.stringify({ serverVersion: { gitVersion: 'v1.34.1' } }) }
      if (verb === 'config') return { stdout: configOf(context) }
      if (verb === 'get') return read(call, more)
      if (verb === 'create' && more[0] === 'namespace') {
        put({ kind: 'Namespace', metadata: { name: more[1] ?? '' } })
        return { stdout: `namespace/${more[1]} created\n` }
      }
      if (verb === 'create' && call.stdin?.includes('SelfSubjectAccessReview'))
        return { stdout: reviews(call.stdin) }
      if (verb === 'create') return create(call.stdin)
      if (verb === 'apply' && more.includes('json')) {
        const { kind, metadata } = JSON.parse(call.stdin ?? '') as KubeObject
        write(call.stdin)
        return { stdout: JSON.stringify(get(kind, metadata.name)) }
      }
      if (['replace', 'apply'].includes(verb)) return write(call.stdin)
      if (verb === 'delete' && more[0] === '--raw') {
        remove('Lease', more[1]?.split('/').at(-1) ?? '')
        return {}
      }
      if (verb === 'delete') {
        const kind = { lease: 'Lease', secret: 'Secret', secrets: 'Secret' }[more[0] ?? ''] ?? ''
        const field = /metadata\.name=(\S+)/.exec(call.argv.join(' '))?.[1]
        for (const name of field ? [field] : more.slice(1)) remove(kind, name)
        return {}
      }
      if (verb === 'port-forward') {
        const pod = more.find(word => word.startsWith('pod/'))?.slice('pod/'.length) ?? ''
        const port = ports.get(pod)
        if (port === undefined) return notFound('pods', pod)
        return lasting(call, [`Forwarding from 127.0.0.1:${port} -> ${more.at(-1)?.slice(1)}`])
      }
      if (verb === 'rollout') {
        for (const word of more.slice(1).filter(each => each.includes('/')))
          await options.restart(word.split('/')[1] ?? '')
        return {}
      }
      return { exit: 1, stderr: `error: unknown command "${verb}" for "kubectl"` }
    },
  }
}

const watchedKinds: Record<string, string> = {
  'deployments.apps': 'Deployment',
  'statefulsets.apps': 'StatefulSet',
  pods: 'Pod',
}

/** The words of a call without the program and the flags that name cluster and namespace. */
export function stageWords(argv: readonly string[]): string[] {
  const flags = ['--kubeconfig', '--context', '--namespace', '--kube-context']
  const words: string[] = []
  for (let index = 1; index < argv.length; index += 1) {
    if (flags.includes(argv[index] ?? '')) index += 1
    else words.push(argv[index] ?? '')
  }
  return words
}

function notFound(kind: string, name: string): Partial<ToolResult> {
  return { exit: 1, stderr: `Error from server (NotFound): ${kind} "${name}" not found` }
}

function configOf(context: string): string {
  return JSON.stringify({
    'current-context': context,
    clusters: [{ name: context, cluster: { server: 'https://stage.invalid:6443' } }],
    contexts: [{ name: context, context: { cluster: context } }],
  })
}
