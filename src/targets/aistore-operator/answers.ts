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

/** `spec.tls.certificate`, where cert-manager makes the pair; the operator adds the names of its pods. */
export interface ManagedCertificate {
  issuerRef: { name: string; kind: string }
  additionalDNSNames: string[]
  duration: string
}

export function managedOf({ certificate, domain }: Answers): ManagedCertificate | undefined {
  if (certificate?.source !== 'managed') return undefined
  const { issuer, issuerKind, days, names } = certificate
  return {
    issuerRef: { name: issuer, kind: issuerKind },
    additionalDNSNames: [...new Set([domain, ...names])],
    duration: `${days * 24}h`,
  }
}

/** The Secret that the pods mount: named here, or by the operator where cert-manager writes it. */
export function secretOf(answers: Answers): string {
  const { secret, resource } = operatorAnswers(answers)
  return managedOf(answers) ? managedSecret(resource) : secret
}

/** As the operator names what it has cert-manager make (operator 3.4, resources/aistore/cmn). */
export function managedSecret(resource: string): string {
  return `${resource}-tls`
}

export function managedCertificate(resource: string): string {
  return `${resource}-tls-cert`
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
