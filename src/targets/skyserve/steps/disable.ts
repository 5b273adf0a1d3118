import type { Step, Text } from '../../../plan/plan.ts'
import type { Predicate } from '../../../plan/predicate.ts'
import type { Wanted } from '../../target.ts'
import { skyserveAnswers } from '../answers.ts'
import type { SkyServePresent } from '../present.ts'
import { checkService, checkSky } from './checks.ts'
import { down, gone, isGoing, lookAt, lookFor, up } from './commands.ts'
import { awayPrice } from './enable.ts'
import { plainProofSteps } from './proof.ts'
import { startKept, takeDown } from './undo.ts'
import { renderPlainYaml } from './yaml.ts'

const isPlain: Predicate = { json: 'tls', equals: false }

/** Back to HTTP: the same service from the same YAML without `tls`. */
export function disableSteps(wanted: Wanted<SkyServePresent>): Step[] {
  const { answers, present } = wanted
  const own = skyserveAnswers(answers)
  const service = present.service?.name ?? own.service
  const plain: Text = { before: 'service-http.yaml' }
  const price = awayPrice(present)
  return [
    checkSky(own.server),
    checkService(service, own, present, [isPlain]),
    renderPlainYaml(own.yaml),
    {
      id: 'change.down',
      phase: 'change',
      title: 'Take the service down',
      price: { ...price, text: `Clients speak in the clear again. ${price.text}` },
      look: lookFor(service, own, [{ any: [isGoing, isPlain] }]),
      act: down(service),
      undo: startKept(service, own, wanted),
      needs: ['prepare.yaml-plain', 'check.service'],
      onFail: 'stop',
      away: 'begins',
    },
    {
      id: 'change.gone',
      phase: 'change',
      title: 'Wait until it is gone',
      look: { look: lookAt(service, own), already: [isPlain] },
      act: gone(service, own),
      needs: ['change.down'],
      onFail: 'stop',
    },
    {
      id: 'change.up',
      phase: 'change',
      title: 'Start it without TLS',
      look: lookFor(service, own, [isPlain, { json: 'url', matches: '^http://' }]),
      act: up(plain, service, own),
      undo: takeDown(service, own),
      needs: ['change.gone'],
      onFail: 'undo',
    },
    ...plainProofSteps(service, answers),
  ]
}
