import type { Answered } from '../../answers/answers.ts'
import { Problem } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { atPath } from '../../plan/predicate.ts'
import { currentGeneration, generationFolder } from '../../record/generation.ts'
import { recordPaths } from '../../record/paths.ts'
import type { World } from '../../world.ts'
import type { Discovery, Known } from '../target.ts'
import { aistoreAnswers, hostPort } from './answers.ts'
import type { Api, Said } from './api.ts'
import { clusterIn } from './cluster.ts'
import { conflict } from './conflict.ts'
import { discoverCli } from './discover-cli.ts'
import { discoverNew } from './discover-new.ts'
import { aistoreFindings } from './findings.ts'
import { hasStarted } from './flags.ts'
import { apiOf, primaryOf, recordedClient } from './place.ts'
import { type AistorePresent, nothingRead } from './present.ts'
import { clientProblem, loginProblem } from './said.ts'
import { siblingRoots } from './siblings.ts'
import { settingsIn } from './state.ts'

/** Milliseconds for all of it. */
const limitMs = 60_000

/** Reads the cluster's map and settings through its REST API, and whether `ais` can follow; changes nothing. */
export async function discover(
  answered: Answered,
  world: World,
  known: Known,
): Promise<Discovery<AistorePresent>> {
  const [found, cli] = await Promise.all([
    discoverCluster(answered, world, known),
    discoverCli(aistoreAnswers(answered.answers), world),
  ])
  // what is wrong with the cluster goes first
  const exit = found.exit ?? cli.exit
  const findings = [...found.findings, ...cli.findings]
  return { ...found, findings, ...(exit === undefined ? {} : { exit }) }
}

async function discoverCluster(
  { answers, folder }: Answered,
  world: World,
  { record, secrets }: Known,
): Promise<Discovery<AistorePresent>> {
  const own = aistoreAnswers(answers)
  // once its first start is proven it is a cluster like any other
  if (own.deployment === 'new' && record === undefined) return discoverNew(answers, world)
  const signal = AbortSignal.timeout(limitMs)
  const paths = recordPaths(world.stateFolder, answers.endpoint)
  const current = await currentGeneration(paths)
  const recorded = [current ?? 0, 0].map(each => `${generationFolder(paths, each)}/roots.pem`)
  const theirs = await siblingRoots({ address: hostPort(own.gateway) }, world)
  const access = {
    uuid: '',
    primary: '',
    nodes: [],
    roots: [...recorded, ...theirs, ...(own.roots === undefined ? [] : [own.roots])],
    system: true,
    client: recordedClient(own, paths),
  }
  const api = await apiOf(access, { world, signal, userFolder: folder, secrets })
  try {
    const present = await read(hostPort(own.gateway), api)
    const wrong = conflict(answers, present, record !== undefined)
    return wrong ? { present, findings: [wrong], exit: exitCodes.data } : { present, findings: [] }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const findings = error.findings.map(each =>
      record && each.id === 'aistore.no-cluster' ? { ...each, fix: whyDown(record.name) } : each,
    )
    return { present: nothingRead, findings, exit: error.exit }
  }
}

async function read(gateway: string, api: Api): Promise<AistorePresent> {
  const scheme = await api.scheme(gateway)
  const map = await api.get(gateway, '/v1/daemon?what=smap')
  const cluster = clusterIn(map.json)
  if (scheme === 'down' || !cluster) throw noCluster(gateway, map)
  const at = primaryOf(cluster).public
  const [config, status] = await Promise.all([
    api.get(at, '/v1/cluster?what=cluster_config'),
    api.get(at, '/v1/daemon?what=node_status'),
  ])
  const http = settingsIn(config)
  if (!http) throw noCluster(at, config)
  const flags = atPath(status.json, 'cluster.flags')
  if (typeof flags !== 'number' || !hasStarted(flags)) throw notStarted(at, status.seen)
  const version = String(atPath(status.json, 'ais_version') ?? '')
  return { cluster, version, scheme, http }
}

/** What helps where a cluster that was proven once does not answer. */
function whyDown(name: string): string {
  return `See why: secure-endpoint doctor ${name}; back to HTTP without its answer: secure-endpoint disable ${name} --offline`
}

function noCluster(address: string, said: Said): Problem {
  const kept = loginProblem(address, said) ?? clientProblem(address, said)
  if (kept) return kept
  const stop = (id: keyof typeof aistoreFindings, exit: ExitCode, fix: string) =>
    new Problem(exit, [
      finding(aistoreFindings, id, { subject: address, evidence: said.seen, fix }),
    ])
  return said.untrusted
    ? stop(
        'aistore.untrusted',
        exitCodes.unavailable,
        'Name the roots that sign it: target.roots: ./ca.crt',
      )
    : stop(
        'aistore.no-cluster',
        exitCodes.unavailable,
        'Name a gateway that runs in target.gateway: ais show cluster',
      )
}

function notStarted(address: string, evidence: string): Problem {
  return new Problem(exitCodes.later, [
    finding(aistoreFindings, 'aistore.not-started', {
      subject: address,
      evidence,
      fix: 'Wait until every node has joined: ais show cluster',
    }),
  ])
}
