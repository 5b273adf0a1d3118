import type { Cluster } from '../../kubernetes/place.ts'
import type { Json } from '../../plan/plan.ts'

/** The cluster in an op's input. */
export function clusterOf(input: Json | undefined): Cluster {
  const { context, kubeconfig } = input as { [key: string]: Json }
  return {
    context: String(context),
    ...(typeof kubeconfig === 'string' ? { kubeconfig } : {}),
  }
}

/** A cluster as an input of an op. */
export function clusterInput({ context, kubeconfig }: Cluster): { [key: string]: string } {
  return { context, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
}

/** What runs azureml-fe: one replica, or three. */
export const workload = 'deployment/azureml-fe-v2'
