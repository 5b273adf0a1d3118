import { exitCodes } from '../../../exit-codes.ts'
import { kubectlArgv, placeInput } from '../../../kubernetes/place.ts'
import type { Step } from '../../../plan/plan.ts'
import { quoteCommand } from '../../../process/quote.ts'
import {
  type ManagedCertificate,
  managedOf,
  managedSecret,
  operatorAnswers,
  placeOfAnswers,
  waitLimit,
  waitMs,
} from '../answers.ts'
import { operatorProblem } from '../problems.ts'
import { isAsked, managedPatch } from '../resource.ts'
import { checkSteps, holdSteps } from './checks.ts'
import { keepFound, load, resourceStep, rolloutStep } from './common.ts'
import { proofSteps } from './proof.ts'
import type { Operator } from './wanted.ts'

/**
 * The operator has cert-manager make the pair, which stays in the cluster and is renewed there. A later
 * run has the pods load what the Secret holds by then: by themselves they look after up to 6 h.
 *
 * @throws Problem with exit 65 where that has another root: cert-manager writes it over the one that the
 *   nodes trust each other by, and no moment is left to give them both
 */
export function managedSteps(wanted: Operator): Step[] {
  const { answers, before, present } = wanted
  const asked = managedOf(answers) as ManagedCertificate
  if (present.otherRoot !== undefined) {
    const own = operatorAnswers(answers)
    const secret = ['delete', 'secret', managedSecret(own.resource)]
    const removed = quoteCommand(kubectlArgv(placeOfAnswers(own), ...secret))
    throw operatorProblem('ais-operator.other-root', exitCodes.data, {
      subject: `${own.namespace}/${own.resource}`,
      evidence: present.otherRoot,
      fix: `Go over HTTP, where no root is read; all pods start again twice. Type one after the other: secure-endpoint disable ${answers.endpoint}; ${removed}; secure-endpoint init --answers FILE`,
    })
  }
  const isThere = present.tls.useHttps && present.tls.certificate !== undefined
  const isSame = isThere && isAsked(present.tls, asked)
  const first = before === undefined ? 'prepare.keep-found' : 'prepare.hold'
  return [
    ...checkSteps(answers),
    ...holdSteps(answers),
    ...(before === undefined ? [keepFound(wanted, 'prepare.hold')] : []),
    ...(isSame
      ? []
      : [
          resourceStep(
            wanted,
            managedPatch(asked),
            { asked: true, managed: true, useHttps: true },
            [first],
          ),
        ]),
    issuedStep(wanted, asked, isSame ? first : 'change.resource'),
    isThere
      ? {
          id: 'change.load',
          phase: 'change',
          title: 'Have each pod load what cert-manager has issued',
          act: load(wanted, { kept: 'chain.pem' }),
          needs: ['change.issued'],
          // the pair of before is gone from the Secret
          onFail: 'stop',
        }
      : rolloutStep(wanted, 'change.rollout', ['change.issued']),
    ...proofSteps(wanted, 'https', [isThere ? 'change.load' : 'change.rollout']),
  ]
}

function issuedStep({ answers }: Operator, asked: ManagedCertificate, needs: string): Step {
  const own = operatorAnswers(answers)
  return {
    id: 'change.issued',
    phase: 'change',
    title: 'Wait for what cert-manager issues',
    look: {
      look: { do: 'op:certificate.kept', input: {}, limit: '1m' },
      already: [{ json: 'kept', equals: true }],
    },
    act: {
      do: 'op:ais-operator.issued',
      input: {
        place: placeInput(placeOfAnswers(own)),
        resource: own.resource,
        asked: { ...asked, issuerRef: { ...asked.issuerRef } },
        waitMs: waitMs(own),
      },
      limit: waitLimit(own),
    },
    captures: { fingerprint: { json: 'fingerprint' } },
    needs: [needs],
    onFail: 'undo',
  }
}
