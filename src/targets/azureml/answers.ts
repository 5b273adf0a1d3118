import type { Answers } from '../../answers/answers.ts'

/** How the pair gets to azureml-fe, or that TLS ends in an Ingress before it. */
type Mode = 'secret' | 'pem' | 'ingress'

/** The answers under `target.` of an Azure ML extension on AKS or an Arc-enabled cluster. */
export interface AzureMlAnswers {
  kind: 'azureml'
  subscription: string
  resourceGroup: string
  cluster: string
  clusterType: 'aks' | 'arc'
  /** kubectl's context and, where it is not the usual one, the file that holds it. */
  context: string
  kubeconfig?: string
  /** Name of the extension's instance. */
  extension: string
  mode: Mode
  serviceType: 'LoadBalancer' | 'NodePort' | 'ClusterIP'
  /** Whether the load balancer gets an address of the virtual network only (AKS). */
  internal: 'yes' | 'no'
  /** Whether three replicas are made where the extension is created. */
  highAvailability: 'yes' | 'no'
  /** JSON file with the protected settings that must outlive a change of the pair. */
  protectedSettings?: string
  /** The pair that is in place: without it there is no way back from PEM to PEM. */
  previousChain?: string
  previousKey?: string
  /** Whether the extension may be deleted and created where no update leads to what is wanted. */
  recreate: 'yes' | 'no'
  /** Where clients reach it, when the cluster does not say: `HOST` or `HOST:PORT`. */
  front?: string
  ingressClass?: string
  workspace?: string
  onlineEndpoint?: string
}

export function azuremlAnswers(answers: Answers): AzureMlAnswers {
  return answers.target as unknown as AzureMlAnswers
}

/** The one namespace of the extension: az puts it there whatever is asked for. */
export const namespace = 'azureml'

/** Which extension of which cluster, as az is told. */
export interface Where {
  subscription: string
  resourceGroup: string
  cluster: string
  clusterType: 'aks' | 'arc'
  extension: string
}

export function whereOf(own: AzureMlAnswers): Where {
  const { subscription, resourceGroup, cluster, clusterType, extension } = own
  return { subscription, resourceGroup, cluster, clusterType, extension }
}

/** The cluster's type as az spells it. */
export const armTypes = { aks: 'managedClusters', arc: 'connectedClusters' } as const

/** The arguments that name the cluster to `az k8s-extension`. */
export function clusterArguments(where: Omit<Where, 'extension'>): string[] {
  const { subscription, resourceGroup, cluster, clusterType } = where
  const type = ['-t', armTypes[clusterType]]
  return ['-g', resourceGroup, '-c', cluster, ...type, '--subscription', subscription]
}
