import type { KubeObject } from '../../kubernetes/kubectl.ts'
import { stageField } from '../../kubernetes/stage-field.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { ToolCall } from '../../process/tool.ts'
import type { AzureMlAnswers } from './answers.ts'
import type { Said } from './stage.ts'
import { stageServer } from './stage-az.ts'
import { changeIngress, deleteIngress } from './stage-ingress.ts'
import type { StagedRouter } from './stage-router.ts'

const namespace = 'azureml'

/** Stands for `kubectl`: one cluster with azureml-fe in it, to whom everything is allowed. */
export function stageKubectl(
  own: AzureMlAnswers,
  router: StagedRouter,
): (call: ToolCall) => Promise<Said> {
  return async call => {
    const words = call.argv.slice(1).filter((word, index, all) => {
      const named = ['--context', '--namespace', '--kubeconfig']
      return !named.includes(word) && !named.includes(all[index - 1] ?? '')
    })
    const [verb = '', what = ''] = words
    if (verb === 'version') return json({ serverVersion: { gitVersion: 'v1.34.0' } })
    if (verb === 'config') return json(config(own))
    const ingress = ingressIn(call.stdin)
    if (ingress && (verb === 'apply' || verb === 'create' || verb === 'replace'))
      return changeIngress(verb, words, ingress, router)
    if (verb === 'create') return what === 'namespace' ? {} : created(call.stdin ?? '')
    if (verb === 'replace') return { stdout: '2' }
    if (verb === 'apply') return applied(call, router)
    if (verb === 'delete') return deleted(words, router, call)
    if (verb === 'rollout') {
      await router.converge()
      return {}
    }
    if (verb === 'port-forward') {
      return { stdout: `Forwarding from 127.0.0.1:${router.port} -> ${words.at(-1)}\n` }
    }
    if (verb !== 'get') return {}
    if (words.includes('--watch')) return watched(what, router)
    return got(words, own, router)
  }
}

function got(words: readonly string[], own: AzureMlAnswers, router: StagedRouter): Said {
  const [, what = '', name = ''] = words
  if (what === 'namespace') return { stdout: `${namespace}   Active   1d\n` }
  if (what === 'secret') {
    const found = router.secrets.get(name)
    if (found === undefined) return {}
    const field = stageField(words, found as unknown as KubeObject)
    return field === undefined ? json(found) : { stdout: field }
  }
  if (what === 'configmap') return json({ kind: 'ConfigMap', data: configMap(name, own, router) })
  if (what === 'ingress') return router.ingress ? json(ingressOf(router.ingress)) : {}
  if (what === 'service') return router.settings ? json(serviceOf(router)) : {}
  if (what.includes(',') || what === 'services')
    return json({ kind: 'List', items: objects(router) })
  return what === 'leases' ? json({ kind: 'List', items: [] }) : {}
}

function configMap(name: string, own: AzureMlAnswers, router: StagedRouter) {
  if (name === 'arcml-healthcheck') return { 'reports-pre-upgrade': router.health }
  return {
    AZURE_SUBSCRIPTION_ID: own.subscription,
    AZURE_RESOURCE_GROUP: own.resourceGroup,
    AZURE_RESOURCE_NAME: own.cluster,
  }
}

function config(own: AzureMlAnswers) {
  const cluster = { name: own.cluster, cluster: { server: stageServer } }
  const context = { name: own.context, context: { cluster: own.cluster } }
  return { clusters: [cluster], contexts: [context], 'current-context': own.context }
}

/** Access reviews are all granted; a Lease is taken. */
function created(stdin: string): Said {
  const wanted = JSON.parse(stdin) as { kind: string; items?: { [key: string]: Json }[] }
  if (wanted.kind !== 'List') return { stdout: '1' }
  const items = (wanted.items ?? []).map(each => ({ ...each, status: { allowed: true } }))
  return { stdout: items.map(each => `${JSON.stringify(each, null, 2)}\n`).join('') }
}

function applied({ stdin }: ToolCall, router: StagedRouter): Said {
  const secret = JSON.parse(stdin ?? '') as { metadata: { name: string } }
  router.secrets.set(secret.metadata.name, secret as unknown as Json)
  return json(secret)
}

function ingressIn(stdin: string | undefined): { [key: string]: Json } | undefined {
  if (!stdin?.startsWith('{')) return undefined
  const object = JSON.parse(stdin) as { [key: string]: Json }
  return object.kind === 'Ingress' ? object : undefined
}

async function deleted(words: string[], router: StagedRouter, { stdin }: ToolCall): Promise<Said> {
  if (words[1] === '--raw')
    return words[2]?.includes('/ingresses/') ? deleteIngress(router, stdin) : {}
  if (words[1] === 'ingress') return deleteIngress(router, undefined)
  const selected = words.find(word => word.startsWith('--field-selector=metadata.name='))
  router.secrets.delete(selected?.split('=').at(-1) ?? '')
  return {}
}

/** What a watch of one kind begins with; nothing follows, the stage changes at once. */
function watched(what: string, router: StagedRouter): Said {
  const kinds: Record<string, string> = { 'deployments.apps': 'Deployment', pods: 'Pod' }
  const found = objects(router).filter(({ kind }) => kind === kinds[what])
  const events = found.map(object => JSON.stringify({ type: 'ADDED', object }, null, 2))
  return { stdout: events.map(text => `${text}\n`).join('') }
}

function objects(router: StagedRouter) {
  if (!router.settings) return []
  const replicas = router.settings.get('inferenceRouterHA')?.toLowerCase() === 'true' ? 3 : 1
  const labels = { azuremlappname: 'azureml-fe' }
  const generation = router.rollouts
  const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas }
  return [
    {
      kind: 'Deployment',
      metadata: { name: 'azureml-fe-v2', namespace, generation },
      spec: { replicas, selector: { matchLabels: labels } },
      status: { ...counts, availableReplicas: replicas, observedGeneration: generation },
    },
    serviceOf(router),
    ...Array.from({ length: replicas }, (_, index) => ({
      kind: 'Pod',
      metadata: { name: `azureml-fe-v2-${index + 1}`, namespace, labels },
      spec: { containers: [{ name: 'envoy' }] },
      status: { phase: 'Running', containerStatuses: [{ name: 'envoy', ready: true }] },
    })),
  ]
}

function serviceOf({ scheme, port }: StagedRouter) {
  return {
    kind: 'Service',
    metadata: { name: 'azureml-fe', namespace },
    spec: { type: 'LoadBalancer', ports: [{ name: scheme, port }] },
    status: { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } },
  }
}

function ingressOf({ object, port }: NonNullable<StagedRouter['ingress']>) {
  const ports = ['http', 'https'].map(name => ({ name, port }))
  const spec = { ...(atPath(object, 'spec') as object), ports }
  return {
    ...(object as object),
    spec,
    status: { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } },
  }
}

function json(value: unknown): Said {
  return { stdout: `${JSON.stringify(value, null, 2)}\n` }
}
