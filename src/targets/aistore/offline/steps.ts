import type { Input, Op, Step } from '../../../plan/plan.ts'
import { aistoreAnswers } from '../answers.ts'
import { placeInput } from '../place.ts'
import { clearStep, isDown, lookAt, readyStep, startStep } from '../steps/common.ts'
import { plainProofStep, record } from '../steps/proof.ts'
import type { Aistore } from '../steps/wanted.ts'

/**
 * Back to HTTP with nodes that do not run: what still runs is stopped, lost cluster maps come back,
 * and the settings are changed in the nodes' own files. There is no way back from here but forward: what
 * was there did not start.
 */
export function offlineSteps(wanted: Aistore): Step[] {
  const { ports, restart } = aistoreAnswers(wanted.answers)
  const looking = offlineOp(wanted, 'look')
  const steps: Step[] = [
    {
      id: 'change.down',
      phase: 'change',
      title: 'Stop what still runs of the cluster',
      price: {
        text: 'Clients speak in the clear again. What still runs of the cluster is stopped; all nodes start on HTTP.',
        downtime: restart === undefined ? [20, 900] : [15, 120],
      },
      look: { look: lookAt(wanted), already: [isDown] },
      act: {
        do: 'op:aistore.shutdown',
        input: { at: placeInput(wanted), ports },
        limit: '3m',
      },
      needs: [],
      onFail: 'stop',
      away: 'begins',
    },
    {
      id: 'change.maps',
      phase: 'change',
      title: 'Put lost cluster maps back',
      look: { look: looking, already: [{ json: 'maps', equals: true }] },
      act: offlineOp(wanted, 'maps'),
      needs: ['change.down'],
      onFail: 'stop',
    },
    {
      id: 'change.settings',
      phase: 'change',
      title: "Write HTTP into the nodes' own settings",
      look: { look: looking, already: [{ json: 'plain', equals: true }] },
      act: offlineOp(wanted, 'edit'),
      needs: ['change.maps'],
      onFail: 'stop',
    },
    startStep(wanted, 'http', { id: 'change.start', needs: ['change.settings'] }),
    readyStep(wanted, 'http', { id: 'change.ready', needs: ['change.start'] }),
    plainProofStep(wanted, ['change.ready']),
    clearStep(wanted),
    { ...record(wanted, 'http'), needs: ['serve.settings'] },
  ]
  return steps.map(step => ({ ...step, onFail: 'stop' }))
}

function offlineOp(wanted: Aistore, what: 'look' | 'maps' | 'edit'): Op {
  const { confdir, logDir } = aistoreAnswers(wanted.answers)
  const input: { [key: string]: Input } = {
    at: placeInput(wanted),
    ...(confdir === undefined ? {} : { confdir }),
    ...(logDir === undefined ? {} : { logDir }),
  }
  return { do: `op:aistore.offline-${what}`, input, limit: '2m' }
}
