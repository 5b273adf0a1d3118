import type { Step } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { undoBase } from '../../proof-steps.ts'
import { aistoreAnswers } from '../answers.ts'
import type { HttpSettings } from '../present.ts'
import { profile } from '../profile.ts'
import { backUp } from './back-up.ts'
import { clientSteps, levelWanted } from './clients.ts'
import { checkClocks, checkCluster, checkCommand, isDown, lookAt, setStep } from './common.ts'
import { shutdownStep, undoReady, undoStart, unlessServed, upSteps } from './down-and-up.ts'
import {
  checkHosts,
  filesInput,
  keepFound,
  lookAtFiles,
  type Paths,
  placeAct,
  staysUnfinished,
} from './files.ts'
import { changesLevel } from './levels.ts'
import { proofSteps, undoProof } from './proof.ts'
import type { Aistore } from './wanted.ts'

/**
 * A pair of another root for a cluster that speaks HTTPS. Nodes trust each other by what they read at
 * their start, so that a load would part them: all of them are started again with both.
 */
export function restartSteps(wanted: Aistore): Step[] {
  const { answers, present, before, privateRoot } = wanted
  const own = aistoreAnswers(answers)
  const { server_crt, server_key, client_ca_tls } = present.http
  const paths: Paths = {
    certFile: server_crt,
    keyFile: server_key,
    caFile: client_ca_tls || own.caFile,
  }
  const fresh = filesInput(wanted, paths, name => ({ kept: name }))
  const level = levelWanted(wanted)
  const trust: Partial<HttpSettings> = {
    client_ca_tls: privateRoot ? paths.caFile : '',
    skip_verify: false,
    ...(changesLevel(wanted) ? { client_auth_tls: level } : {}),
  }
  return [
    checkCluster(wanted),
    ...checkCommand(wanted),
    ...checkHosts(wanted, paths, ['check.cluster'], privateRoot),
    certificateStep(wanted, profile(answers, present)),
    checkClocks(wanted),
    ...clientSteps(wanted),
    ...(before === undefined ? [keepFound(wanted, paths)] : []),
    backUp(wanted),
    {
      id: 'change.files',
      phase: 'change',
      title: 'Put key, certificate and root where the nodes read them',
      look: lookAtFiles(wanted, fresh),
      act: placeAct(wanted, fresh),
      undo: undoSteps(wanted, paths),
      needs: ['check.clocks', 'prepare.back-up'],
      onFail: 'undo',
      ...staysUnfinished(wanted),
    },
    setStep(wanted, trust, {
      id: 'change.trust',
      title: 'Set what the nodes trust each other by',
      needs: ['change.files'],
    }),
    shutdownStep(wanted, unlessServed(wanted, { kept: 'chain.pem' }), { needs: ['change.trust'] }),
    ...upSteps(wanted, 'https', { capture: 'prepare.certificate.fingerprint' }),
    ...proofSteps(wanted, ['change.ready']),
  ]
}

function undoSteps(wanted: Aistore, paths: Paths): Step[] {
  const { client_ca_tls, skip_verify, client_auth_tls } = wanted.present.http
  const trust = {
    client_ca_tls,
    skip_verify,
    ...(changesLevel(wanted) ? { client_auth_tls } : {}),
  }
  const hadRoots = client_ca_tls !== ''
  const old = filesInput(wanted, paths, name => ({ before: name }), hadRoots)
  return [
    {
      ...undoBase,
      id: 'undo.files',
      title: 'Put the pair of before back',
      act: placeAct(wanted, old),
    },
    {
      ...setStep(wanted, trust, { id: 'undo.trust', title: 'Set what was set before', needs: [] }),
      onFail: 'stop',
      look: {
        look: lookAt(wanted, trust),
        already: [{ any: [{ json: 'settings', equals: true }, isDown] }],
      },
    },
    undoShutdown(wanted),
    undoStart(wanted, 'https'),
    undoReady(wanted, 'https'),
    undoProof(wanted, 'https'),
  ]
}

function undoShutdown(wanted: Aistore): Step {
  const look = unlessServed(wanted, { before: 'chain.pem' })
  const { price: _, ...step } = shutdownStep(wanted, look, { id: 'undo.shutdown', ...undoBase })
  return step
}
