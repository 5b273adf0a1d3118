import { heldInSecret } from '../../kubernetes/held.ts'
import { placeWords } from '../../kubernetes/place.ts'
import { checkKubectl } from '../../kubernetes/steps.ts'
import type { Target } from '../target.ts'
import { aistoreOperatorAbout } from './about.ts'
import { operatorAnswers, placeOfAnswers } from './answers.ts'
import { discover, type OperatorPresent } from './discover.ts'
import { operatorOps } from './ops.ts'
import { profile } from './profile.ts'
import { reachPods } from './reach.ts'
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
  reach: reachPods,
  async held({ answers, folder }, { record, ...calling }) {
    const name = record?.live.secret
    // cert-manager renews what it has made: another leaf there is nobody's hand
    if (!name || answers.certificate.source === 'managed') return undefined
    const place = placeOfAnswers(operatorAnswers(answers))
    return heldInSecret({ place, name, key: 'tls.crt' }, { ...calling, userFolder: folder })
  },
  preflight: async (_world, answered) =>
    answered === undefined ? [checkKubectl] : [checkKubectl, ...checkSteps(answered.answers)],
  ops: operatorOps,
  shell: ['kubernetes/functions.sh', 'aistore-operator/functions.sh'],
  stage: createStage,
}
