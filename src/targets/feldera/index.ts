import { heldInSecret } from '../../kubernetes/held.ts'
import { placeWords } from '../../kubernetes/place.ts'
import { withServers } from '../../kubernetes/pods-proof.ts'
import type { Target } from '../target.ts'
import { felderaAbout } from './about.ts'
import { felderaAnswers, placeOfAnswers } from './answers.ts'
import { pipelines, servedBy } from './components.ts'
import { discover } from './discover.ts'
import { felderaOps } from './ops.ts'
import type { FelderaPresent } from './present.ts'
import { profile } from './profile.ts'
import { createStage } from './stage.ts'
import { preflightSteps } from './steps/checks.ts'
import { disableSteps, enableSteps } from './steps/enable.ts'

export const feldera: Target<FelderaPresent> = {
  ...felderaAbout,
  discover,
  identity(answers, { server }) {
    const { context, namespace, release } = felderaAnswers(answers)
    return `feldera ${server || context} ${namespace}/${release}`
  },
  changes(answers, { server }) {
    const own = felderaAnswers(answers)
    const at = placeWords(placeOfAnswers(own))
    return `Feldera release ${own.release}, ${at}${server === '' ? '' : ` (${server})`}`
  },
  profile,
  enable: enableSteps,
  rotate: enableSteps,
  disable: disableSteps,
  world: ({ server, kubernetes, release, pipelines, unlisted }) => ({
    server,
    kubernetes,
    release: { ...release },
    pipelines: pipelines.map(({ name }) => name),
    unlistedPipelines: unlisted.length,
  }),
  reach({ answers, folder }, { run, signal }, use) {
    const place = placeOfAnswers(felderaAnswers(answers))
    return withServers(place, [...servedBy, pipelines], { run, signal, userFolder: folder }, use)
  },
  async held({ answers, folder }, { record, ...calling }) {
    const name = record?.live.secret
    if (!name) return undefined
    const place = placeOfAnswers(felderaAnswers(answers))
    return heldInSecret({ place, name, key: 'tls.crt' }, { ...calling, userFolder: folder })
  },
  preflight: async (_world, answered) => preflightSteps(answered?.answers),
  ops: felderaOps,
  shell: ['kubernetes/functions.sh', 'feldera/functions.sh'],
  stage: createStage,
}
