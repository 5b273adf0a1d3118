import { X509Certificate } from 'node:crypto'
import { withForwards } from '../../kubernetes/forward.ts'
import { kubectl } from '../../kubernetes/kubectl.ts'
import { podPort, podsOf, readNamespace, workloadNamed } from '../../kubernetes/namespace.ts'
import { kubernetesOps } from '../../kubernetes/ops.ts'
import { kubectlArgv, type Place, placeOf, shellPlace } from '../../kubernetes/place.ts'
import { followRollout, rolloutProblem } from '../../kubernetes/rollout.ts'
import { handshake } from '../../net/handshake.ts'
import type { Op, OpTable, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { addressIn, service } from './address.ts'
import { armTypes, namespace, type Where } from './answers.ts'
import { sameCluster } from './cluster.ts'
import { keepFound } from './keep-found.ts'
import { change } from './ops-change.ts'
import { look } from './ops-look.ts'
import { watch } from './ops-watch.ts'
import { clusterOf, workload } from './words.ts'

type Input = Record<string, Json>

/** Holds az's cluster against kubectl's context: `{where, cluster}`. */
const same: Op = {
  changes: false,
  async run({ where, cluster }: Input, ctx): Promise<Json> {
    const server = await sameCluster(where as unknown as Where, clusterOf(cluster), ctx)
    return { same: true, server, seen: server }
  },
  printed: ({ where, cluster }, show) => {
    const { resourceGroup, cluster: name, clusterType } = where as Where
    const at = clusterOf(cluster as Json)
    return clusterType === 'aks'
      ? [
          quoteCommand([
            'az',
            'aks',
            'get-credentials',
            '-g',
            show(resourceGroup),
            '-n',
            show(name),
          ]),
          quoteCommand(kubectlArgv(at, 'config', 'view', '--minify')),
        ]
      : [
          quoteCommand(
            kubectlArgv(
              { ...at, namespace: 'azure-arc' },
              'get',
              'configmap',
              'azure-clusterconfig',
            ),
          ),
        ]
  },
  shell: ({ where, cluster }, sh) => {
    const { subscription, resourceGroup, cluster: name, clusterType } = where as Where
    const place = shellPlace({ ...(cluster as object), namespace }, sh)
    const words = [armTypes[clusterType], subscription, resourceGroup, name].map(sh.word)
    return [`azureml_same_cluster ${place} ${words.join(' ')}`]
  },
}

/** Where clients reach azureml-fe: `{cluster, scheme, instead?}`. */
const address: Op = {
  changes: false,
  async run({ cluster, scheme, instead, ingress }: Input, ctx): Promise<Json> {
    const of = scheme === 'http' ? 'http' : 'https'
    const where = { ingress, ...(ctx.rehearsal ? {} : { instead }) }
    const at = await addressIn(clusterOf(cluster), where, of, ctx)
    return at ? { ...at, seen: at.address } : { address: null, seen: 'no address yet' }
  },
  printed: ({ cluster, ingress }, show) => {
    const object = ingress === undefined ? ['service', service] : ['ingress', show(ingress)]
    const place = { ...clusterOf(cluster as Json), namespace }
    return [quoteCommand(kubectlArgv(place, 'get', ...object))]
  },
  shell: ({ cluster, scheme, instead = '', ingress }, sh) => {
    const object = ingress === undefined ? ['service', service] : ['ingress', ingress]
    const place = shellPlace({ ...(cluster as object), namespace }, sh)
    return [`azureml_address ${place} ${[...object, scheme, instead].map(sh.word).join(' ')}`]
  },
}

/** How many replicas serve another leaf than the wanted one: `{place, name, leaf}`. */
const replicas: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const leaves = await leavesOf(placeOf(input.place), String(input.name), ctx)
    const stale = leaves.filter(leaf => leaf !== input.leaf).length
    const seen = `${leaves.length - stale} of ${leaves.length} replicas serve the wanted leaf`
    return { stale, replicas: leaves.length, seen }
  },
  printed: ({ place }) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'port-forward', workload, ':443')),
  ],
  shell: ({ place, name }, sh) => [`azureml_replicas ${shellPlace(place, sh)} ${sh.word(name)}`],
}

/** Starts all replicas anew, one after the other, and waits for them: `{place}`. */
const restart: Op = {
  changes: true,
  async run(input: Input, ctx): Promise<Json> {
    const place = placeOf(input.place)
    await kubectl(place, ['rollout', 'restart', workload], ctx)
    const following = followRollout(place, [workload], ctx)
    try {
      const limitMs = ctx.rehearsal?.limitCapMs ?? 600_000
      const state = await following.until(limitMs)
      if (!state.done) throw rolloutProblem(place, state, following.details())
      return { done: true, seen: state.seen }
    } finally {
      await following.close()
    }
  },
  printed: ({ place }) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'rollout', 'restart', workload)),
  ],
  shell: ({ place }, sh) => [`azureml_restart ${shellPlace(place, sh)}`],
}

async function leavesOf(place: Place, name: string, ctx: Performing): Promise<string[]> {
  const found = await readNamespace(place, ctx)
  const router = workloadNamed(found, workload)
  const pods = router ? podsOf(router, found) : []
  const front = found.services.find(({ metadata }) => metadata.name === service)
  const at = pods.map(pod => ({ pod: pod.metadata.name, port: podPort(front, 443, pod) }))
  return withForwards(place, at, ctx, ports =>
    Promise.all(
      ports.map(async port => {
        const to = { host: '127.0.0.1', port, name, roots: [], timeoutMs: 5_000 }
        const { chain } = await handshake({ ...to, signal: ctx.signal })
        return chain[0] === undefined ? '' : new X509Certificate(chain[0]).fingerprint256
      }),
    ),
  )
}

export const azuremlOps: OpTable = {
  ...kubernetesOps,
  'azureml.same-cluster': same,
  'azureml.extension': look,
  'azureml.change': change,
  'azureml.address': address,
  'azureml.watch': watch,
  'azureml.replicas': replicas,
  'azureml.restart': restart,
  'azureml.keep-found': keepFound,
}
