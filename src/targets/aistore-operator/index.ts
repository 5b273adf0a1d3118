import { placeWords } from '../../kubernetes/place.ts'
import { withServers } from '../../kubernetes/pods-proof.ts'
import { checkKubectl } from '../../kubernetes/steps.ts'
import type { Target } from '../target.ts'
import { aistoreOperatorAbout } from './about.ts'
import { operatorAnswers, placeOfAnswers, servedBy } from './answers.ts'
import { discover, type OperatorPresent } from './discover.ts'
import { operatorOps } from './ops.ts'
import { profile } from './profile.ts'
import { createStage } from './stage.ts'
import { checkSteps } from './steps/checks.ts'
import { disableSteps, enableSteps } from './steps/enable.ts'

export const aistoreOperator: Target<OperatorPresent> = {
  ...aistoreOperatorAbout,
  discover,
  identity(answers, { server }) {
    const { context, namespace, resource } = operatorAnswers(answers)
    return `aistore-operator ${server || context} ${namespace}/${resource}`
  },
  changes(answers, { server }) {
    const own = operatorAnswers(answers)
    const at = placeWords(placeOfAnswers(own))
    return `AIStore resource ${own.resource}, ${at}${server === '' ? '' : ` (${server})`}`
  },
  profile,
  enable: enableSteps,
  rotate: enableSteps,
  disable: disableSteps,
  world: ({ server, tls }) => ({ server, tls: { ...tls, ports: { ...tls.ports } } }),
  reach({ answers, folder }, { run, signal, record }, use) {
    const own = operatorAnswers(answers)
    const { proxy, target } = record?.live ?? {}
    const ports = { proxy: Number(proxy ?? 51_080), target: Number(target ?? 51_081) }
    const calling = { run, signal, userFolder: folder }
    return withServers(placeOfAnswers(own), servedBy(own, ports), calling, use)
  },
  preflight: async (_world, answered) =>
    answered === undefined ? [checkKubectl] : [checkKubectl, ...checkSteps(answered.answers)],
  ops: operatorOps,
  shell: ['kubernetes/functions.sh', 'aistore-operator/functions.sh'],
  stage: createStage,
}
