import type { Step } from '../../../plan/plan.ts'
import { placeInput } from '../place.ts'
import type { HttpSettings } from '../present.ts'
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

/**
 * The same before a change of settings of a cluster that speaks HTTPS: not over the state from before
 * HTTPS.
 *
 * @param before the settings as they are while nothing is changed
 * @param of names the change, and where its state is kept
 */
export function backUpSettings(
  wanted: Aistore,
  before: Partial<HttpSettings>,
  of: 'level' | 'public',
  step: Pick<Step, 'id' | 'needs'>,
): Step {
  return {
    ...step,
    phase: 'prepare',
    title: 'Keep the state of every node',
    look: {
      look: lookAt(wanted, before),
      already: [{ not: { json: 'settings', equals: true } }],
    },
    act: { do: 'op:aistore.back-up', input: { at: placeInput(wanted), of }, limit: '5m' },
    onFail: 'stop',
  }
}
