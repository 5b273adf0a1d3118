import type { Step } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { aistoreAnswers } from '../answers.ts'
import { hasPublicPair } from '../listeners.ts'
import type { HttpSettings } from '../present.ts'
import { profile } from '../profile.ts'
import { backUp } from './back-up.ts'
import { cliAfter } from './cli.ts'
import { clientSteps, levelWanted } from './clients.ts'
import {
  checkClocks,
  checkCluster,
  checkCommand,
  checkForeign,
  clearStep,
  setStep,
  undoSettings,
} from './common.ts'
import { checkHosts, filesInput, keepFound, placeFiles } from './files.ts'
import { loadSteps } from './load.ts'
import { newSteps } from './new.ts'
import { plainProofStep, proofSteps, record, urlOf } from './proof.ts'
import { publicOffSteps, publicSteps } from './public.ts'
import { restartSteps } from './restart.ts'
import { switchSteps } from './switch.ts'
import type { Aistore } from './wanted.ts'

/**
 * From nothing with HTTPS at the first start; from HTTP by a restart of all nodes; from another pair by
 * loading the new one, or by a restart where its root is another one.
 */
export function enableSteps(wanted: Aistore): Step[] {
  if (wanted.present.isNew) return newSteps(wanted)
  if (wanted.present.scheme === 'https') {
    if (aistoreAnswers(wanted.answers).listeners === 'public')
      return hasPublicPair(wanted.present) ? loadSteps(wanted) : publicSteps(wanted)
    return wanted.newRoot ? restartSteps(wanted) : loadSteps(wanted)
  }
  const { answers, present, before, privateRoot } = wanted
  const level = levelWanted(wanted)
  const { certFile, keyFile, caFile } = aistoreAnswers(answers)
  const paths = { certFile, keyFile, caFile }
  const files = filesInput(wanted, paths, name => ({ kept: name }))
  const pair: Partial<HttpSettings> = { server_crt: certFile, server_key: keyFile }
  // one file is both what clients are judged by and what nodes trust each other by; verifying stays on
  const trust: Partial<HttpSettings> = {
    client_ca_tls: privateRoot ? caFile : '',
    skip_verify: false,
    ...(level === present.http.client_auth_tls ? {} : { client_auth_tls: level }),
  }
  return [
    checkCluster(wanted),
    ...checkCommand(wanted),
    ...checkHosts(wanted, paths, ['check.cluster'], privateRoot),
    checkForeign(wanted, ['check.cluster']),
    certificateStep(wanted, profile(answers, present)),
    checkClocks(wanted),
    ...clientSteps(wanted),
    ...(before === undefined ? [keepFound(wanted, paths)] : []),
    backUp(wanted),
    placeFiles(wanted, files, ['check.clocks', 'check.files']),
    setStep(wanted, pair, {
      id: 'change.pair',
      title: 'Set the paths of certificate and key',
      needs: ['prepare.files', 'prepare.back-up'],
      undo: [undoSettings(wanted, keysOf(present.http, pair))],
    }),
    setStep(wanted, trust, {
      id: 'change.trust',
      title: 'Set what the nodes trust each other by',
      needs: ['change.pair'],
      undo: [undoSettings(wanted, keysOf(present.http, trust))],
    }),
    ...switchSteps(wanted, 'https', ['change.trust'], {
      capture: 'prepare.certificate.fingerprint',
    }),
    ...proofSteps(wanted, ['change.ready']),
  ]
}

/** Back to HTTP, or a public pair taken away; the paths are cleared last: the cluster refuses that while use_https is set. */
export function disableSteps(wanted: Aistore): Step[] {
  if (aistoreAnswers(wanted.answers).listeners === 'public') return publicOffSteps(wanted)
  return [
    checkCluster(wanted),
    ...checkCommand(wanted),
    ...switchSteps(wanted, 'http', ['check.cluster']),
    plainProofStep(wanted, ['change.ready']),
    clearStep(wanted),
    { ...record(wanted, 'http'), needs: ['serve.settings'] },
    ...cliAfter(wanted, 'http', urlOf(wanted, 'http')),
  ]
}

function keysOf(from: HttpSettings, like: Partial<HttpSettings>): Partial<HttpSettings> {
  return Object.fromEntries(
    Object.keys(like).map(key => [key, from[key as keyof HttpSettings]]),
  ) as Partial<HttpSettings>
}
