import type { Target } from '../target.ts'
import { azuremlAbout } from './about.ts'
import { azuremlAnswers, whereOf } from './answers.ts'
import { discover } from './discover.ts'
import { held } from './held.ts'
import { azuremlOps } from './ops.ts'
import type { AzureMlPresent } from './present.ts'
import { profile } from './profile.ts'
import { reachReplicas } from './reach.ts'
import { createStage } from './stage.ts'
import { preflightSteps } from './steps/checks.ts'
import { disableSteps } from './steps/disable.ts'
import { enableSteps } from './steps/enable.ts'

export const azureml: Target<AzureMlPresent> = {
  ...azuremlAbout,
  discover,
  identity(answers) {
    const { subscription, resourceGroup, cluster, clusterType, extension } = whereOf(
      azuremlAnswers(answers),
    )
    const parts = [subscription, resourceGroup, clusterType, cluster, extension]
    return `azureml ${parts.join('/').toLowerCase()}`
  },
  changes(answers, { server }) {
    const { extension, cluster, clusterType, resourceGroup, context } = azuremlAnswers(answers)
    const kind = clusterType === 'aks' ? 'AKS' : 'Arc'
    return `extension ${extension} of ${kind} cluster ${cluster} (${resourceGroup}), context ${context} at ${server}`
  },
  profile,
  enable: enableSteps,
  rotate: enableSteps,
  disable: disableSteps,
  world: ({ server, extension }) => ({
    server,
    extension: extension
      ? {
          name: extension.name,
          state: extension.state,
          tls: extension.mode,
          version: extension.version ?? 'unknown',
          serviceType: extension.serviceType,
          protectedSettings: extension.protectedKeys,
        }
      : null,
  }),
  held,
  reach: reachReplicas,
  preflight: async (_world, answered) => preflightSteps(answered?.answers),
  ops: azuremlOps,
  shell: ['kubernetes/functions.sh', 'azureml/functions.sh'],
  stage: createStage,
}
