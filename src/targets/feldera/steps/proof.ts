import { placeInput } from '../../../kubernetes/place.ts'
import { pruneStep } from '../../../kubernetes/steps.ts'
import { parseAddress, urlHost } from '../../../net/address.ts'
import type { Input, Step, Text } from '../../../plan/plan.ts'
import { dnsSteps } from '../../dns-steps.ts'
import { askOf, askOfNew, proofAct, servedStep } from '../../proof-steps.ts'
import { recordStep } from '../../record-step.ts'
import { felderaAnswers, placeOfAnswers } from '../answers.ts'
import { clientSetup } from '../clients.ts'
import { pipelines, servedBy } from '../components.ts'
import type { Feldera } from './change.ts'

const noOutside =
  'no outside address: every Service is inside the cluster, and no target.outside is named'

/** Each of them answers `/healthz` without a login (openapi.json 0.337). */
const everyPod = [...servedBy, pipelines].map(each => ({ ...each, probes: 'all' }))

/** What ends every way to HTTPS: *served* at each pod, record, older Secrets, DNS where there is a way in. */
export function proofSteps({ answers, privateRoot }: Feldera, needs: string[]): Step[] {
  const own = felderaAnswers(answers)
  const place = placeOfAnswers(own)
  const outside = own.outside === undefined ? undefined : parseAddress(own.outside)
  const ask = askOfNew({ answers, privateRoot })
  return [
    servedStep(
      'Prove what each component and pipeline serves',
      proofAct('kubernetes.prove-pods', {
        place: placeInput(place),
        served: [...servedBy, pipelines] as unknown as Input,
        ...ask,
        decides: 'undo',
        ...(outside ? {} : { noDns: noOutside }),
      }),
      needs,
    ),
    record(answers, { https: true, privateRoot, secret: { capture: 'change.secret.name' } }),
    pruneStep(place, answers.endpoint),
    ...(outside && own.outside !== undefined
      ? dnsSteps(answers, {
          host: outside.host,
          address: own.outside,
          ask,
          needs: 'serve.record',
        })
      : []),
  ]
}

/** What ends the way back to HTTP. */
export function plainProofSteps({ answers }: Feldera, needs: string[]): Step[] {
  const own = felderaAnswers(answers)
  return [
    servedStep(
      'Prove that each pod answers HTTP and speaks no TLS',
      proofAct('kubernetes.prove-pods-plain', {
        place: placeInput(placeOfAnswers(own)),
        served: everyPod as unknown as Input,
        ...askOf(answers),
        path: '/healthz',
        expect: [200],
        decides: 'undo',
      }),
      needs,
    ),
    record(answers, { https: false, privateRoot: false, secret: '' }),
  ]
}

function record(
  answers: Feldera['answers'],
  { https, privateRoot, secret }: { https: boolean; privateRoot: boolean; secret: Text },
): Step {
  const own = felderaAnswers(answers)
  const scheme = https ? 'https' : 'http'
  const outside = own.outside === undefined ? undefined : parseAddress(own.outside)
  const url = outside
    ? `${scheme}://${urlHost(answers.domain)}:${outside.port}/`
    : `${scheme}://feldera-api-server.${own.namespace}.svc.cluster.local:8080/`
  const { context, namespace, release } = own
  return recordStep(answers, {
    https,
    url,
    addresses: own.outside === undefined ? [] : [own.outside],
    live: {
      context,
      namespace,
      release,
      secret,
      ...(outside ? { host: outside.host } : {}),
    },
    clients: clientSetup(answers, { https, privateRoot }),
  })
}
