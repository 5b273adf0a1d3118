import { Problem } from '../../../errors.ts'
import { exitCodes } from '../../../exit-codes.ts'
import { finding } from '../../../findings.ts'
import type { Input, Step } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { undoBase } from '../../proof-steps.ts'
import { aistoreAnswers } from '../answers.ts'
import { aistoreFindings } from '../findings.ts'
import { placeInput } from '../place.ts'
import type { HttpSettings } from '../present.ts'
import { profile } from '../profile.ts'
import { backUpSettings } from './back-up.ts'
import { checkCluster, checkCommand, checkForeign, setStep, undoSettings } from './common.ts'
import { shutdownStep, undoReady, undoStart, unlessServed, upSteps } from './down-and-up.ts'
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
  return [
    checkCluster(wanted),
    ...checkCommand(wanted),
    ...checkHosts(wanted, paths, ['check.cluster'], false),
    checkForeign(wanted, ['check.cluster']),
    certificateStep(wanted, profile(answers, present)),
    backUpSettings(wanted, before, kept, { id: 'prepare.back-up', needs: ['check.cluster'] }),
    placeFiles(wanted, files, ['prepare.certificate', 'check.files']),
    setStep(wanted, values, {
      id: 'change.public',
      title: 'Set the pair of the public listeners',
      needs: ['prepare.files', 'prepare.back-up'],
      undo: [undoSettings(wanted, before, 'undo.public')],
    }),
    shutdownStep(wanted, unlessServed(wanted, { kept: 'chain.pem' }), {
      needs: ['change.public'],
      undo: undoSteps(wanted, before),
    }),
    ...upSteps(wanted, 'https', { capture: 'prepare.certificate.fingerprint' }),
    ...proofSteps(wanted, ['change.ready']),
  ]
}

/** Listeners take their pair at a start: all nodes are stopped and started again as they were. */
function undoSteps(wanted: Aistore, before: Partial<HttpSettings>): Step[] {
  const { ports } = aistoreAnswers(wanted.answers)
  return [
    {
      ...undoBase,
      id: 'undo.leave',
      title: 'Take the cluster down, to start as it did before',
      act: {
        do: 'op:aistore.leave-level',
        input: { at: placeInput(wanted), ports, values: { ...before } as Input, of: kept },
        limit: '5m',
      },
      away: 'begins',
    },
    undoStart(wanted, 'https'),
    { ...undoReady(wanted, 'https'), away: 'ends' },
  ]
}

/** Without its own pair a public listener serves that of the others: there is no HTTP to go back to. */
export function publicOff({ answers, present }: Aistore): Problem {
  return new Problem(exitCodes.data, [
    finding(aistoreFindings, 'aistore.public-off', {
      subject: present.cluster.uuid,
      evidence: `net.http.pub.server_crt is ${present.http['pub.server_crt']}`,
      fix: `Clear it and restart the cluster: ais config cluster net.http.pub.server_crt= net.http.pub.server_key= net.http.pub.client_ca_tls= net.http.pub.client_auth_tls=0 && ais cluster shutdown -y; then: secure-endpoint forget ${answers.endpoint}`,
    }),
  ])
}
