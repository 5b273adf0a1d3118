import type { Price } from '../../../plan/plan.ts'
import type { Wanted } from '../../target.ts'
import { azuremlAnswers } from '../answers.ts'
import type { AzureMlPresent } from '../present.ts'
import { pairBefore } from './undo.ts'

/** Seconds that one replica needs to be replaced; with three, clients notice nothing. */
const downtime: [number, number] = [0, 120]

/** What clients and owner pay for a change of the pair. */
export function priceOf(wanted: Wanted<AzureMlPresent>): Price | undefined {
  const { answers, present } = wanted
  const own = azuremlAnswers(answers)
  const { extension } = present
  const away = extension?.highAvailability
    ? ''
    : 'Endpoints answer nothing for up to 2 min: the router has one replica. What is lost is counted.'
  const scheme =
    extension?.mode === 'http' ? 'Clients that speak HTTP get no answer from then on.' : ''
  const stored = extension?.mode === 'secret' || extension?.mode === 'pem'
  const stuck =
    own.mode === 'pem' && stored && pairBefore(wanted) === undefined
      ? 'There is no way back to the pair in place: Azure never gives it back.'
      : ''
  const text = [scheme, away, stuck].filter(Boolean).join(' ')
  if (text === '') return undefined
  return { text, ...(away === '' ? {} : { downtime }) }
}
