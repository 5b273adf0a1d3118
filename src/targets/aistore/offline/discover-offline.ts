import type { Answered } from '../../../answers/answers.ts'
import { exitCodes } from '../../../exit-codes.ts'
import { type Finding, finding } from '../../../findings.ts'
import { recordPaths } from '../../../record/paths.ts'
import { readUnfinished } from '../../../road/unfinished.ts'
import type { World } from '../../../world.ts'
import type { Discovery, Known } from '../../target.ts'
import { type AistoreAnswers, aistoreAnswers } from '../answers.ts'
import { nodeLabel } from '../cluster.ts'
import { aistoreFindings } from '../findings.ts'
import { apiOf } from '../place.ts'
import { type AistorePresent, nothingRead } from '../present.ts'
import { readState, wrongIn } from '../state.ts'
import { youngestOf } from './edit.ts'
import { type NodeFiles, readNodeFiles } from './read-node.ts'
import { recordedCluster, recordedPlace } from './recorded.ts'

/**
 * Reads a cluster of which no node needs to answer: its nodes by the record, its settings from the
 * nodes' own files. All of them must lie where this machine can write them.
 */
export async function discoverOffline(
  { answers, folder }: Answered,
  world: World,
  { record, secrets }: Known,
): Promise<Discovery<AistorePresent>> {
  const paths = recordPaths(world.stateFolder, answers.endpoint)
  const cluster = recordedCluster(record, await readUnfinished(paths))
  if (!cluster) return stop([notKnown(answers.endpoint)])
  const place = await recordedPlace(cluster, answers, paths)
  const signal = AbortSignal.timeout(60_000)
  const api = await apiOf(place, { world, signal, userFolder: folder, secrets })
  const state = await readState(place, api)
  const well = (['http', 'https'] as const).some(each => wrongIn(state, place, each).size === 0)
  if (well) return stop([stillRuns(answers.endpoint, cluster.uuid)])
  const files = await readNodeFiles(cluster.nodes, aistoreAnswers(answers), paths)
  const base = youngestOf(
    files.flatMap(({ conf }) => conf ?? []),
    cluster.uuid,
  )
  const http = files.find(({ conf }) => conf !== undefined && conf === base)?.http
  const away = files.filter(({ conf }) => conf === undefined)
  const { place: way } = aistoreAnswers(answers)
  if (away.length > 0) return stop(away.map(each => notHere(each, way)))
  if (!http) return stop([otherCluster(cluster.uuid, files)])
  return { present: { cluster, version: '', scheme: 'https', http }, findings: [] }
}

function stop(findings: Finding[]): Discovery<AistorePresent> {
  return { present: nothingRead, findings, exit: exitCodes.unavailable }
}

function notHere({ node, place, unread }: NodeFiles, way: AistoreAnswers['place']): Finding {
  const confdir = place?.confdir ?? 'CONFDIR'
  return finding(aistoreFindings, 'aistore.not-here', {
    subject: nodeLabel(node),
    evidence:
      way === 'ssh' ? `${unread}; by ssh nothing but certificates and keys is placed` : unread,
    fix: `Name the folder in target.confdir ("/…/{node}"), or where ${node.id} runs: mv ${confdir}/.ais.conf ${confdir}/.ais.conf.before; write use_https=false and http:// into its ais.json; start it`,
  })
}

/** Settings of this cluster are on no node: there is nothing that could be changed. */
function otherCluster(uuid: string, files: readonly NodeFiles[]): Finding {
  const others = [...new Set(files.flatMap(each => each.uuid ?? []))]
  return finding(aistoreFindings, 'aistore.other-uuid', {
    subject: files.map(({ node }) => nodeLabel(node)).join(', '),
    evidence: `${others.join(', ')} instead of ${uuid}`,
    fix: 'Put the kept .ais.conf and .ais.smap of each node back, then run the same command again.',
  })
}

function stillRuns(name: string, uuid: string): Finding {
  return finding(aistoreFindings, 'aistore.still-runs', {
    subject: uuid,
    evidence: 'every node has started',
    fix: `Ask the cluster itself: secure-endpoint disable ${name}`,
  })
}

function notKnown(name: string): Finding {
  return finding(aistoreFindings, 'aistore.no-cluster', {
    subject: name,
    evidence: 'its nodes are not on record',
    fix: `Start one of its gateways, then: secure-endpoint disable ${name}`,
  })
}
