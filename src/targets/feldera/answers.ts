import type { Answers, SecretSource } from '../../answers/answers.ts'
import { durationMs } from '../../duration.ts'
import type { Place } from '../../kubernetes/place.ts'

/** The answers under `target.` of Feldera on Kubernetes. */
export interface FelderaAnswers {
  kind: 'feldera'
  context: string
  kubeconfig?: string
  namespace: string
  release: string
  /** Whether the release is there already, or is to be installed. */
  install: 'existing' | 'new'
  /** Where the chart comes from: an OCI address or a folder. */
  chart: string
  /** Version of the chart and of Feldera, for a new installation. */
  version?: string
  accountId?: string
  licence?: SecretSource
  /** An existing Secret with account-id and license-key, in the place of the two. */
  cloudSecret?: string
  databaseSecret?: string
  /** The user's own values for a new installation. */
  values?: string
  /** An existing Secret with the CA chain, for pipelines on several hosts. */
  caSecret?: string
  apiKey?: SecretSource
  stop: 'checkpoint' | 'force'
  otherTenants: 'refuse' | 'leave'
  /** Where clients reach the API server from outside, `host:port`: an ingress or load balancer. */
  outside?: string
  wait: string
}

export function felderaAnswers(answers: Answers): FelderaAnswers {
  return answers.target as unknown as FelderaAnswers
}

export function placeOfAnswers({ context, kubeconfig, namespace }: FelderaAnswers): Place {
  return { context, namespace, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
}

/** Milliseconds that a rollout may take. */
export function rolloutMs({ wait }: FelderaAnswers): number {
  return durationMs(wait)
}

/** The limit of a step that waits for rollouts so many times, with some time to spare. */
export function rolloutLimit(own: FelderaAnswers, times = 1): string {
  return `${Math.ceil((times * rolloutMs(own)) / 60_000) + 2}m`
}
