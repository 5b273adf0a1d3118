import type { Input, Step } from '../../../plan/plan.ts'
import { aistoreAnswers } from '../answers.ts'
import { placeInput } from '../place.ts'
import { isDown, lookAt, type Scheme, setStep, speaks } from './common.ts'
import { shutdownStep, undoByRestart, upSteps } from './down-and-up.ts'
import type { Aistore } from './wanted.ts'

/**
 * From one scheme to the other: listeners change at a start alone, and all of them together. No
 * cluster map is deleted (the vendor's page does): with the map gone the cluster comes up broken, or
 * with another UUID, so that its targets never join again after their next restart.
 */
export function switchSteps(
  wanted: Aistore,
  scheme: Scheme,
  needs: string[],
  leaf?: Input,
): Step[] {
  const back: Scheme = scheme === 'https' ? 'http' : 'https'
  return [
    setStep(
      wanted,
      { use_https: scheme === 'https' },
      {
        id: 'change.scheme',
        title: scheme === 'https' ? 'Set use_https' : 'Clear use_https',
        needs,
        undo: undoSteps(wanted, back),
      },
    ),
    shutdownStep(
      wanted,
      { look: lookAt(wanted), already: [{ any: [speaks(scheme), isDown] }] },
      { needs: ['change.scheme'] },
    ),
    ...upSteps(wanted, scheme, leaf),
  ]
}

/** The same way back. Where the cluster speaks that scheme still, each of them has nothing to do. */
function undoSteps(wanted: Aistore, scheme: Scheme): Step[] {
  const { ports } = aistoreAnswers(wanted.answers)
  const name = scheme.toUpperCase()
  const stays = [
    { json: scheme === 'http' ? 'wellPlain' : 'well', equals: true },
    { json: 'useHttps', equals: scheme === 'https' },
  ]
  return undoByRestart(wanted, scheme, {
    first: `Take the cluster down, to start on ${name}`,
    again: `Take it down again where it has not started on ${name}`,
    look: { look: lookAt(wanted), already: stays },
    act: {
      do: 'op:aistore.leave',
      input: { at: placeInput(wanted), ports, scheme },
      limit: '5m',
    },
  })
}
