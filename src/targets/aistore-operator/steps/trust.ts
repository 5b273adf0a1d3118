import { kubectlArgv } from '../../../kubernetes/place.ts'
import { kubernetesExplains } from '../../../kubernetes/problems.ts'
import { ownSelector } from '../../../kubernetes/secret.ts'
import type { Price, Step } from '../../../plan/plan.ts'
import { undoBase } from '../../proof-steps.ts'
import { operatorAnswers, placeOfAnswers, waitLimit, waitMs, workloadsOf } from '../answers.ts'
import { httpsPatch, patchTo, withStart } from '../resource.ts'
import { resourceInput, rolloutStep } from './common.ts'
import { undoProof } from './proof.ts'
import { beforeWithBoth, putBack, putting } from './secret.ts'
import type { Operator } from './wanted.ts'

const startsAgain: Price = {
  text: 'All pods of the cluster start again, one after the other: a node reads the root that it trusts at its start alone.',
  downtime: [10, 600],
}

/**
 * Has the operator start all pods again with the pair of before and both roots. Nodes read the root at
 * their start alone (facts/aistore.md §2.4): after this each of them can be given the new pair, and
 * none refuses another at any moment.
 */
export function trustSteps(wanted: Operator, needs: string): Step[] {
  const { answers, present } = wanted
  const { tls, secret } = present
  return [
    {
      id: 'prepare.startable',
      phase: 'prepare',
      title: 'See whether the pods start with the pair of before',
      act: {
        do: 'op:ais-operator.startable',
        input: {
          ...resourceInput(wanted),
          endpoint: answers.endpoint,
          secret: tls.secretName,
          chain: { before: 'chain.pem' },
          roots: { before: 'roots.pem' },
          fresh: { kept: 'chain.pem' },
        },
        limit: '1m',
      },
      needs: [needs],
      onFail: 'stop',
    },
    {
      id: 'change.trust',
      phase: 'change',
      title: 'Put both roots into the Secret, beside the pair of before',
      ...putting(wanted, beforeWithBoth(wanted)),
      undo: secret === tls.secretName ? backInPlace(wanted) : backToTheOther(wanted),
      needs: ['prepare.startable'],
      onFail: 'undo',
    },
    {
      id: 'change.resource',
      phase: 'change',
      title: 'Have the operator start all pods again, to trust both roots',
      act: {
        do: 'op:ais-operator.patch',
        input: {
          ...resourceInput(wanted),
          patch: httpsPatch(secret),
          startedWith: { capture: 'prepare.certificate.fingerprint' },
        },
        limit: '5m',
      },
      needs: ['change.trust'],
      onFail: 'undo',
      price: startsAgain,
      away: 'begins',
    },
    takenStep(wanted, 'change.taken', ['change.resource']),
    rolloutStep(wanted, 'change.rollout', ['change.taken']),
  ]
}

/** All pods serve the pair of before by now, whatever root they trust: again one after the other. */
function backInPlace(wanted: Operator): Step[] {
  const { present, beforeLeaf } = wanted
  const { startedWith } = present.tls
  const input = resourceInput(wanted)
  return [
    putBack(wanted),
    {
      ...undoBase,
      id: 'undo.resource',
      title: 'Have the operator start all pods again, with what they trusted before',
      look: {
        look: { do: 'op:ais-operator.look', input, limit: '1m' },
        already: [{ json: 'startedWith', equals: startedWith ?? '' }],
      },
      act: {
        do: 'op:ais-operator.patch',
        input: {
          ...input,
          patch: patchTo(present.tls),
          startedWith: startedWith ?? beforeLeaf ?? 'before',
        },
        limit: '5m',
      },
    },
    ...undoStart(wanted),
    undoProof(wanted),
  ]
}

/** The Secret of before was never touched; ours holds its pair, and goes. */
function backToTheOther(wanted: Operator): Step[] {
  const { answers, present } = wanted
  const { tls, secret } = present
  const place = placeOfAnswers(operatorAnswers(answers))
  const patch = withStart(patchTo(tls), tls.startedWith ?? null)
  return [
    {
      ...undoBase,
      id: 'undo.resource',
      title: 'Set what the resource said before',
      act: {
        do: 'op:ais-operator.patch',
        input: { ...resourceInput(wanted), patch },
        limit: '5m',
      },
    },
    ...undoStart(wanted),
    undoProof(wanted),
    {
      ...undoBase,
      id: 'undo.clear',
      title: 'Remove the Secret that was made',
      act: {
        do: 'exec',
        argv: kubectlArgv(
          place,
          ...['delete', 'secrets', '-l', ownSelector(answers.endpoint)],
          `--field-selector=metadata.name=${secret}`,
        ),
        limit: '5m',
        explains: kubernetesExplains(place),
      },
    },
  ]
}

function undoStart(wanted: Operator): Step[] {
  const steps = [takenStep(wanted, 'undo.taken', []), rolloutStep(wanted, 'undo.rollout', [])]
  return steps.map(step => ({ ...step, onFail: 'stop' as const }))
}

function takenStep(wanted: Operator, id: string, needs: string[]): Step {
  const own = operatorAnswers(wanted.answers)
  const input = { ...resourceInput(wanted), workloads: workloadsOf(own), waitMs: waitMs(own) }
  return {
    id,
    phase: 'change',
    title: 'Wait until the operator starts them',
    act: { do: 'op:ais-operator.taken', input, limit: waitLimit(own) },
    needs,
    onFail: 'undo',
  }
}
