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
import {
  checkCluster,
  checkCommand,
  checkForeign,
  lookAt,
  readyStep,
  setAct,
  setStep,
  startStep,
} from './common.ts'
import { filesInput, placeFiles } from './files.ts'
import { served } from './load.ts'
import { proofSteps } from './proof.ts'
import { awayPrice } from './switch.ts'
import type { Aistore } from './wanted.ts'

/** Where the state of the nodes is kept for this change: not over that from before HTTPS. */
const kept = 'public'

/**
 * A pair of their own for the public listeners of a cluster that speaks HTTPS (5.0). Nodes talk to each
 * other on the others and keep their pair; which listener has which is read at a start alone.
 */
export function publicSteps(wanted: Aistore): Step[] {
  const { answers, present } = wanted
  const { certFile, keyFile, caFile, place, ports } = aistoreAnswers(answers)
  const paths = { certFile, keyFile, caFile }
  const files = filesInput(wanted, paths, name => ({ kept: name }), false)
  const values: Partial<HttpSettings> = { 'pub.server_crt': certFile, 'pub.server_key': keyFile }
  const before: Partial<HttpSettings> = { 'pub.server_crt': '', 'pub.server_key': '' }
  const leaf = { capture: 'prepare.certificate.fingerprint' }
  return [
    checkCluster(wanted),
    ...checkCommand(wanted),
    checkForeign(certFile, place, answers.target.onConflict === 'adopt', ['check.cluster']),
    certificateStep(wanted, profile(answers, present)),
    {
      id: 'prepare.back-up',
      phase: 'prepare',
      title: 'Keep the state of every node',
      look: {
        look: lookAt(wanted, before),
        already: [{ not: { json: 'settings', equals: true } }],
      },
      act: { do: 'op:aistore.back-up', input: { at: placeInput(wanted), of: kept }, limit: '5m' },
      needs: ['check.cluster'],
      onFail: 'stop',
    },
    placeFiles(files, ['prepare.certificate', 'check.files']),
    setStep(wanted, values, {
      id: 'change.public',
      title: 'Set the pair of the public listeners',
      needs: ['prepare.files', 'prepare.back-up'],
      undo: [
        {
          ...undoBase,
          id: 'undo.public',
          title: 'Set what was set before',
          look: { look: lookAt(wanted, before), already: [{ json: 'settings', equals: true }] },
          act: setAct(wanted, before),
        },
      ],
    }),
    {
      id: 'change.shutdown',
      phase: 'change',
      title: 'Shut the cluster down',
      price: awayPrice(wanted),
      look: {
        look: served(wanted, { kept: 'chain.pem' }),
        already: [
          {
            any: [
              { json: 'served', equals: true },
              { json: 'down', equals: true },
            ],
          },
        ],
      },
      act: { do: 'op:aistore.shutdown', input: { at: placeInput(wanted), ports }, limit: '3m' },
      needs: ['change.public'],
      onFail: 'undo',
      away: 'begins',
      undo: undoSteps(wanted, before),
    },
    startStep(wanted, 'https', { id: 'change.start', needs: ['change.shutdown'], leaf }),
    readyStep(wanted, 'https', { id: 'change.ready', needs: ['change.start'], leaf }),
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
    { ...startStep(wanted, 'https', { id: 'undo.start', needs: [] }), onFail: 'stop' },
    {
      ...readyStep(wanted, 'https', { id: 'undo.ready', needs: [] }),
      onFail: 'stop',
      away: 'ends',
    },
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
