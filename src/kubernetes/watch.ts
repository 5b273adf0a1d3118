import type { Json } from '../plan/plan.ts'
import type { Clock } from '../world.ts'
import { patience } from './away.ts'
import { createJsonSplitter } from './json-stream.ts'
import type { KubeObject } from './kubectl.ts'
import { type Namespace, sorted } from './namespace.ts'
import { type Calling, kubectlArgv, type Place } from './place.ts'
import { isUnreachable, kubernetesProblem } from './problems.ts'

/** Kinds that a rollout shows in; each needs a watch of its own. */
const watched = {
  'deployments.apps': 'Deployment',
  'statefulsets.apps': 'StatefulSet',
  pods: 'Pod',
}
/** Milliseconds between two tries while the API server is gone. */
const againMs = 1_000
/** Milliseconds after which a kind of which nothing is said has no objects. */
const silentMs = 1_000

export interface Watching {
  /** What is there now; undefined before the first answer. */
  now(): Namespace | undefined
  /** Whether all kinds were heard of: before, what is missing may only be late. */
  isWhole(): boolean
  /** Whether the API server does not answer: what is known is of before. */
  away(): boolean
  /** Resolves at the next change, or when `ms` are over. Throws what ended the watch for good. */
  changed(ms: number): Promise<void>
  close(): Promise<void>
}

/**
 * Watches the workloads and pods of a namespace: nothing is polled. A watch that is cut begins anew;
 * an API server that stays away ends it.
 */
export function watchNamespace(place: Place, calling: Calling & { clock: Clock }): Watching {
  const stop = new AbortController()
  const signal = AbortSignal.any([calling.signal, stop.signal])
  const objects = new Map<string, KubeObject>()
  const silent = new Set<string>(Object.values(watched))
  let firstAt: number | undefined
  let isAway = false
  let failure: unknown
  // a change between two waits must not be slept over
  let isNew = false
  let wake: () => void = () => {}
  const tell = () => {
    isNew = true
    wake()
  }

  signal.addEventListener('abort', tell, { once: true })

  const watchOne = async ([resource, kind]: [string, string]) => {
    const { clock } = calling
    let goneSince: number | undefined
    while (!signal.aborted) {
      let isFirst = true
      const take = createJsonSplitter(value => {
        // what was there is kept in mind until something else is known
        if (isFirst) for (const [key, each] of objects) if (each.kind === kind) objects.delete(key)
        isFirst = false
        keep(value, objects)
        silent.delete(kind)
        firstAt ??= clock.elapsed()
        goneSince = undefined
        isAway = false
        tell()
      })
      const result = await calling.run({
        argv: kubectlArgv(place, 'get', resource, '--watch', '--output-watch-events', '-o', 'json'),
        limitMs: 2 ** 31 - 1,
        cwd: calling.userFolder,
        signal,
        lasting: true,
        lineCap: 1_000_000,
        // a program that gives the login may log in JSON, and in the middle of a document
        onLine: (line, from) => {
          if (from !== 'stderr') take(line)
        },
      })
      if (signal.aborted) return
      const problem = kubernetesProblem(result, place, 0)
      goneSince ??= clock.elapsed()
      if (isUnreachable(problem)) isAway = true
      tell()
      const isOver = result.exit !== 0 && !isUnreachable(problem)
      if (isOver || clock.elapsed() - goneSince > patience(calling)) throw problem
      await clock.sleep(againMs, signal)
    }
  }
  const all = Object.entries(watched).map(each =>
    watchOne(each).catch(error => {
      if (signal.aborted) return
      failure = error
      tell()
    }),
  )
  return {
    away: () => isAway,
    now: () => (firstAt === undefined ? undefined : sorted([...objects.values()])),
    isWhole: () =>
      silent.size === 0 || (firstAt !== undefined && calling.clock.elapsed() - firstAt > silentMs),
    async changed(ms) {
      if (failure) throw failure
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        wake = resolve
        timer = setTimeout(resolve, isNew ? 0 : ms)
        if (signal.aborted) resolve()
      })
      clearTimeout(timer)
      wake = () => {}
      isNew = false
      if (failure) throw failure
      calling.signal.throwIfAborted()
    },
    async close() {
      stop.abort()
      await Promise.all(all)
    },
  }
}

function keep(value: Json, objects: Map<string, KubeObject>): void {
  const { type, object } = value as unknown as { type?: string; object?: KubeObject }
  if (!object?.metadata?.name || object.kind === 'Status') return
  const key = `${object.kind}/${object.metadata.name}`
  if (type === 'DELETED') objects.delete(key)
  else objects.set(key, object)
}
