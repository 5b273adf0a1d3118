import type { Input, Price, Step } from '../../../plan/plan.ts'
import { undoBase } from '../../proof-steps.ts'
import { aistoreAnswers } from '../answers.ts'
import { placeInput } from '../place.ts'
import { isDown, lookAt, readyStep, type Scheme, setStep, speaks, startStep } from './common.ts'
import { undoProof } from './proof.ts'
import type { Aistore } from './wanted.ts'

/**
 * From one scheme to the other: listeners change at a start alone, and all of them together. No
 * cluster map is deleted (the vendor's page does): with the map gone the cluster comes up broken, or
 * with another UUID, so that its targets never join again after their next restart.
 */
export function switchSteps(
  wanted: Aistore,
  scheme: Scheme,
  needs: string[],
  leaf?: Input,
): Step[] {
  const back: Scheme = scheme === 'https' ? 'http' : 'https'
  const { ports } = aistoreAnswers(wanted.answers)
  return [
    setStep(
      wanted,
      { use_https: scheme === 'https' },
      {
        id: 'change.scheme',
        title: scheme === 'https' ? 'Set use_https' : 'Clear use_https',
        needs,
        undo: undoSteps(wanted, back),
      },
    ),
    {
      id: 'change.shutdown',
      phase: 'change',
      title: 'Shut the cluster down',
      price: awayPrice(wanted),
      look: { look: lookAt(wanted), already: [{ any: [speaks(scheme), isDown] }] },
      act: {
        do: 'op:aistore.shutdown',
        input: { at: placeInput(wanted), ports },
        limit: '3m',
      },
      needs: ['change.scheme'],
      onFail: 'undo',
      away: 'begins',
    },
    startStep(wanted, scheme, {
      id: 'change.start',
      needs: ['change.shutdown'],
      ...(leaf === undefined ? {} : { leaf }),
    }),
    readyStep(wanted, scheme, {
      id: 'change.ready',
      needs: ['change.start'],
      ...(leaf === undefined ? {} : { leaf }),
    }),
  ]
}

/** The same way back. Where the cluster speaks that scheme still, each of them has nothing to do. */
function undoSteps(wanted: Aistore, scheme: Scheme): Step[] {
  const { ports } = aistoreAnswers(wanted.answers)
  const well = scheme === 'http' ? 'wellPlain' : 'well'
  const stays = [
    { json: well, equals: true },
    { json: 'useHttps', equals: scheme === 'https' },
  ]
  const leave = (id: string, title: string): Step => ({
    ...undoBase,
    id,
    title,
    look: { look: lookAt(wanted), already: stays },
    act: {
      do: 'op:aistore.leave',
      input: { at: placeInput(wanted), ports, scheme },
      limit: '5m',
    },
    away: 'begins',
  })
  const start = (id: string): Step => ({
    ...startStep(wanted, scheme, { id, needs: [] }),
    onFail: 'stop',
  })
  const name = scheme.toUpperCase()
  return [
    leave('undo.leave', `Take the cluster down, to start on ${name}`),
    start('undo.start'),
    // nodes that were down already, and whose state is not kept here, start once as they were set last
    leave('undo.leave-again', `Take it down again where it has not started on ${name}`),
    start('undo.start-again'),
    { ...readyStep(wanted, scheme, { id: 'undo.ready', needs: [] }), onFail: 'stop' },
    undoProof(wanted, scheme),
  ]
}

/** As measured with three nodes on one machine, and with a person at the restart. */
export function awayPrice({ answers, present }: Aistore): Price {
  const byHand = aistoreAnswers(answers).restart === undefined
  const nodes = `all ${present.cluster.nodes.length} nodes are stopped and started again`
  return byHand
    ? { text: `The cluster is away until it is started by hand: ${nodes}.`, downtime: [20, 900] }
    : { text: `The cluster is away about 15 to 60 s: ${nodes}.`, downtime: [15, 60] }
}
