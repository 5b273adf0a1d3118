import type { Step } from '../../../plan/plan.ts'
import type { Wanted } from '../../target.ts'
import { azuremlAnswers } from '../answers.ts'
import type { AzureMlPresent } from '../present.ts'
import { clusterInput } from '../words.ts'

type AzureMl = Wanted<AzureMlPresent>

/** Begins to count what clients lose, where something is served already. */
export function watchSteps(
  { answers, present, record }: AzureMl,
  scheme: 'http' | 'https',
): Step[] {
  const { extension } = present
  if (!extension) return []
  const own = azuremlAnswers(answers)
  const { front, mode } = own
  // where the change leads from one scheme to the other, an answer over either will do
  const plainBefore = mode === 'ingress' ? record?.https !== true : extension.mode === 'http'
  return [
    {
      id: 'prepare.watch',
      phase: 'prepare',
      title: 'Count from now on which new connections get no answer',
      act: {
        do: 'op:azureml.watch',
        input: {
          cluster: clusterInput(own),
          name: answers.domain,
          plain: plainBefore || scheme === 'http',
          ...(mode === 'ingress' ? { ingress: answers.endpoint } : {}),
          ...(front === undefined ? {} : { instead: front }),
        },
        limit: '1m',
      },
      needs: ['prepare.hold'],
      onFail: 'stop',
    },
  ]
}

/** Says what clients have lost; it never fails. */
export function lossStep({ answers: { endpoint } }: AzureMl, needs: string[]): Step {
  return {
    id: 'serve.loss',
    phase: 'serve',
    title: 'Say what clients have lost',
    act: { do: 'op:proof.loss', input: { name: endpoint }, limit: '1m' },
    needs,
    onFail: 'stop',
  }
}
