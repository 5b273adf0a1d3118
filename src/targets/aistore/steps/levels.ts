import type { Input, Op, Step } from '../../../plan/plan.ts'
import { undoBase } from '../../proof-steps.ts'
import { aistoreAnswers } from '../answers.ts'
import { levelOf } from '../client-auth.ts'
import { placeInput } from '../place.ts'
import type { HttpSettings } from '../present.ts'
import { lookAt, readyStep, setAct, setStep, startStep } from './common.ts'
import { undoProof } from './proof.ts'
import { awayPrice } from './switch.ts'
import type { Aistore } from './wanted.ts'

/** Where the state of the nodes is kept for this change: not over that from before HTTPS. */
const kept = 'level'

/** Whether a cluster on HTTPS shall ask its clients for something else than it does. */
export function changesLevel({ answers, present }: Aistore): boolean {
  return levelOf(answers, present) !== present.http.client_auth_tls
}

/**
 * Another `client_auth_tls` for a cluster that speaks HTTPS. Level and CA go in one call (the cluster
 * refuses 3 and 4 without it), and listeners follow at a start alone.
 *
 * @param caFile where the root lies that was put onto the nodes for this; none where they have theirs
 */
export function levelSteps(wanted: Aistore, needs: string[], caFile?: string): Step[] {
  const { answers, present } = wanted
  const { ports } = aistoreAnswers(answers)
  const level = levelOf(answers, present)
  const { client_auth_tls, client_ca_tls } = present.http
  const values: Partial<HttpSettings> = {
    client_auth_tls: level,
    ...(caFile === undefined ? {} : { client_ca_tls: caFile }),
  }
  const before: Partial<HttpSettings> = {
    client_auth_tls,
    ...(caFile === undefined ? {} : { client_ca_tls }),
  }
  const acts = actsLook(wanted, level)
  return [
    {
      id: 'prepare.back-up-level',
      phase: 'prepare',
      title: 'Keep the state of every node',
      look: {
        look: lookAt(wanted, before),
        already: [{ not: { json: 'settings', equals: true } }],
      },
      act: { do: 'op:aistore.back-up', input: { at: placeInput(wanted), of: kept }, limit: '5m' },
      needs,
      onFail: 'stop',
    },
    setStep(wanted, values, {
      id: 'change.level',
      title: `Set client_auth_tls ${level}`,
      needs: ['prepare.back-up-level'],
      undo: [
        {
          ...undoBase,
          id: 'undo.level',
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
        look: acts,
        already: [
          {
            any: [
              { json: 'acts', equals: true },
              { json: 'scheme', equals: 'down' },
            ],
          },
        ],
      },
      act: { do: 'op:aistore.shutdown', input: { at: placeInput(wanted), ports }, limit: '3m' },
      needs: ['change.level'],
      onFail: 'undo',
      away: 'begins',
      undo: undoSteps(wanted, before),
    },
    startStep(wanted, 'https', {
      id: 'change.start',
      needs: ['change.shutdown'],
      leaf: { capture: 'prepare.certificate.fingerprint' },
    }),
    readyStep(wanted, 'https', {
      id: 'change.ready',
      needs: ['change.start'],
      leaf: { capture: 'prepare.certificate.fingerprint' },
    }),
  ]
}

/** The same way back: the listeners may ask for something else already. */
function undoSteps(wanted: Aistore, before: Partial<HttpSettings>): Step[] {
  const { ports } = aistoreAnswers(wanted.answers)
  const leave = (id: string, title: string): Step => ({
    ...undoBase,
    id,
    title,
    look: {
      look: actsLook(wanted, before.client_auth_tls ?? 0),
      already: [{ json: 'acts', equals: true }],
    },
    act: {
      do: 'op:aistore.leave-level',
      input: { at: placeInput(wanted), ports, values: { ...before } as Input, of: kept },
      limit: '5m',
    },
    away: 'begins',
  })
  const start = (id: string): Step => ({
    ...startStep(wanted, 'https', { id, needs: [] }),
    onFail: 'stop',
  })
  return [
    leave('undo.leave', 'Take the cluster down, to start as it did before'),
    start('undo.start'),
    // nodes that were down, and whose state is not kept here, start once as they were set last
    leave('undo.leave-again', 'Take it down again where it asks for something else'),
    start('undo.start-again'),
    { ...readyStep(wanted, 'https', { id: 'undo.ready', needs: [] }), onFail: 'stop' },
    undoProof(wanted, 'https'),
  ]
}

function actsLook(wanted: Aistore, level: number): Op {
  const { ports } = aistoreAnswers(wanted.answers)
  return {
    do: 'op:aistore.acts',
    input: { at: placeInput(wanted), ports, level },
    limit: '1m',
  }
}
