import type { Answers } from '../../../answers/answers.ts'
import type { Rule } from '../../../kubernetes/access.ts'
import { placeInput } from '../../../kubernetes/place.ts'
import { checkAccess, checkCluster, commonRules, holdStep } from '../../../kubernetes/steps.ts'
import type { Step } from '../../../plan/plan.ts'
import { operatorAnswers, placeOfAnswers } from '../answers.ts'

const rules: readonly Rule[] = [
  ...commonRules,
  { group: 'ais.nvidia.com', resource: 'aistores', verbs: ['get', 'patch'] },
]

/** Cluster, permissions and resource, and nobody else at it. */
export function checkSteps(answers: Answers): Step[] {
  const own = operatorAnswers(answers)
  const place = placeOfAnswers(own)
  const { namespace: _namespace, ...cluster } = place
  return [
    checkCluster(cluster),
    checkAccess(place, rules),
    {
      id: 'check.resource',
      phase: 'check',
      title: `Read the AIStore resource ${own.resource}`,
      act: {
        do: 'op:ais-operator.look',
        input: { place: placeInput(place), resource: own.resource },
        limit: '1m',
      },
      needs: ['check.cluster'],
      onFail: 'stop',
    },
  ]
}

export function holdSteps(answers: Answers): Step[] {
  const own = operatorAnswers(answers)
  const needs = ['check.access', 'check.resource']
  return [holdStep(placeOfAnswers(own), `secure-endpoint-${own.resource}`, needs)]
}
