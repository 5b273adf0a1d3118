import type { Answered, Answers } from '../../answers/answers.ts'
import { Problem } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Finding, finding } from '../../findings.ts'
import { atPath } from '../../plan/predicate.ts'
import { oneLine } from '../../process/plain-text.ts'
import { currentGeneration, generationFolder } from '../../record/generation.ts'
import { recordPaths } from '../../record/paths.ts'
import type { World } from '../../world.ts'
import type { Discovery, Known } from '../target.ts'
import { aistoreAnswers, hostPort } from './answers.ts'
import type { Api, Said } from './api.ts'
import { clusterIn } from './cluster.ts'
import { discoverNew } from './discover-new.ts'
import { aistoreFindings } from './findings.ts'
import { hasStarted } from './flags.ts'
import { apiOf, primaryOf, recordedClient } from './place.ts'
import { type AistorePresent, nothingRead } from './present.ts'
import { clientProblem, loginProblem } from './said.ts'
import { settingsIn } from './state.ts'

/** Milliseconds for all of it. */
const limitMs = 60_000

/** Reads the cluster's map and settings through its REST API; changes nothing. */
export async function discover(
  { answers, folder }: Answered,
  world: World,
  { record, secrets }: Known,
): Promise<Discovery<AistorePresent>> {
  const own = aistoreAnswers(answers)
  // once its first start is proven it is a cluster like any other
  if (own.deployment === 'new' && record === undefined) return discoverNew(own, world)
  const signal = AbortSignal.timeout(limitMs)
  const paths = recordPaths(world.stateFolder, answers.endpoint)
  const current = await currentGeneration(paths)
  const recorded = [current ?? 0, 0].map(each => `${generationFolder(paths, each)}/roots.pem`)
  const access = {
    uuid: '',
    primary: '',
    nodes: [],
    roots: [...recorded, ...(own.roots === undefined ? [] : [own.roots])],
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
  const outside = atPath(config.json, 'net.http.pub.server_crt')
  if (typeof outside === 'string' && outside !== '') throw publicPair(at, outside)
  const flags = atPath(status.json, 'cluster.flags')
  if (typeof flags !== 'number' || !hasStarted(flags)) throw notStarted(at, status.seen)
  const version = String(atPath(status.json, 'ais_version') ?? '')
  return { cluster, version, scheme, http }
}

/** A pair of another owner, or one at a place that cannot be known. */
function conflict(
  { target }: Answers,
  { scheme, http, cluster }: AistorePresent,
  recorded: boolean,
): Finding | undefined {
  if (scheme === 'http') return undefined
  const subject = cluster.uuid
  if (!recorded && ['ask', 'stop'].includes(target.onConflict))
    return finding(aistoreFindings, 'aistore.foreign-pair', {
      subject,
      evidence: `net.http.server_crt is ${http.server_crt}`,
      fix: 'Put target.onConflict: adopt into the answers: what is there is kept where it can be read.',
    })
  if (!http.server_crt.startsWith('/') || !http.server_key.startsWith('/'))
    return finding(aistoreFindings, 'aistore.relative-path', {
      subject,
      evidence: `net.http.server_crt is ${http.server_crt}`,
      fix: 'Go back to HTTP first, or set absolute paths and restart: ais config cluster net.http.server_crt=/etc/ais/tls/server.crt net.http.server_key=/etc/ais/tls/server.key',
    })
  return undefined
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

/** AIStore 5: a second pair, which a load reads together with the first. */
function publicPair(address: string, path: string): Problem {
  return new Problem(exitCodes.data, [
    finding(aistoreFindings, 'aistore.public-pair', {
      subject: address,
      evidence: `net.http.pub.server_crt is ${oneLine(path)}`,
      fix: 'Where one certificate shall serve all listeners, clear it first, then restart the cluster: ais config cluster net.http.pub.server_crt= net.http.pub.server_key= net.http.pub.client_ca_tls= net.http.pub.client_auth_tls=0',
    }),
  ])
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
