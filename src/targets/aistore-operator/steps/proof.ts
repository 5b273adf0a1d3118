import { durationMs } from '../../../duration.ts'
import { placeInput } from '../../../kubernetes/place.ts'
import type { Input, Step } from '../../../plan/plan.ts'
import { clientSetup } from '../../aistore/clients.ts'
import { recordStep } from '../../record-step.ts'
import { operatorAnswers, placeOfAnswers, servedBy } from '../answers.ts'
import type { Operator } from './enable.ts'

const noOutside = 'no outside address: pods are proven through port-forwards'

/** What each pod serves, or that it speaks no TLS; then the record. */
export function proofSteps(
  wanted: Operator,
  scheme: 'http' | 'https',
  needs: string[],
): [Step, Step] {
  return [
    {
      id: 'serve.proof',
      phase: 'serve',
      title:
        scheme === 'https'
          ? 'Prove what each pod serves'
          : 'Prove that each pod answers HTTP and speaks no TLS',
      act: prove(wanted, scheme, 'undo', {
        ...(scheme === 'https'
          ? {
              leaf: { capture: 'prepare.certificate.fingerprint' },
              ...(wanted.privateRoot ? { roots: { kept: 'roots.pem' } } : {}),
              noDns: noOutside,
              plainRefusal: "as Go's servers do",
            }
          : {}),
      }),
      needs,
      onFail: 'undo',
      decides: 'undo',
      away: 'ends',
    },
    record(wanted, scheme === 'https'),
  ]
}

/** What an undo proves. */
export function undoProof(wanted: Operator): Step {
  const { beforeLeaf, present } = wanted
  const leaf: { [key: string]: Input } = beforeLeaf === undefined ? {} : { leaf: beforeLeaf }
  return {
    id: 'undo.proof',
    phase: 'change',
    title: 'Prove that it serves what it did',
    act: present.tls.useHttps
      ? prove(wanted, 'https', 'report', { ...leaf, roots: { before: 'roots.pem' } })
      : prove(wanted, 'http', 'report', {}),
    needs: [],
    onFail: 'stop',
    away: 'ends',
  }
}

function prove(
  { answers, present }: Operator,
  scheme: 'http' | 'https',
  decides: 'undo' | 'report',
  more: { [key: string]: Input },
): Step['act'] {
  const own = operatorAnswers(answers)
  return {
    do: `op:kubernetes.prove-pods${scheme === 'https' ? '' : '-plain'}`,
    input: {
      place: placeInput(placeOfAnswers(own)),
      served: servedBy(own, present.tls.ports) as unknown as Input,
      name: answers.domain,
      path: answers.proof.path,
      expect: answers.proof.expect,
      waitMs: durationMs(answers.proof.wait),
      decides,
      ...more,
    },
    limit: '1h',
    expect: [{ json: 'pass', equals: true }],
  }
}

function record({ answers, present, privateRoot }: Operator, https: boolean): Step {
  const own = operatorAnswers(answers)
  const scheme = https ? 'https' : 'http'
  const { context, namespace, resource, secret } = own
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
