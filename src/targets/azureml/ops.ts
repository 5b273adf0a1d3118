import { kubernetesOps } from '../../kubernetes/ops.ts'
import { kubectlArgv, shellPlace } from '../../kubernetes/place.ts'
import type { Op, OpTable } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { recentAddress, service } from './address.ts'
import { armTypes, namespace, type Where } from './answers.ts'
import { arcNamespace, recentlySame, serverMark } from './cluster.ts'
import { keepFound } from './keep-found.ts'
import { change } from './ops-change.ts'
import { ingressApply, ingressBack, ingressLook } from './ops-ingress.ts'
import { look } from './ops-look.ts'
import { proveReplicas } from './ops-replicas.ts'
import { watch } from './ops-watch.ts'
import { clusterOf } from './words.ts'

type Input = Record<string, Json>

/** Holds az's cluster against kubectl's context: `{where, cluster, agreed?}`. */
const same: Op = {
  changes: false,
  async run({ where, cluster, agreed }: Input, ctx): Promise<Json> {
    const known = typeof agreed === 'string' ? agreed : undefined
    const server = await recentlySame(where as unknown as Where, clusterOf(cluster), ctx, known)
    return { same: true, server: serverMark(server), seen: server.url }
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
              { ...at, namespace: arcNamespace },
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
    const at = await recentAddress(clusterOf(cluster), where, of, ctx)
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

export const azuremlOps: OpTable = {
  ...kubernetesOps,
  'azureml.same-cluster': same,
  'azureml.extension': look,
  'azureml.change': change,
  'azureml.address': address,
  'azureml.watch': watch,
  'azureml.prove-replicas': proveReplicas,
  'azureml.keep-found': keepFound,
  'azureml.ingress': ingressLook,
  'azureml.ingress-apply': ingressApply,
  'azureml.ingress-back': ingressBack,
}
