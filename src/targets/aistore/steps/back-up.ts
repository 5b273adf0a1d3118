import type { Step } from '../../../plan/plan.ts'
import { placeInput } from '../place.ts'
import { isDown, lookAt } from './common.ts'
import type { Aistore } from './wanted.ts'

/** Keeps the state of every node, while they run as they did. */
export function backUp(wanted: Aistore): Step {
  const { scheme } = wanted.present
  return {
    id: 'prepare.back-up',
    phase: 'prepare',
    title: 'Keep the state of every node',
    look: {
      look: lookAt(wanted),
      already: [{ any: [isDown, { not: { json: 'scheme', equals: scheme } }] }],
    },
    act: { do: 'op:aistore.back-up', input: { at: placeInput(wanted) }, limit: '5m' },
    needs: ['check.cluster'],
    onFail: 'stop',
  }
}
