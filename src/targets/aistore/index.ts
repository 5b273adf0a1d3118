import type { Target } from '../target.ts'
import { aistoreAbout } from './about.ts'
import { aistoreAnswers, hostPort } from './answers.ts'
import type { Node } from './cluster.ts'
import { discover } from './discover.ts'
import { discoverOffline } from './offline/discover-offline.ts'
import { offlineSteps } from './offline/steps.ts'
import { aistoreOps } from './ops.ts'
import { preflightSteps } from './preflight.ts'
import type { AistorePresent } from './present.ts'
import { profile } from './profile.ts'
import { reachNodes } from './reach.ts'
import { createStage } from './stage.ts'
import { disableSteps, enableSteps } from './steps/enable.ts'

export const aistore: Target<AistorePresent> = {
  ...aistoreAbout,
  discover,
  identity: (answers, { cluster, isNew }) =>
    `aistore ${isNew ? hostPort(aistoreAnswers(answers).gateway) : cluster.uuid}`,
  changes(answers, { cluster, version, isNew }) {
    const { gateway, proxies, targets } = aistoreAnswers(answers)
    if (isNew)
      return `new AIStore cluster, proxies ${proxies}, targets ${targets}, gateway ${gateway}`
    const count = (kind: Node['kind']) => cluster.nodes.filter(each => each.kind === kind).length
    const nodes = `proxies ${count('proxy')}, targets ${count('target')}`
    return `AIStore cluster ${cluster.uuid}, ${nodes}, version ${version}, gateway ${gateway}`
  },
  profile,
  enable: enableSteps,
  rotate: enableSteps,
  disable: disableSteps,
  offline: { discover: discoverOffline, disable: offlineSteps },
  world: ({ cluster, version, scheme, http }) => ({
    uuid: cluster.uuid,
    primary: cluster.primary,
    version,
    scheme,
    http: { ...http },
    nodes: cluster.nodes.map(node => ({ ...node })),
  }),
  reach: reachNodes,
  preflight: preflightSteps,
  ops: aistoreOps,
  shell: [
    ...['aistore/functions.sh', 'aistore/mtls.sh', 'aistore/clocks.sh', 'aistore/joined.sh'],
    { file: 'aistore/on-host.sh', op: 'op:aistore.hosts', printedBy: 'on_host_program' },
    { file: 'aistore/hosts.sh', op: 'op:aistore.hosts' },
    {
      file: 'aistore/check-files.sh',
      op: 'op:aistore.place-by-hand',
      printedBy: 'ais_check_program',
    },
    { file: 'aistore/by-hand.sh', op: 'op:aistore.place-by-hand' },
  ],
  stage: createStage,
}
