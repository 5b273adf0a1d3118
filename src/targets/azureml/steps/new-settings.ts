import type { AzureMlAnswers } from '../answers.ts'

/** Exits of an az that Azure refused before it changed anything: there is nothing to take back. */
export const refusals = [65, 69, 75, 77]

/** All that a create needs; the vendor's own example lacks enableInference and fails. */
export function newSettings(own: AzureMlAnswers): Record<string, string> {
  return {
    enableInference: 'True',
    inferenceRouterServiceType: own.serviceType,
    inferenceRouterHA: own.highAvailability === 'yes' ? 'True' : 'False',
    ...(own.internal === 'yes' ? { internalLoadBalancerProvider: 'azure' } : {}),
  }
}
