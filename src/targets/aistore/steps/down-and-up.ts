import type { Input, Look, Price, Step, Text } from '../../../plan/plan.ts'
import { undoBase } from '../../proof-steps.ts'
import { aistoreAnswers } from '../answers.ts'
import { placeInput } from '../place.ts'
import { readyStep, type Scheme, startStep } from './common.ts'
import { served } from './load-ops.ts'
import { undoProof } from './proof.ts'
import type { Aistore } from './wanted.ts'

/** All nodes are shut down together; a look at what they do already leaves it out. */
export function shutdownStep(
  wanted: Aistore,
  look: Look,
  step: Pick<Step, 'needs'> & Partial<Step>,
): Step {
  const { ports } = aistoreAnswers(wanted.answers)
  return {
    id: 'change.shutdown',
    phase: 'change',
    title: 'Shut the cluster down',
    price: awayPrice(wanted),
    look,
    act: { do: 'op:aistore.shutdown', input: { at: placeInput(wanted), ports }, limit: '3m' },
    onFail: 'undo',
    away: 'begins',
    ...step,
  }
}

/** Down, unless every listener serves that chain already: all nodes were started with it then. */
export function unlessServed(wanted: Aistore, chain: Text): Look {
  const already = [
    {
      any: [
        { json: 'served', equals: true },
        { json: 'down', equals: true },
      ],
    },
  ]
  return { look: served(wanted, chain), already }
}

/** The nodes are started again and waited for, after `change.shutdown`. */
export function upSteps(wanted: Aistore, scheme: Scheme, leaf?: Input): Step[] {
  const serving = leaf === undefined ? {} : { leaf }
  return [
    startStep(wanted, scheme, { id: 'change.start', needs: ['change.shutdown'], ...serving }),
    readyStep(wanted, scheme, { id: 'change.ready', needs: ['change.start'], ...serving }),
  ]
}

/** The same in an undo, under these ids. */
export function undoStart(wanted: Aistore, scheme: Scheme, id = 'undo.start'): Step {
  return { ...startStep(wanted, scheme, { id, needs: [] }), onFail: 'stop' }
}

export function undoReady(wanted: Aistore, scheme: Scheme): Step {
  return { ...readyStep(wanted, scheme, { id: 'undo.ready', needs: [] }), onFail: 'stop' }
}

/**
 * The way back by a restart of all nodes, twice where it must be: nodes that were down already, and
 * whose state is not kept here, start once as they were set last.
 */
export function undoByRestart(
  wanted: Aistore,
  scheme: Scheme,
  { first, again, ...leave }: { first: string; again: string } & Pick<Step, 'look' | 'act'>,
  proof = undoProof(wanted, scheme),
): Step[] {
  const down = (id: string, title: string): Step => ({
    ...undoBase,
    id,
    title,
    ...leave,
    away: 'begins',
  })
  return [
    down('undo.leave', first),
    undoStart(wanted, scheme),
    down('undo.leave-again', again),
    undoStart(wanted, scheme, 'undo.start-again'),
    undoReady(wanted, scheme),
    proof,
  ]
}

/** As measured with three nodes on one machine, and with a person at the restart. */
function awayPrice({ answers, present }: Aistore): Price {
  const byHand = aistoreAnswers(answers).restart === undefined
  const nodes = `all ${present.cluster.nodes.length} nodes are stopped and started again`
  return byHand
    ? { text: `The cluster is away until it is started by hand: ${nodes}.`, downtime: [20, 900] }
    : { text: `The cluster is away about 15 to 60 s: ${nodes}.`, downtime: [15, 60] }
}
