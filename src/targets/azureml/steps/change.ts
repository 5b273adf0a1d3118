import type { Step, Text } from '../../../plan/plan.ts'
import type { Wanted } from '../../target.ts'
import { azuremlAnswers } from '../answers.ts'
import { hasStoredPair, ownerSettings } from '../extension.ts'
import type { AzureMlPresent } from '../present.ts'
import { changeExtension, lookFor, type WantedText } from './commands.ts'
import { newSettings, refusals } from './new-settings.ts'
import { priceOf } from './price.ts'
import { undoChange } from './undo.ts'

type AzureMl = Wanted<AzureMlPresent>

/** From what is there to TLS with the pair of the plan: an update, a create, or delete and create. */
export function changeSteps(wanted: AzureMl, needs: string[]): Step[] {
  const own = azuremlAnswers(wanted.answers)
  const { extension } = wanted.present
  if (remakes(wanted) || !extension) return [createStep(wanted, needs)]
  if (own.mode === 'pem' && !extension.relayReady) {
    return [relayStep(wanted, needs), updateStep(wanted, ['change.relay'])]
  }
  return [updateStep(wanted, needs)]
}

/** No update takes a stored pair away, and it stands above a Secret. */
export function remakes({ answers, present }: AzureMl): boolean {
  const { extension } = present
  return (
    azuremlAnswers(answers).mode === 'secret' && extension !== undefined && hasStoredPair(extension)
  )
}

function createStep(wanted: AzureMl, needs: string[]): Step {
  const { answers, present } = wanted
  const own = azuremlAnswers(answers)
  const undo = undoChange(wanted, { storesPair: own.mode === 'pem' })
  const settings = present.extension ? ownerSettings(present.extension) : newSettings(own)
  return {
    id: 'change.extension',
    phase: 'change',
    title: 'Create the Azure ML extension with the new pair',
    ...goal(wanted, 'create', settings),
    ...(undo.length > 0 ? { undo } : {}),
    needs,
    onFail: 'undo',
    stopOn: refusals,
  }
}

function updateStep(wanted: AzureMl, needs: string[]): Step {
  const { answers, present } = wanted
  const own = azuremlAnswers(answers)
  const undo = undoChange(wanted, { storesPair: own.mode === 'pem' })
  const price = priceOf(wanted)
  const isOn = present.extension?.settings.enableInference?.toLowerCase() === 'true'
  const settings = isOn
    ? {}
    : { enableInference: 'True', inferenceRouterServiceType: own.serviceType }
  return {
    id: 'change.extension',
    phase: 'change',
    title: 'Give the Azure ML extension the new pair',
    ...(price ? { price } : {}),
    ...goal(wanted, 'update', settings),
    ...(undo.length > 0 ? { undo } : {}),
    needs,
    onFail: 'undo',
    stopOn: refusals,
  }
}

/** How the wanted state is seen and reached: the same for a create and an update. */
function goal(
  { answers, present }: AzureMl,
  verb: 'create' | 'update',
  settings: Record<string, string>,
): Pick<Step, 'look' | 'act'> {
  const own = azuremlAnswers(answers)
  const cname = answers.domain
  const config = { ...settings, allowInsecureConnections: 'False' }
  const protectedKeys = verb === 'update' ? present.extension?.protectedKeys : undefined
  if (own.mode === 'pem') {
    const wanted: WantedText = { mode: 'pem', cname }
    const leaf: Text = { capture: 'prepare.certificate.fingerprint' }
    const served = { leaf, name: cname }
    return {
      look: lookFor(own, wanted, served),
      act: changeExtension(own, {
        change: { verb, config: { ...config, sslCname: cname }, pairIn: { kept: '.' } },
        wanted,
        served,
        protectedSettings: own.protectedSettings,
        protectedKeys,
      }),
    }
  }
  const secret: Text = { capture: 'change.secret.name' }
  const wanted: WantedText = { mode: 'secret', secret, cname }
  return {
    look: lookFor(own, wanted),
    act: changeExtension(own, {
      change: { verb, config: { ...config, sslSecret: secret, sslCname: cname } },
      wanted,
      protectedKeys,
    }),
  }
}

/** az reads two settings that the portal never stores, and ends with a traceback where they lack. */
function relayStep({ answers, present }: AzureMl, needs: string[]): Step {
  const own = azuremlAnswers(answers)
  const { mode = 'http', secret, cname } = present.extension ?? {}
  const wanted: WantedText = {
    mode,
    ...(secret === undefined ? {} : { secret }),
    ...(cname === undefined ? {} : { cname }),
  }
  // as a create by az sets them: Relay for Arc alone
  const relay = own.clusterType === 'arc' ? 'true' : 'false'
  const config = { 'relayserver.enabled': relay, 'servicebus.enabled': 'false' }
  return {
    id: 'change.relay',
    phase: 'change',
    title: 'Give the extension the settings that az reads before it sends a pair',
    look: { ...lookFor(own, wanted), already: [{ json: 'relayReady', equals: true }] },
    act: changeExtension(own, { change: { verb: 'update', config }, wanted }),
    needs,
    onFail: 'stop',
  }
}

/** Where no update leads from a stored pair to a Secret; there is no way back from it. */
export function removeStep({ answers }: AzureMl, needs: string[]): Step {
  const own = azuremlAnswers(answers)
  return {
    id: 'change.remove',
    phase: 'change',
    title: 'Delete the Azure ML extension',
    price: {
      text: 'The extension is deleted and created again: all endpoints of the cluster are away for about 15 to 45 min.',
      downtime: [900, 2700],
      loses: 'the stored pair and all protected settings of the extension',
    },
    look: {
      ...lookFor(own, { mode: 'absent' }),
      // gone, or created again without a stored pair by an earlier run of this plan
      already: [{ json: 'mode', oneOf: ['absent', 'secret'] }],
    },
    act: changeExtension(own, { change: { verb: 'delete' }, wanted: { mode: 'absent' } }),
    needs,
    onFail: 'stop',
    away: 'begins',
  }
}
