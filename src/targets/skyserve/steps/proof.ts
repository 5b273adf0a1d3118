import type { Answers } from '../../../answers/answers.ts'
import { durationMs } from '../../../duration.ts'
import type { Step, Text } from '../../../plan/plan.ts'
import { dnsSteps } from '../../dns-steps.ts'
import { askOf, askOfNew, proofAct, servedStep } from '../../proof-steps.ts'
import { recordStep } from '../../record-step.ts'
import type { Wanted } from '../../target.ts'
import { skyserveAnswers } from '../answers.ts'
import { clientSetup } from '../clients.ts'
import type { SkyServePresent } from '../present.ts'
import { address, addressCaptures } from './commands.ts'

const captured = { capture: 'serve.address.address' }
const host = { capture: 'serve.address.host' }

/** What ends every way to HTTPS: address, readiness, *served*, record, DNS, *reachable*. */
export function proofSteps(
  service: string,
  { answers, privateRoot }: Pick<Wanted<SkyServePresent>, 'answers' | 'privateRoot'>,
): Step[] {
  const trust = privateRoot ? { roots: { kept: 'roots.pem' } } : {}
  const ask = {
    ...askOfNew({ answers, privateRoot }),
    notReady: { status: 503, says: '"No ready replicas": TLS is good, the model is not ready' },
    plainRefusal: 'as SkyServe does',
  }
  return [
    ...addressSteps(service, answers, 'https', trust),
    servedStep(
      'Prove what the address serves',
      proofAct('proof.served', { addresses: [captured], ...ask, decides: 'undo' }),
      ['serve.address'],
    ),
    record(service, answers, { https: true, privateRoot }),
    ...dnsSteps(answers, { host, address: captured, ask, needs: 'serve.record' }),
  ]
}

/** What ends the way back to HTTP. */
export function plainProofSteps(service: string, answers: Answers): Step[] {
  return [
    ...addressSteps(service, answers, 'http', {}),
    servedStep(
      'Prove that HTTP answers and TLS does not',
      proofAct('proof.plain', { addresses: [captured], ...askOf(answers), decides: 'undo' }),
      ['serve.address'],
    ),
    record(service, answers, { https: false, privateRoot: false }),
  ]
}

function addressSteps(
  service: string,
  answers: Answers,
  scheme: 'http' | 'https',
  trust: { roots?: Text },
): Step[] {
  const own = skyserveAnswers(answers)
  const url: Text = { join: [`${scheme}://`, captured, answers.proof.path] }
  const waitMs = durationMs(answers.proof.wait)
  return [
    {
      id: 'serve.address',
      phase: 'serve',
      title: "Read the endpoint's address",
      act: address(service, own, scheme),
      captures: addressCaptures,
      needs: ['change.up'],
      onFail: 'undo',
    },
    {
      id: 'serve.ready',
      phase: 'serve',
      title: 'Wait until a replica answers',
      act: {
        do: 'op:skyserve.ready',
        input: { url, name: answers.domain, service, server: own.server, waitMs, ...trust },
        limit: '1h',
      },
      needs: ['serve.address'],
      onFail: 'undo',
    },
  ]
}

function record(
  service: string,
  answers: Answers,
  { https, privateRoot }: { https: boolean; privateRoot: boolean },
): Step {
  const { server } = skyserveAnswers(answers)
  const scheme = https ? 'https' : 'http'
  const url: Text = {
    join: [`${scheme}://${answers.domain}:`, { capture: 'serve.address.port' }, '/'],
  }
  return recordStep(answers, {
    https,
    url,
    addresses: [captured],
    live: { service, server, host },
    clients: clientSetup(answers, url, { https, privateRoot }),
  })
}
