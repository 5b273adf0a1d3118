import { existsSync } from 'node:fs'
import { Interrupted, Problem, titleOf } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Op, Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { retried } from '../proof/prove.ts'
import type { Probed } from '../proof/result.ts'
import { probeServers, probeServersPlain, type Server } from '../proof/servers.ts'
import { verdict, wantedOf } from '../proof/verdict.ts'
import { withForwards, withSettledForwards } from './forward.ts'
import {
  freshNamespace,
  type Namespace,
  podPort,
  podsOf,
  readNamespace,
  recentNamespace,
  workloadsNamed,
} from './namespace.ts'
import { type Calling, kubectlArgv, type Place, placeOf, shellPlace } from './place.ts'
import { isNotRunning, kubernetesFinding } from './problems.ts'

/** One set of pods that must serve the leaf. */
export interface ServedBy {
  /** `deployment/NAME` or `statefulset/NAME`; with `*` at the end all whose name begins so. */
  workload: string
  /** The Service whose port it is; the port of the pod where there is none. */
  service?: string
  port: number
  /** All probes, or only those that tell which leaf is served. */
  probes: 'all' | 'leaf'
  /** It need not be there. */
  optional?: true
}

type Input = Record<string, Json>

interface PodAt {
  pod: string
  uid?: string
  /** Whether it has started. */
  runs: boolean
  port: number
  probes: ServedBy['probes']
}

type Probe = typeof probeServers

/**
 * Proves what each replica serves, pod by pod through a port-forward of ours: `{place, served, name,
 * path, expect, leaf, roots, ...}`. The forwards are made again at each try: a rollout ends them.
 */
export const provePodsOp: Op = {
  changes: false,
  run: (input, ctx) => provePods(input, ctx, probeServers),
  printed,
  shell: (input, sh) => shellLines('kube_prove_pods', input, sh),
}

/** Proves that each replica answers over HTTP and that a handshake fails. */
export const provePodsPlainOp: Op = {
  changes: false,
  run: (input, ctx) => provePods(input, ctx, probeServersPlain),
  printed,
  shell: (input, sh) => shellLines('kube_prove_pods_plain', input, sh),
}

async function provePods(input: Input, ctx: Performing, probe: Probe): Promise<Json> {
  const place = placeOf(input.place)
  const wanted = wantedOf({ ...input, roots: keptRoots(input), addresses: [] }, ctx)
  const served = input.served as unknown as ServedBy[]
  const proving = { ...ctx, onRetry: (seen: string) => ctx.say(seen) }
  let read = recentNamespace
  const results = await retried(wanted, proving, () =>
    whileCut(place, ctx, async () => {
      const pods = await podsToProve(place, served, () => read(place, ctx))
      read = freshNamespace // a rollout may have replaced them
      return withPods(place, pods, ctx, servers => probe(servers, wanted, proving)).catch(notYet)
    }),
  )
  const skipped = typeof input.noDns === 'string' ? [noDns(input.noDns)] : []
  const all = [...results, ...skipped]
  for (const result of all) ctx.proof(result)
  return verdict(all)
}

/** A pair of a root that this machine trusts was kept without one. */
function keptRoots({ roots }: Input): Json {
  return typeof roots === 'string' && existsSync(roots) ? roots : null
}

/** A pod that does not run yet may only need time: it is no verdict, but what is tried again. */
function notYet(error: unknown): Probed[] {
  if (!isNotRunning(error)) throw error
  const seen = (error as Problem).findings[0]?.evidence ?? ''
  const address = 'a pod'
  return [{ id: 'tcp.open', state: 'fail', expected: 'accepts', seen, address, transient: true }]
}

/**
 * Probes again where the API server went away meanwhile: the forwards went with it, and what was seen
 * says nothing of the pods.
 */
async function whileCut(
  place: Place,
  ctx: Performing,
  probeAll: () => Promise<Probed[]>,
): Promise<Probed[]> {
  for (;;) {
    const probed = await probeAll()
    if (probed.every(({ state }) => state === 'pass' || state === 'skip')) return probed
    let wasAway = false
    const noting = {
      ...ctx,
      say(text: string) {
        wasAway = true
        ctx.say(text)
      },
    }
    await readNamespace(place, noting)
    if (!wasAway) return probed
  }
}

/** Opens a port-forward of ours to each pod that must serve, and closes them whatever happens. */
export async function withServers<T>(
  place: Place,
  served: readonly ServedBy[],
  calling: Calling,
  use: (servers: Server[]) => Promise<T>,
): Promise<T> {
  const pods = await podsToProve(place, served, () => readNamespace(place, calling))
  return withPods(place, pods, calling, use)
}

/**
 * The same with the servers that could be reached, and those that could not: one pod that does not run
 * says nothing of the others.
 */
export async function withSomeServers<T>(
  place: Place,
  served: readonly ServedBy[],
  calling: Calling,
  use: (servers: Server[], away: Away[]) => Promise<T>,
): Promise<T> {
  const pods = await podsToProve(place, served, () => readNamespace(place, calling))
  return withSettledForwards(place, pods, calling, settled => {
    const reached = pods.flatMap((pod, index) => {
      const way = settled[index]
      return way?.status === 'fulfilled' ? [serverAt(pod, way.value)] : []
    })
    const away = pods.flatMap((pod, index) => {
      const way = settled[index]
      return way?.status === 'rejected' ? [{ name: nameOfServer(pod), why: whyOf(way.reason) }] : []
    })
    return use(reached, away)
  })
}

/** A server that no way led to. */
interface Away {
  name: string
  /** In words. */
  why: string
}

/** What a person is told; what nobody can have caused goes on as it is. */
function whyOf(reason: unknown): string {
  if (reason instanceof Interrupted) return 'there was no way to it in time'
  if (!(reason instanceof Problem)) throw reason
  return titleOf(reason)
}

function serverAt(pod: PodAt, port: number | undefined): Server {
  return { address: `127.0.0.1:${port}`, name: nameOfServer(pod), probes: pod.probes }
}

function nameOfServer({ pod, port }: PodAt): string {
  return `pod/${pod}:${port}`
}

function withPods<T>(
  place: Place,
  pods: readonly PodAt[],
  calling: Calling,
  use: (servers: Server[]) => Promise<T>,
): Promise<T> {
  return withForwards(place, pods, calling, ports =>
    use(pods.map((pod, index) => serverAt(pod, ports[index]))),
  )
}

/** The pods that serve now. */
async function podsToProve(
  place: Place,
  served: readonly ServedBy[],
  read: () => Promise<Namespace>,
): Promise<PodAt[]> {
  const namespace = await read()
  for (const each of served) {
    if (!each.optional && podsServing([each], namespace).length === 0)
      throw noWorkload(place, each.workload)
  }
  return podsServing(served, namespace)
}

/** The pods behind what must serve, each with the port at which it does. */
export function podsServing(served: readonly ServedBy[], namespace: Namespace): PodAt[] {
  return served.flatMap(({ workload: name, service: serviceName, port, probes }) => {
    const service = namespace.services.find(({ metadata }) => metadata.name === serviceName)
    return workloadsNamed(namespace, name)
      .flatMap(workload => podsOf(workload, namespace))
      .map(pod => ({
        pod: pod.metadata.name,
        ...(pod.metadata.uid === undefined ? {} : { uid: pod.metadata.uid }),
        runs: pod.status?.phase === 'Running',
        port: podPort(service, port, pod),
        probes,
      }))
  })
}

/** There is no name that leads here from outside: said as a skipped probe, with its reason. */
function noDns(why: string) {
  return {
    id: 'dns.address',
    decides: 'report' as const,
    state: 'skip' as const,
    expected: '',
    seen: why,
    evidence: [],
    command: '',
    means: '',
    fix: '',
    tookMs: 0,
  }
}

function noWorkload(place: Place, name: string) {
  return kubernetesFinding('kube.no-workload', exitCodes.failed, {
    subject: `${place.namespace}/${name}`,
    evidence: `${name} has no pods`,
    fix: `See what is there: ${kubectlArgv(place, 'get', 'deploy,sts,pods').join(' ')}`,
  })
}

function printed(
  { place, served, name }: Record<string, unknown>,
  show: (text: unknown) => string,
): string[] {
  const at = placeOf(place as Json)
  return (served as ServedBy[]).flatMap(({ workload, port }) => [
    `${kubectlArgv(at, 'port-forward', show(workload), `:${port}`).join(' ')}   (each pod)`,
    `openssl s_client -connect 127.0.0.1:PORT -servername ${show(name)}`,
  ])
}

function shellLines(
  command: string,
  { place, served, name, path, expect, leaf = '', roots = '' }: Record<string, unknown>,
  sh: Parameters<Op['shell']>[1],
): string[] {
  const words = [name, path, String(expect), leaf, roots].map(sh.word).join(' ')
  const lines = (served as ServedBy[]).map(
    ({ workload, service = '', port, probes }) =>
      `${command} ${shellPlace(place, sh)} ${[workload, service, port, probes].map(sh.word).join(' ')} ${words} || return 1`,
  )
  return [...lines, `jq -n '{pass: true}' | answer_json`]
}
