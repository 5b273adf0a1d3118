import type { Input, Op, Step } from '../../../plan/plan.ts'
import { aistoreAnswers } from '../answers.ts'
import { levelOf } from '../client-auth.ts'
import { pairNow } from '../listeners.ts'
import { placeInput } from '../place.ts'
import type { HttpSettings } from '../present.ts'
import { backUpSettings } from './back-up.ts'
import { isDown, setStep, undoSettings } from './common.ts'
import { shutdownStep, undoByRestart, upSteps } from './down-and-up.ts'
import type { Aistore } from './wanted.ts'

/** Where the state of the nodes is kept for this change: not over that from before HTTPS. */
const kept = 'level'

/** Whether a cluster on HTTPS shall ask its clients for something else than it does. */
export function changesLevel({ answers, present }: Aistore): boolean {
  return levelOf(answers, present) !== pairNow(answers, present).client_auth_tls
}

/**
 * Another `client_auth_tls` for a cluster that speaks HTTPS. Level and CA go in one call (the cluster
 * refuses 3 and 4 without it), and listeners follow at a start alone.
 *
 * @param caFile where the root lies that was put onto the nodes for this; none where they have theirs
 */
export function levelSteps(wanted: Aistore, needs: string[], caFile?: string): Step[] {
  const { answers, present } = wanted
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
  return [
    backUpSettings(wanted, before, kept, { id: 'prepare.back-up-level', needs }),
    setStep(wanted, values, {
      id: 'change.level',
      title: `Set client_auth_tls ${level}`,
      needs: ['prepare.back-up-level'],
      undo: [undoSettings(wanted, before, 'undo.level')],
    }),
    shutdownStep(
      wanted,
      {
        look: actsLook(wanted, level),
        already: [{ any: [{ json: 'acts', equals: true }, isDown] }],
      },
      { needs: ['change.level'], undo: undoSteps(wanted, before) },
    ),
    ...upSteps(wanted, 'https', { capture: 'prepare.certificate.fingerprint' }),
  ]
}

/** The same way back: the listeners may ask for something else already. */
function undoSteps(wanted: Aistore, before: Partial<HttpSettings>): Step[] {
  const { ports } = aistoreAnswers(wanted.answers)
  return undoByRestart(wanted, 'https', {
    first: 'Take the cluster down, to start as it did before',
    again: 'Take it down again where it asks for something else',
    look: {
      look: actsLook(wanted, before.client_auth_tls ?? 0),
      already: [{ json: 'acts', equals: true }],
    },
    act: {
      do: 'op:aistore.leave-level',
      input: { at: placeInput(wanted), ports, values: { ...before } as Input, of: kept },
      limit: '5m',
    },
  })
}

function actsLook(wanted: Aistore, level: number): Op {
  const { ports } = aistoreAnswers(wanted.answers)
  return {
    do: 'op:aistore.acts',
    input: { at: placeInput(wanted), ports, level },
    limit: '1m',
  }
}
