import { durationMs } from '../../../duration.ts'
import type { Input, Step, Text } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { askOf, type Inputs, proofAct, servedStep, undoProofStep } from '../../proof-steps.ts'
import { removeRecordStep } from '../../record-step.ts'
import { aistoreAnswers } from '../answers.ts'
import { placeInput } from '../place.ts'
import type { HttpSettings } from '../present.ts'
import { profile } from '../profile.ts'
import { backUpSettings } from './back-up.ts'
import {
  checkClocks,
  checkCluster,
  checkCommand,
  checkForeign,
  setStep,
  undoSettings,
} from './common.ts'
import { shutdownStep, undoByRestart, unlessServed, upSteps } from './down-and-up.ts'
import { checkHosts, filesInput, placeFiles } from './files.ts'
import { proofSteps } from './proof.ts'
import type { Aistore } from './wanted.ts'

/** Where the state of the nodes is kept for this change: not over that from before HTTPS. */
const kept = 'public'

/**
 * A pair of their own for the public listeners of a cluster that speaks HTTPS (5.0). Nodes talk to each
 * other on the others and keep their pair; which listener has which is read at a start alone.
 */
export function publicSteps(wanted: Aistore): Step[] {
  const { answers, present } = wanted
  const { certFile, keyFile, caFile } = aistoreAnswers(answers)
  const paths = { certFile, keyFile, caFile }
  const files = filesInput(wanted, paths, name => ({ kept: name }), false)
  const values: Partial<HttpSettings> = { 'pub.server_crt': certFile, 'pub.server_key': keyFile }
  const before: Partial<HttpSettings> = { 'pub.server_crt': '', 'pub.server_key': '' }
  const chain: Text = { kept: 'chain.pem' }
  return [
    checkCluster(wanted),
    ...checkCommand(wanted),
    ...checkHosts(wanted, paths, ['check.cluster'], false),
    checkForeign(wanted, ['check.cluster']),
    certificateStep(wanted, profile(answers, present)),
    checkClocks(wanted),
    backUpSettings(wanted, before, kept, { id: 'prepare.back-up', needs: ['check.cluster'] }),
    placeFiles(wanted, files, ['check.clocks', 'check.files']),
    setStep(wanted, values, {
      id: 'change.public',
      title: 'Set the pair of the public listeners',
      needs: ['prepare.files', 'prepare.back-up'],
      undo: [undoSettings(wanted, before, 'undo.public')],
    }),
    shutdownStep(wanted, unlessServed(wanted, chain), {
      needs: ['change.public'],
      undo: undoByRestart(
        wanted,
        'https',
        {
          ...backWords,
          ...leave(wanted, before),
          look: look(wanted, chain),
        },
        undoProofStep(
          proveJoined(wanted, chain, {
            ...askOf(answers, durationMs('5m')),
            decides: 'report',
          }),
        ),
      ),
    }),
    ...upSteps(wanted, 'https', { capture: 'prepare.certificate.fingerprint' }),
    ...proofSteps(wanted, ['change.ready']),
  ]
}

/**
 * Takes the pair of the public listeners away: they serve that of the others again. HTTPS is one switch
 * for the whole cluster, so that there is no HTTP to go back to.
 */
export function publicOffSteps(wanted: Aistore): Step[] {
  const { answers, present } = wanted
  const none: Partial<HttpSettings> = {
    'pub.server_crt': '',
    'pub.server_key': '',
    'pub.client_ca_tls': '',
    'pub.client_auth_tls': 0,
  }
  const keys = Object.keys(none) as (keyof HttpSettings)[]
  const changed = keys.filter(key => present.http[key] !== none[key])
  const of = (http: Partial<HttpSettings>): Partial<HttpSettings> =>
    Object.fromEntries(changed.map(key => [key, http[key]]))
  const [before, cleared] = [of(present.http), of(none)]
  const chain: Text = { before: 'chain.pem' }
  return [
    checkCluster(wanted),
    ...checkCommand(wanted),
    {
      id: 'check.inside',
      phase: 'check',
      title: 'See whether the pair of the others is trusted here',
      act: { do: 'op:aistore.inside', input: listeners(wanted), limit: '1m' },
      needs: ['check.cluster'],
      onFail: 'stop',
    },
    backUpSettings(wanted, before, kept, { id: 'prepare.back-up', needs: ['check.cluster'] }),
    setStep(wanted, cleared, {
      id: 'change.public',
      title: 'Clear the pair of the public listeners',
      needs: ['prepare.back-up', 'check.inside'],
      undo: [undoSettings(wanted, before, 'undo.public')],
    }),
    shutdownStep(wanted, look(wanted, chain, { orDown: true }), {
      needs: ['change.public'],
      undo: undoByRestart(wanted, 'https', {
        ...backWords,
        ...leave(wanted, before),
        look: { ...unlessServed(wanted, chain), already: [{ json: 'served', equals: true }] },
      }),
    }),
    ...upSteps(wanted, 'https'),
    servedStep(
      'Prove that public listeners serve what the others do',
      proveJoined(wanted, chain, { ...askOf(answers), decides: 'undo' }),
      ['change.ready'],
    ),
    removeRecordStep,
  ]
}

const backWords = {
  first: 'Take the cluster down, to start as it did before',
  again: 'Take it down again where it has not started so',
}

/** Listeners take their pair at a start: all nodes are stopped and started again as they were. */
function leave(wanted: Aistore, before: Partial<HttpSettings>): Pick<Step, 'act'> {
  return {
    act: {
      do: 'op:aistore.leave-level',
      input: { ...listeners(wanted), values: { ...before } as Input, of: kept },
      limit: '5m',
    },
  }
}

/** Whether public listeners serve what the others do, and not that chain. */
function look(wanted: Aistore, chain: Text, { orDown = false } = {}): NonNullable<Step['look']> {
  const joined = { json: 'joined', equals: true }
  return {
    look: { do: 'op:aistore.joined', input: { ...listeners(wanted), chain }, limit: '1m' },
    already: [orDown ? { any: [joined, { json: 'down', equals: true }] } : joined],
  }
}

/** The same as a proof; clients are asked for what `net.http` says then. */
function proveJoined(wanted: Aistore, chain: Text, more: Inputs): Step['act'] {
  const { present } = wanted
  const levels = [present.http.client_auth_tls, present.http['pub.client_auth_tls']]
  return proofAct('aistore.prove-joined', {
    ...listeners(wanted),
    chain,
    ...(Math.max(...levels) > 0 ? { clientAuth: present.http.client_auth_tls } : {}),
    ...more,
  })
}

function listeners(wanted: Aistore): Inputs {
  return { at: placeInput(wanted), ports: aistoreAnswers(wanted.answers).ports }
}
