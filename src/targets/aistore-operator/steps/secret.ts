import { placeInput } from '../../../kubernetes/place.ts'
import type { Input, Op, Step, Text } from '../../../plan/plan.ts'
import { undoBase } from '../../proof-steps.ts'
import { operatorAnswers, placeOfAnswers } from '../answers.ts'
import { load } from './common.ts'
import { undoProof } from './proof.ts'
import { type Operator, partsNodes } from './wanted.ts'

/** Where the three files of the Secret come from; a list is what those hold that are there. */
export type Files = Record<'chain' | 'key' | 'roots', Text | Text[]>

const before: Files = {
  chain: { before: 'chain.pem' },
  key: { before: 'key.pem' },
  roots: [{ before: 'roots.pem' }],
}

/** The pair of before, with both roots: what pods that are started with it trust. */
export function beforeWithBoth(wanted: Operator): Files {
  const roots = [{ before: 'roots.pem' }, { before: 'chain.pem' }, fresh(wanted).roots as Text]
  return { ...before, roots }
}

function fresh({ privateRoot }: Operator): Files {
  return {
    chain: { kept: 'chain.pem' },
    key: { kept: 'key.pem' },
    // the operator sets client_ca_tls whatever the root is, and no node starts without that file
    roots: { kept: privateRoot ? 'roots.pem' : 'chain.pem' },
  }
}

/**
 * The new pair in the Secret. Where the pods mount it and load what it holds, its undo puts the pair of
 * before back and has them load that.
 */
export function secretStep(wanted: Operator, needs: string, { loads }: { loads: boolean }): Step {
  const { present } = wanted
  // a pod that has started with both roots is there, and may start again before all is taken back
  const old = partsNodes(wanted) ? beforeWithBoth(wanted) : before
  return {
    id: 'change.secret',
    phase: 'change',
    title: 'Put the pair into the Secret of the pods',
    ...putting(wanted, fresh(wanted)),
    // where nothing mounts it yet there is nothing to take back
    ...(loads
      ? {
          undo: [
            putBack(wanted, old),
            {
              ...undoBase,
              id: 'undo.load',
              title: 'Load the pair of before in each pod',
              act: load(wanted, { before: 'chain.pem' }),
            },
            undoProof(wanted),
          ],
        }
      : present.tls.secretName === present.secret
        ? { undo: [putBack(wanted)] }
        : {}),
    needs: [needs],
    onFail: 'undo',
  }
}

/** An undo that puts another content into the Secret. */
export function putBack(wanted: Operator, files = before): Step {
  const title = 'Put the pair of before back into the Secret'
  return { ...undoBase, id: 'undo.secret', title, act: put(wanted, files) }
}

/** Look and act that put these files into the Secret. */
export function putting(wanted: Operator, files: Files): Pick<Step, 'look' | 'act'> {
  const { input } = put(wanted, files)
  return {
    look: {
      look: { do: 'op:ais-operator.secret-look', input, limit: '1m' },
      already: [{ json: 'held', equals: true }],
    },
    act: put(wanted, files),
  }
}

function put({ answers, present }: Operator, { chain, key, roots }: Files): Op {
  const { tls, secret } = present
  const files: { [key: string]: Input } = { 'tls.crt': chain, 'tls.key': key, 'ca.crt': roots }
  const input = {
    place: placeInput(placeOfAnswers(operatorAnswers(answers))),
    endpoint: answers.endpoint,
    name: secret,
    adopt: tls.secretName === secret,
    files,
  }
  return { do: 'op:ais-operator.secret-put', input, limit: '5m' }
}
