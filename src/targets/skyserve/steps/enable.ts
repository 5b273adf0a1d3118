import { join } from 'node:path'
import type { Price, Step } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import type { Wanted } from '../../target.ts'
import { type SkyServeAnswers, skyserveAnswers } from '../answers.ts'
import { nextName } from '../names.ts'
import type { SkyServePresent } from '../present.ts'
import { profile } from '../profile.ts'
import { checkCloud, checkService, checkSky } from './checks.ts'
import { down, gone, isGoing, isOurs, lookAt, lookFor, up } from './commands.ts'
import { proofSteps } from './proof.ts'
import { startKept, takeDown } from './undo.ts'
import { renderPlainYaml, renderYaml } from './yaml.ts'

type SkyServe = Wanted<SkyServePresent>

/**
 * From nothing, from HTTP, or from another pair, to HTTPS with the pair that the plan makes. The load
 * balancer reads its pair once, so a running service is replaced: `sky serve update` changes nothing.
 */
export function enableSteps(wanted: SkyServe): Step[] {
  if (!wanted.present.service) return fromNothing(wanted)
  return skyserveAnswers(wanted.answers).switch === 'blue-green' ? beside(wanted) : inPlace(wanted)
}

function fromNothing(wanted: SkyServe): Step[] {
  const { answers, present } = wanted
  const own = skyserveAnswers(answers)
  const service = present.newName ?? own.service
  return [
    checkSky(own.server),
    checkCloud,
    checkService(service, own, present),
    certificateStep(wanted, profile(answers)),
    renderYaml(own),
    startWithTls(service, own, 'Start it with TLS', ['prepare.yaml', 'check.service']),
    ...proofSteps(service, wanted),
  ]
}

/** Down, and up again: clients get no answer in between. */
function inPlace(wanted: SkyServe): Step[] {
  const { answers, present } = wanted
  const own = skyserveAnswers(answers)
  const service = present.service?.name ?? own.service
  return [
    checkSky(own.server),
    checkService(service, own, present),
    certificateStep(wanted, profile(answers)),
    ...keepForGoingBack(service, wanted),
    renderYaml(own),
    {
      id: 'change.down',
      phase: 'change',
      title: 'Take the service down',
      ...(present.service?.keyfile === join(wanted.kept, 'key.pem')
        ? {}
        : { price: awayPrice(present) }),
      look: lookFor(service, own, [{ any: [isGoing, isOurs] }]),
      act: down(service),
      undo: startKept(service, own, wanted),
      needs: ['prepare.yaml', 'check.service'],
      onFail: 'stop',
      away: 'begins',
    },
    {
      id: 'change.gone',
      phase: 'change',
      title: 'Wait until it is gone',
      look: { look: lookAt(service, own), already: [isOurs] },
      act: gone(service, own),
      needs: ['change.down'],
      onFail: 'stop',
    },
    startWithTls(service, own, 'Start it with TLS', ['change.gone']),
    ...proofSteps(service, wanted),
  ]
}

/** A second service with the new pair; the old one goes when the clients have moved. */
function beside(wanted: SkyServe): Step[] {
  const { answers, present } = wanted
  const own = skyserveAnswers(answers)
  const old = present.service?.name ?? own.service
  const service = nextName(old, present.names)
  const start = startWithTls(service, own, `Start ${service} beside ${old}, with TLS`, [
    'prepare.yaml',
    'check.service',
  ])
  const text =
    'Nothing is down, but twice the replicas run until the clients have moved to the new port.'
  return [
    checkSky(own.server),
    checkService(service, own, present),
    certificateStep(wanted, profile(answers)),
    renderYaml(own),
    { ...start, price: { text, money: 'twice the replicas' } },
    ...proofSteps(service, wanted),
    {
      id: 'reach.moved',
      phase: 'reach',
      title: 'Wait until the clients have moved',
      act: {
        do: 'manual',
        text: [
          {
            join: [
              `The new endpoint is https://${answers.domain}:`,
              { capture: 'serve.address.port' },
              '.',
            ],
          },
          `DNS cannot move a port: each client must be given the new one. Until then ${old} runs on.`,
        ],
        ask: `Have all clients moved, so that ${old} can be taken down?`,
        limit: '30d',
      },
      needs: ['serve.record'],
      onFail: 'stop',
    },
    {
      id: 'reach.down-old',
      phase: 'reach',
      title: `Take ${old} down`,
      look: lookFor(old, own, [isGoing]),
      act: down(old),
      needs: ['reach.moved'],
      onFail: 'stop',
    },
  ]
}

function startWithTls(service: string, own: SkyServeAnswers, title: string, needs: string[]): Step {
  return {
    id: 'change.up',
    phase: 'change',
    title,
    look: lookFor(service, own, [isOurs, { json: 'url', matches: '^https://' }]),
    act: up({ kept: 'service.yaml' }, service, own),
    undo: takeDown(service, own),
    needs,
    onFail: 'undo',
  }
}

/** What an undo starts again: what was found, or our own YAML without TLS where it runs so now. */
function keepForGoingBack(service: string, { answers, present, before }: SkyServe): Step[] {
  const { yaml, server } = skyserveAnswers(answers)
  if (before !== undefined) return present.service?.tls ? [] : [renderPlainYaml(yaml)]
  return [
    {
      id: 'prepare.keep-found',
      phase: 'prepare',
      title: 'Keep what is there',
      act: { do: 'op:skyserve.keep-found', input: { service, server, yaml }, limit: '3m' },
      needs: ['check.service'],
      onFail: 'stop',
    },
  ]
}

/** From the measured 2 minutes (one replica, warm) to the vendor's "more than 20". */
export function awayPrice({ service }: SkyServePresent): Price {
  const total = service?.replicas.total ?? 1
  const replicas =
    total > 1 ? `all ${total} replicas go and come again` : 'its replica goes and comes again'
  return { text: `The service is away about 2 to 25 min: ${replicas}.`, downtime: [120, 1500] }
}
