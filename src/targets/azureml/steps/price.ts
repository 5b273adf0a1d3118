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
  const back = own.mode === 'pem' ? wayBackWords(wanted) : ''
  const text = [scheme, away, back].filter(Boolean).join(' ')
  if (text === '') return undefined
  return { text, ...(away === '' ? {} : { downtime }) }
}

/** What no update takes back, once a pair is stored: facts/azureml.md §1.2 and §1.3. */
function wayBackWords(wanted: Wanted<AzureMlPresent>): string {
  const { mode } = wanted.present.extension ?? {}
  const known = pairBefore(wanted) !== undefined
  if (mode === 'pem' && !known)
    return 'There is no way back to the pair in place: Azure never gives it back.'
  if (mode !== 'secret') return ''
  const stays = 'A stored pair stands above a Secret, and no update removes it:'
  const anew =
    'deleting the extension and creating it again (target.recreate: yes, 15 to 45 min away)'
  return known
    ? `${stays} a failed change is taken back by sending the pair of the Secret as files, too; back to a Secret leads only ${anew}.`
    : `${stays} there is no way back but ${anew}.`
}
