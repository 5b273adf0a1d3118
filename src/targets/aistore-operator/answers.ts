import type { Answers } from '../../answers/answers.ts'
import { durationMs } from '../../duration.ts'
import type { Place } from '../../kubernetes/place.ts'
import type { ServedBy } from '../../kubernetes/pods-proof.ts'

/** The answers under `target.` of an AIStore cluster that the ais-k8s operator runs. */
export interface OperatorAnswers {
  kind: 'aistore-operator'
  context: string
  kubeconfig?: string
  namespace: string
  /** Name of the AIStore resource. */
  resource: string
  /** Name of the Secret that its pods mount; its content changes, its name stays. */
  secret: string
  wait: string
}

export function operatorAnswers(answers: Answers): OperatorAnswers {
  return answers.target as unknown as OperatorAnswers
}

export function placeOfAnswers({ context, kubeconfig, namespace }: OperatorAnswers): Place {
  return { context, namespace, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
}

/** The stateful sets that the operator makes of a resource. */
export function workloadsOf({ resource }: Pick<OperatorAnswers, 'resource'>): string[] {
  return [`statefulset/${resource}-proxy`, `statefulset/${resource}-target`]
}

/** Where each pod must serve the certificate: the public port of proxies and targets. */
export function servedBy(
  own: Pick<OperatorAnswers, 'resource'>,
  ports: { proxy: number; target: number },
): ServedBy[] {
  const [proxy = '', target = ''] = workloadsOf(own)
  return [
    { workload: proxy, port: ports.proxy, probes: 'all' },
    { workload: target, port: ports.target, probes: 'all' },
  ]
}

export function waitMs({ wait }: OperatorAnswers): number {
  return durationMs(wait)
}

/** The limit of a step that waits so long, with some time to spare. */
export function waitLimit(own: OperatorAnswers): string {
  return `${Math.ceil(waitMs(own) / 60_000) + 2}m`
}
