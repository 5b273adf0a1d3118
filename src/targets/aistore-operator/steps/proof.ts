import { placeInput } from '../../../kubernetes/place.ts'
import type { Input, Step } from '../../../plan/plan.ts'
import { clientSetup } from '../../aistore/clients.ts'
import {
  askOf,
  askOfNew,
  type Inputs,
  proofAct,
  servedStep,
  undoProofStep,
} from '../../proof-steps.ts'
import { recordStep } from '../../record-step.ts'
import { managedOf, operatorAnswers, placeOfAnswers, servedBy } from '../answers.ts'
import type { Operator } from './wanted.ts'

const noOutside = 'no outside address: pods are proven through port-forwards'

/** What each pod serves, or that it speaks no TLS; then the record. */
export function proofSteps(
  wanted: Operator,
  scheme: 'http' | 'https',
  needs: string[],
): [Step, Step] {
  return [
    scheme === 'https'
      ? servedStep(
          'Prove what each pod serves',
          prove(wanted, scheme, 'undo', {
            ...askOfNew(wanted),
            ...(managedOf(wanted.answers)
              ? { leaf: { capture: 'change.issued.fingerprint' } }
              : {}),
            noDns: noOutside,
            plainRefusal: "as Go's servers do",
          }),
          needs,
        )
      : servedStep(
          'Prove that each pod answers HTTP and speaks no TLS',
          prove(wanted, scheme, 'undo', {}),
          needs,
        ),
    record(wanted, scheme === 'https'),
  ]
}

/** What an undo proves. */
export function undoProof(wanted: Operator): Step {
  const { beforeLeaf, present } = wanted
  const leaf: Inputs = beforeLeaf === undefined ? {} : { leaf: beforeLeaf }
  return undoProofStep(
    present.tls.useHttps
      ? prove(wanted, 'https', 'report', { ...leaf, roots: { before: 'roots.pem' } })
      : prove(wanted, 'http', 'report', {}),
  )
}

function prove(
  { answers, present }: Operator,
  scheme: 'http' | 'https',
  decides: 'undo' | 'report',
  more: Inputs,
): Step['act'] {
  const own = operatorAnswers(answers)
  return proofAct(`kubernetes.prove-pods${scheme === 'https' ? '' : '-plain'}`, {
    place: placeInput(placeOfAnswers(own)),
    served: servedBy(own, present.tls.ports) as unknown as Input,
    ...askOf(answers),
    decides,
    ...more,
  })
}

function record({ answers, present, privateRoot }: Operator, https: boolean): Step {
  const own = operatorAnswers(answers)
  const scheme = https ? 'https' : 'http'
  const { context, namespace, resource } = own
  const { secret } = present
  const { proxy, target } = present.tls.ports
  const url = `${scheme}://${answers.domain}:${proxy}`
  return recordStep(answers, {
    https,
    url: `${url}/`,
    addresses: [],
    live: { context, namespace, resource, secret, proxy: String(proxy), target: String(target) },
    clients: clientSetup(answers, `${url}/`, { https, privateRoot }),
  })
}
