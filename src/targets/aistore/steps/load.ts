import type { Step } from '../../../plan/plan.ts'
import { certificateStep } from '../../certificate-step.ts'
import { undoBase } from '../../proof-steps.ts'
import { aistoreAnswers } from '../answers.ts'
import { pairNow } from '../listeners.ts'
import { profile } from '../profile.ts'
import { backUp } from './back-up.ts'
import { clientSteps } from './clients.ts'
import { checkClocks, checkCluster, checkCommand } from './common.ts'
import { unlessServed } from './down-and-up.ts'
import {
  checkHosts,
  filesInput,
  hostsInput,
  keepFound,
  lookAtFiles,
  lookLimit,
  type Paths,
  placeAct,
  staysUnfinished,
} from './files.ts'
import { changesLevel, levelSteps } from './levels.ts'
import { load, served } from './load-ops.ts'
import { proofSteps } from './proof.ts'
import type { Aistore } from './wanted.ts'

/**
 * Another pair for a cluster that speaks HTTPS: into its files, key first, then loaded by each node.
 * No node is restarted and no connection is lost, unless the nodes shall ask their clients for something
 * else; the paths are those that the cluster has.
 */
export function loadSteps(wanted: Aistore): Step[] {
  const { answers, present, before, privateRoot } = wanted
  const { caFile, listeners } = aistoreAnswers(answers)
  const { server_crt, server_key, client_ca_tls } = pairNow(answers, present)
  const other = changesLevel(wanted)
  // nodes talk to each other on the listeners inside alone
  const trusts = privateRoot && listeners !== 'public'
  // a cluster that verifies nobody yet may have no root on its nodes
  const adds = other && privateRoot && client_ca_tls === ''
  const paths: Paths = {
    certFile: server_crt,
    keyFile: server_key,
    caFile: adds ? caFile : client_ca_tls,
  }
  const fresh = filesInput(wanted, paths, name => ({ kept: name }), adds)
  const old = filesInput(wanted, paths, name => ({ before: name }), false)
  return [
    checkCluster(wanted),
    ...(other ? checkCommand(wanted) : []),
    ...checkHosts(wanted, paths, ['check.cluster'], adds),
    certificateStep(wanted, profile(answers, present)),
    checkClocks(wanted),
    ...(before === undefined ? [keepFound(wanted, paths)] : []),
    ...clientSteps(wanted),
    backUp(wanted),
    ...(trusts ? [checkRoots(wanted, paths)] : []),
    {
      id: 'change.files',
      phase: 'change',
      title: 'Put key and certificate where the nodes read them',
      look: lookAtFiles(wanted, fresh),
      act: placeAct(wanted, fresh),
      undo: [
        {
          ...undoBase,
          id: 'undo.files',
          title: 'Put the pair of before back',
          act: placeAct(wanted, old),
        },
        {
          ...undoBase,
          id: 'undo.load',
          title: 'Load the pair of before on each node',
          act: load(wanted, { before: 'chain.pem' }, 'load', { downToo: true }),
        },
      ],
      needs: ['check.clocks', ...(trusts ? ['check.roots'] : [])],
      onFail: 'undo',
      ...staysUnfinished(wanted),
    },
    {
      id: 'change.load',
      phase: 'change',
      title: 'Load the new pair on each node',
      // nodes that a run which is taken up finds shut down for their level read it at their start
      look: other
        ? unlessServed(wanted, { kept: 'chain.pem' })
        : {
            look: served(wanted, { kept: 'chain.pem' }),
            already: [{ json: 'served', equals: true }],
          },
      act: load(wanted, { kept: 'chain.pem' }, 'load'),
      needs: ['change.files'],
      onFail: 'undo',
    },
    ...(other ? levelSteps(wanted, ['change.load'], adds ? caFile : undefined) : []),
    ...proofSteps(wanted, [other ? 'change.ready' : 'change.load']),
  ]
}

function checkRoots(wanted: Aistore, { caFile }: Paths): Step {
  const { place } = aistoreAnswers(wanted.answers)
  return {
    id: 'check.roots',
    phase: 'prepare',
    title: 'See whether the nodes trust the root of the new pair',
    act: {
      do: 'op:aistore.roots',
      input: {
        roots: { kept: 'roots.pem' },
        known: { before: 'roots.pem' },
        caFile,
        place,
        ...hostsInput(wanted),
      },
      limit: lookLimit(wanted),
    },
    needs: ['prepare.certificate'],
    onFail: 'stop',
  }
}
