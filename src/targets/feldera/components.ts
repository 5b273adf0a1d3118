import type { KubeObject } from '../../kubernetes/kubectl.ts'
import type { ServedBy } from '../../kubernetes/pods-proof.ts'

/** The Helm value that names the Secret of the certificate. */
export const secretValue = 'httpsSecretRef'

/** Names and ports of the vendor's chart (crates/pipeline-manager/src/config.rs). */
export const apiServer = 'deployment/feldera-api-server'
const apiPort = 8080

/** What must serve the certificate; each component restarts to read it. */
export const components: readonly string[] = [
  apiServer,
  'deployment/feldera-kubernetes-runner',
  'statefulset/feldera-compiler-server',
]
/** Only there with compilerAutoscaling. */
const artifactServer = 'deployment/feldera-compiler-artifact-server'

/** Where each component and each pipeline listens. */
export const apiServing: ServedBy = {
  workload: apiServer,
  service: 'feldera-api-server',
  port: apiPort,
  probes: 'all',
}
export const servedBy: readonly ServedBy[] = [
  apiServing,
  {
    workload: 'deployment/feldera-kubernetes-runner',
    service: 'feldera-kubernetes-runner',
    port: 8080,
    probes: 'leaf',
  },
  {
    workload: 'statefulset/feldera-compiler-server',
    service: 'feldera-compiler-server',
    port: 8085,
    probes: 'leaf',
  },
  { workload: artifactServer, port: 8085, probes: 'leaf', optional: true },
]

/** Pipelines: one stateful set each, with the uuid in its name. */
export const pipelines: ServedBy = {
  workload: 'statefulset/pipeline-*',
  port: 8080,
  probes: 'leaf',
  optional: true,
}

const pipelinePrefix = 'pipeline-'

/** The uuid of a pipeline's stateful set. */
export function pipelineId({ metadata }: KubeObject): string {
  return metadata.name.slice(pipelinePrefix.length)
}

/** The pod of a pipeline, and where it listens. */
export function podOfPipeline({ id }: { id: string }): { pod: string; port: number } {
  return { pod: `${pipelinePrefix}${id}-0`, port: pipelines.port }
}

export function isPipeline({ kind, metadata }: KubeObject): boolean {
  return kind === 'StatefulSet' && metadata.name.startsWith(pipelinePrefix)
}

/** The name in every certificate that the components accept: they talk to each other by it. */
export function inside(namespace: string): string {
  return `feldera-api-server.${namespace}.svc.cluster.local`
}
