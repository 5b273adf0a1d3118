import { holdStep, stopsWhenAway } from '../../../kubernetes/steps.ts'
import type { Step } from '../../../plan/plan.ts'
import type { Wanted } from '../../target.ts'
import { type AzureMlAnswers, azuremlAnswers, whereOf } from '../answers.ts'
import { removeCommand } from '../commands.ts'
import { hasStoredPair } from '../extension.ts'
import type { AzureMlPresent } from '../present.ts'
import { checkSteps } from './checks.ts'
import { changeExtension, lookFor, placeOf } from './commands.ts'
import { heldName, httpSettings } from './enable.ts'
import { plainIngressSteps } from './ingress.ts'
import { watchSteps } from './loss.ts'
import { refusals } from './new-settings.ts'
import { plainProofSteps } from './proof.ts'
import { toHttp, undoChange } from './undo.ts'

/**
 * Back to HTTP. What TLS has left in the settings is cleared; a stored pair stays until the extension
 * is deleted, because protected settings can only be replaced.
 */
export function disableSteps(wanted: Wanted<AzureMlPresent>): Step[] {
  const { answers, present } = wanted
  const own = azuremlAnswers(answers)
  const place = placeOf(own)
  const { change, wanted: target } = toHttp({ kept: 'http.json' })
  const undo = present.extension?.mode === 'http' ? [] : undoChange(wanted)
  const away = present.extension?.highAvailability ? '' : ' They are away for up to 2 min.'
  const stays = present.extension && hasStoredPair(present.extension) ? ` ${pairStays(own)}` : ''
  if (own.mode === 'ingress') {
    return stopsWhenAway([
      ...checkSteps(wanted, own),
      holdStep(place, heldName(own), ['check.access', 'check.same-cluster']),
      ...watchSteps(wanted, 'http'),
      ...plainIngressSteps(wanted, ['prepare.hold']),
      ...plainProofSteps(wanted),
    ])
  }
  return stopsWhenAway([
    ...checkSteps(wanted, own),
    httpSettings(),
    holdStep(place, heldName(own), ['check.access', 'check.same-cluster']),
    ...watchSteps(wanted, 'http'),
    {
      id: 'change.extension',
      phase: 'change',
      title: 'Switch the Azure ML extension to HTTP',
      price: { text: `Clients speak in the clear again.${away}${stays}`, downtime: [0, 120] },
      look: lookFor(own, target),
      act: changeExtension(own, { change, wanted: target, clears: true }),
      ...(undo.length > 0 ? { undo } : {}),
      needs: ['prepare.hold', 'prepare.http', 'check.extension'],
      onFail: 'undo',
      stopOn: refusals,
    },
    ...plainProofSteps(wanted),
  ])
}

/** What a disable cannot do, and how it is done. */
function pairStays(own: AzureMlAnswers): string {
  const command = removeCommand(whereOf(own))
  return `The pair stays stored in Azure: only deleting the extension removes it (${command}, then create it again).`
}
