import { durationMs } from '../../../duration.ts'
import type { Input, Op, Step } from '../../../plan/plan.ts'
import type { Predicate } from '../../../plan/predicate.ts'
import { undoBase } from '../../proof-steps.ts'
import { aistoreAnswers } from '../answers.ts'
import { commandWords } from '../command-words.ts'
import { placeInput } from '../place.ts'
import type { HttpSettings } from '../present.ts'
import { hostsInput, lookLimit } from './files.ts'
import type { Aistore } from './wanted.ts'

export type Scheme = 'http' | 'https'

export const isDown: Predicate = { json: 'scheme', equals: 'down' }
export const speaks = (scheme: Scheme): Predicate => ({ json: 'scheme', equals: scheme })

/** A look at every node; `settings` are those that it is held against. */
export function lookAt(wanted: Aistore, settings: Partial<HttpSettings> = {}): Op {
  return {
    do: 'op:aistore.look',
    input: { at: placeInput(wanted), settings: { ...settings } },
    limit: '1m',
  }
}

/** The cluster is the one that the plan is for, and not half way down or up. */
export function checkCluster(wanted: Aistore): Step {
  const { uuid } = wanted.present.cluster
  return {
    id: 'check.cluster',
    phase: 'check',
    title: 'Ask every node of the cluster',
    act: {
      do: 'wait',
      look: lookAt(wanted),
      // a run that is taken up may find it shut down: the steps go on from there
      until: [
        { any: [isDown, { json: 'uuid', equals: uuid }] },
        { not: { json: 'scheme', equals: 'mixed' } },
      ],
      every: '1s',
      limit: '1m',
      atLimit: 'go-on',
    },
    needs: [],
    onFail: 'stop',
  }
}

/** The command that starts the nodes is there: without it they would stay down. */
export function checkCommand({ answers }: Aistore): Step[] {
  const { restart } = aistoreAnswers(answers)
  return checkStart(commandWords(restart ?? ''), ['check.cluster'])
}

export function checkStart(words: readonly string[] | undefined, needs: string[]): Step[] {
  if (!words) return []
  return [
    {
      id: 'check.command',
      phase: 'check',
      title: 'See whether the command that starts the nodes is there',
      act: { do: 'op:aistore.command', input: { argv: [...words] }, limit: '1m' },
      needs,
      onFail: 'stop',
    },
  ]
}

/** Nothing of somebody else lies where the certificate goes. */
export function checkForeign(wanted: Aistore, needs: string[]): Step {
  const { certFile, place } = aistoreAnswers(wanted.answers)
  const adopt = wanted.answers.target.onConflict === 'adopt'
  return {
    id: 'check.files',
    phase: 'check',
    title: 'See what lies where the certificate goes',
    act: {
      do: 'op:aistore.foreign',
      input: { certFile, place, ...hostsInput(wanted), adopt },
      limit: lookLimit(wanted),
    },
    needs,
    onFail: 'stop',
  }
}

/** The new pair is valid by the clock of every node, before it is put onto them. */
export function checkClocks(wanted: Aistore): Step {
  return {
    id: 'check.clocks',
    phase: 'prepare',
    title: 'Hold the clocks of all nodes against it',
    act: {
      do: 'op:aistore.clocks',
      input: { at: placeInput(wanted), chain: { kept: 'chain.pem' } },
      limit: '1m',
    },
    needs: ['prepare.certificate'],
    onFail: 'stop',
  }
}

/** Sets some of `net.http`; a cluster that is down already has them, or shows at its start that not. */
export function setStep(
  wanted: Aistore,
  values: Partial<HttpSettings>,
  step: Pick<Step, 'id' | 'title' | 'needs'> & Partial<Step>,
): Step {
  return {
    phase: 'change',
    look: {
      look: lookAt(wanted, values),
      already: [{ any: [{ json: 'settings', equals: true }, isDown] }],
    },
    act: setAct(wanted, values),
    onFail: 'undo',
    ...step,
  }
}

function setAct(wanted: Aistore, values: Partial<HttpSettings>): Op {
  return {
    do: 'op:aistore.set',
    input: { at: placeInput(wanted), values: { ...values } },
    limit: '3m',
  }
}

/** Starts the nodes by the user's command, or waits for whoever does it. */
export function startStep(
  wanted: Aistore,
  scheme: Scheme,
  { leaf = '', ...step }: Pick<Step, 'id' | 'needs'> & { leaf?: Input },
): Step {
  const { restart, restartWait: wait, ports } = aistoreAnswers(wanted.answers)
  const words = restart === undefined ? undefined : commandWords(restart)
  const up = { any: [speaks('http'), speaks('https')] }
  const nodes = wanted.present.cluster.nodes.map(({ id }) => id).join(', ')
  return {
    ...step,
    phase: 'change',
    title: words ? 'Start the nodes again' : 'Wait until the nodes are started again',
    look: { look: lookAt(wanted), already: [speaks(scheme)] },
    act: words
      ? {
          do: 'op:aistore.start',
          input: {
            at: placeInput(wanted),
            argv: [...words],
            scheme,
            leaf: scheme === 'https' ? leaf : '',
            ports,
            limitMs: durationMs(wait),
          },
          limit: wait,
        }
      : {
          do: 'manual',
          text: [
            `Start every node as usual, in any order: ${nodes}.`,
            'Delete nothing: without its cluster map a cluster breaks, some only at a later start.',
          ],
          look: { look: lookAt(wanted), until: [up], every: '1s' },
          limit: wait,
        },
    onFail: 'undo',
  }
}

/** Waits until every node says of itself that it is back. */
export function readyStep(
  wanted: Aistore,
  scheme: Scheme,
  step: Pick<Step, 'id' | 'needs'> & { leaf?: Input },
): Step {
  const { restartWait: wait, ports } = aistoreAnswers(wanted.answers)
  const { leaf = '', ...rest } = step
  return {
    ...rest,
    phase: 'change',
    title: 'Wait until the whole cluster is back',
    act: {
      do: 'op:aistore.ready',
      input: { at: placeInput(wanted), scheme, leaf, ports, waitMs: durationMs(wait) },
      limit: '1h',
    },
    onFail: 'undo',
  }
}

/** Undo of a {@link setStep}: what was set before. */
export function undoSettings(
  wanted: Aistore,
  before: Partial<HttpSettings>,
  id = 'undo.settings',
): Step {
  return {
    ...undoBase,
    id,
    title: 'Set what was set before',
    look: { look: lookAt(wanted, before), already: [{ json: 'settings', equals: true }] },
    act: setAct(wanted, before),
  }
}

/** What a cluster on HTTP keeps of its certificate: nothing. */
export function clearStep(wanted: Aistore): Step {
  const cleared: Partial<HttpSettings> = {
    server_crt: '',
    server_key: '',
    client_ca_tls: '',
    // in the same call: with a level of 3 or 4 the cluster refuses to clear the CA, on HTTP as well
    ...(wanted.present.http.client_auth_tls > 0 ? { client_auth_tls: 0 } : {}),
  }
  return setStep(wanted, cleared, {
    id: 'serve.settings',
    phase: 'serve',
    title: 'Clear the paths of certificate and key',
    needs: ['serve.proof'],
    onFail: 'stop',
  })
}
