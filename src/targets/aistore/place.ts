import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Answers } from '../../answers/answers.ts'
import { pemCertificates, systemRoots } from '../../net/roots.ts'
import type { Performing } from '../../plan/op.ts'
import type { Input, Json, Text } from '../../plan/plan.ts'
import type { RecordPaths } from '../../record/paths.ts'
import { type AistoreAnswers, aistoreAnswers } from './answers.ts'
import { type Access, type Api, createApi } from './api.ts'
import { type Cluster, clusterIn, type Node } from './cluster.ts'
import { siblingRoots } from './siblings.ts'
import type { Aistore } from './steps/wanted.ts'
import { tokenIn } from './token.ts'

/** Where a cluster is and by what it is trusted: what every op of it gets. */
export interface Place extends Cluster {
  /** PEM files; one that is not there is left out. */
  roots: string[]
  /** Whether the machine's own roots count as well. */
  system: boolean
  /** PEM files, for where the cluster asks clients for a certificate; those that are not there are left out. */
  client: { chain: string; key: string }
}

/** The same as a plan holds it. */
export function placeInput(wanted: Aistore): { [key: string]: Input } {
  const { isNew, cluster } = wanted.present
  return { ...(isNew ? joinedInput() : clusterInput(cluster)), ...accessInput(wanted) }
}

/** The same while nothing is known but how it will be reached. */
export function placeAhead(wanted: Aistore): { [key: string]: Input } {
  return { uuid: '', primary: '', nodes: [], ...accessInput(wanted) }
}

function accessInput({ answers, privateRoot }: Aistore): { [key: string]: Input } {
  const { roots, listeners } = aistoreAnswers(answers)
  return {
    roots: [
      { kept: 'roots.pem' },
      { before: 'roots.pem' },
      ...(roots === undefined ? [] : [roots]),
    ],
    // the listeners that are asked may have the pair of somebody else
    system: !privateRoot || listeners !== 'all',
    client: { ...clientFiles(answers) },
  }
}

function clusterInput({ uuid, primary, nodes }: Cluster): { [key: string]: Input } {
  return { uuid, primary, nodes: nodes.map(node => ({ ...node })) }
}

/** What the first start of a new cluster gave it. */
function joinedInput(): { [key: string]: Input } {
  return { uuid: joined('uuid'), primary: joined('primary'), nodes: joined('nodes') }
}

/** What the step in which a new cluster becomes whole finds out. */
export function joined(name: string): Text {
  return { capture: `change.join.${name}` }
}

/**
 * Where our own certificate and key lie: as the answers name them, or beside the generations, so that
 * what clients are configured with outlives a rotation.
 */
export function clientFiles(answers: Answers): { chain: Text; key: Text } {
  const { clientChain, clientKey } = aistoreAnswers(answers)
  return clientChain === undefined || clientKey === undefined
    ? { chain: { kept: '../../client/chain.pem' }, key: { kept: '../../client/key.pem' } }
    : { chain: clientChain, key: clientKey }
}

/** The same where no plan says it. */
export function recordedClient(
  { clientChain, clientKey }: AistoreAnswers,
  { folder }: Pick<RecordPaths, 'folder'>,
): Place['client'] {
  return clientChain === undefined || clientKey === undefined
    ? { chain: join(folder, 'client', 'chain.pem'), key: join(folder, 'client', 'key.pem') }
    : { chain: clientChain, key: clientKey }
}

/** The place that an op gets; what is not known before the run (for showing a plan) has no nodes. */
export function placeOf(input: Json | undefined): Place {
  const place = input as unknown as Omit<Place, 'nodes'> & { nodes: Node[] | string | object }
  const { nodes } = place
  if (typeof nodes === 'string') return { ...place, nodes: JSON.parse(nodes) as Node[] }
  return { ...place, nodes: Array.isArray(nodes) ? nodes : [] }
}

/** The primary, or the first node where the map is older than the primary. */
export function primaryOf({ nodes, primary }: Cluster): Node {
  return (nodes.find(({ id }) => id === primary) ?? nodes[0]) as Node
}

/** The public address of the proxy that decides now: another one may have been elected meanwhile. */
export async function leaderOf(place: Place, api: Api): Promise<string> {
  const first = primaryOf(place)
  const proxies = place.nodes.filter(node => node.kind === 'proxy' && node !== first)
  for (const { public: address } of [first, ...proxies]) {
    const { json } = await api.get(address, '/v1/daemon?what=smap')
    const map = clusterIn(json)
    if (map && map.uuid === place.uuid) return primaryOf(map).public
  }
  return first.public
}

type Calling = Pick<Performing, 'world' | 'signal' | 'userFolder' | 'secrets'>

/** Reads what the cluster is trusted by, and gives a way to ask its nodes. */
export async function apiOf(place: Place, ctx: Calling): Promise<Api> {
  return createApi(await accessOf(place, ctx), ctx)
}

/** Reads what the cluster is trusted by, and our own certificate where there is one. */
export async function accessOf(
  place: Place,
  { world, userFolder, secrets }: Calling,
): Promise<Access> {
  const read = (path: string) => readFile(resolve(userFolder, path), 'utf8').catch(() => '')
  // where another pair may be met, that of another endpoint here is as well known
  const theirs = place.system ? await siblingRoots({ uuid: place.uuid }, world) : []
  const own = (await Promise.all([...place.roots, ...theirs].map(read))).flatMap(pemCertificates)
  const roots = own.length > 0 && !place.system ? own : [...own, ...systemRoots(world.env)]
  const token = tokenIn(secrets)
  const [chain = '', key = ''] = await Promise.all([place.client.chain, place.client.key].map(read))
  return {
    roots: [...new Set(roots)],
    ...(chain === '' || key === '' ? {} : { client: { chain, key } }),
    ...(token === undefined ? {} : { token }),
  }
}
