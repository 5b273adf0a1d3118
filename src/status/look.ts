import { X509Certificate } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem, titleOf } from '../errors.ts'
import { rotationDue } from '../front/words/endpoint.ts'
import { parseAddress } from '../net/address.ts'
import { type HandshakeOptions, type HandshakeResult, handshake } from '../net/handshake.ts'
import { pemCertificates, systemRoots } from '../net/roots.ts'
import { type Held, type HeldStatus, judgeHeld, recordedChain } from '../proof/held.ts'
import { type Server, serversAt } from '../proof/servers.ts'
import { type EndpointRecord, readEndpoint } from '../record/endpoint.ts'
import { currentGeneration, generationFolder, readGeneration } from '../record/generation.ts'
import { recordPaths } from '../record/paths.ts'
import { unlessAbsent } from '../record/read.ts'
import { readUnfinished } from '../road/unfinished.ts'
import type { World } from '../world.ts'
import { type Alert, alerts, type EndpointStatus, type PartStatus } from './endpoint-status.ts'

/** An alert for a leaf that expires within this many milliseconds (3 days, as AIStore has it). */
const soonMs = 3 * 86_400_000

/** How often nothing may answer before that is believed, and the pause between (milliseconds). */
const mostTries = 3
const betweenMs = 500

/** What is recorded of an endpoint, without looking at the network. */
export async function recordedStatus(name: string, world: World): Promise<EndpointStatus> {
  const paths = recordPaths(world.stateFolder, name)
  const record = await readEndpoint(paths)
  const unfinished = await readUnfinished(paths)
  const number = await currentGeneration(paths)
  const leaf = number === undefined ? undefined : (await readGeneration(paths, number))?.leaf
  return {
    name,
    target: record?.target ?? unfinished?.plan.target ?? 'unknown',
    ...(record ? { record } : {}),
    ...(leaf ? { leaf } : {}),
    alerts: unfinished ? ['unfinished'] : [],
    seen: '',
  }
}

/** How an endpoint is looked at beside its recorded addresses, as far as its target has ways for that. */
export interface Ways {
  /** Opens the ways to servers that no recorded address leads to, for as long as `use` needs them. */
  reach?<T>(use: (servers: Server[], notSeen?: string) => Promise<T>): Promise<T>
  /** Reads what servers will read when they start again; nothing where that is not ours to judge. */
  held?(): Promise<Held | undefined>
}

/**
 * Looks at an endpoint as it is served now, at each of its addresses, and at what is served next.
 */
export async function lookAtEndpoint(
  name: string,
  world: World,
  signal: AbortSignal,
  { reach, held: readHeld }: Ways = {},
): Promise<EndpointStatus> {
  setMaxListeners(0, signal) // every address of every endpoint that is looked at listens for the stop
  const recorded = await recordedStatus(name, world)
  const { record, leaf } = recorded
  const looked = new Date(world.clock.now()).toISOString()
  if (!record) return { ...recorded, looked, seen: 'not served yet' }
  if (!record.https)
    return {
      ...recorded,
      looked,
      alerts: sorted([...recorded.alerts, 'plain-http']),
      seen: 'plain HTTP',
    }
  const roots = await rootsOf(name, world)
  let unseen: string | undefined
  const look = async (servers: readonly Server[], notSeen?: string) => {
    unseen = notSeen
    const seen = await Promise.all(
      servers.map(({ address }) => {
        const at = parseAddress(address) ?? { host: address, port: 0 }
        return lookAgain({ ...at, name: record.domain ?? at.host, roots, signal }, world)
      }),
    )
    return seen.map((result, index) => {
      const { name: called = '', part, raises = [], leaf: wanted } = servers[index] ?? {}
      const one = judge(result, wanted ?? leaf?.fingerprint, world.clock.now())
      const own = alerts.flatMap(({ alert }) => (raises.includes(alert) ? [alert] : []))
      const says = one.seen || (own.length > 0 ? `says itself: ${own.join(', ')}` : '')
      return {
        ...one,
        alerts: [...new Set([...one.alerts, ...own])],
        seen: reach && says !== '' ? `${called} ${says}` : says,
        ...(part === undefined ? {} : { part }),
      }
    })
  }
  const [judged, held]: [Judged[], HeldStatus | undefined] = await Promise.all([
    reach ? reach(look).catch(error => [unreached(error)]) : serversAt(record.addresses).then(look),
    heldNow(name, world, readHeld),
  ])
  const worst = judged.reduce(
    (a, b) => (rank(b.alerts) < rank(a.alerts) ? b : a),
    judged[0] ?? silent,
  )
  const { part: _part, ...one } = worst
  const parts = partsOf(judged)
  const stored: Alert[] = held?.state === 'changed' ? ['secret-drift'] : []
  return {
    ...recorded,
    ...one,
    looked,
    alerts: sorted([...recorded.alerts, ...one.alerts, ...stored]),
    ...(held ? { held } : {}),
    ...(parts.length > 0 ? { parts } : {}),
    ...(unseen === undefined ? {} : { notSeen: unseen }),
  }
}

async function heldNow(
  name: string,
  world: World,
  readHeld: Ways['held'],
): Promise<HeldStatus | undefined> {
  const held = await readHeld?.()
  return held && judgeHeld(held, await recordedChain(recordPaths(world.stateFolder, name)))
}

/**
 * A handshake; one that shows no leaf is no verdict and is tried again: a healthy load balancer lets one
 * time out under load.
 */
async function lookAgain(
  options: Omit<HandshakeOptions, 'timeoutMs'> & { signal: AbortSignal },
  { clock }: World,
): Promise<HandshakeResult> {
  for (let tries = 1; ; tries += 1) {
    const result = await handshake({ ...options, timeoutMs: 10_000 })
    if (isSeen(result) || tries === mostTries || options.signal.aborted) return result
    await clock.sleep(betweenMs)
  }
}

function isSeen({ outcome, chain }: HandshakeResult): boolean {
  return outcome === 'done' && chain.length > 0
}

type Judged = Pick<EndpointStatus, 'alerts' | 'seen' | 'served'> & { part?: string }

/** Each part with the alerts of all its listeners, and the leaf that ends first. */
function partsOf(judged: readonly Judged[]): PartStatus[] {
  const names = [...new Set(judged.flatMap(({ part }) => part ?? []))]
  return names.map(name => {
    const all = judged.filter(({ part }) => part === name)
    const [notAfter] = all.flatMap(({ served }) => served?.notAfter ?? []).sort()
    const found = sorted(all.flatMap(each => each.alerts))
    return { name, alerts: found, ...(notAfter === undefined ? {} : { notAfter }) }
  })
}

const silent: Judged = { alerts: ['unreachable'], seen: 'no address is recorded' }

/** What stands in the way to an endpoint: a cluster that does not answer, a login that ran out. */
function unreached(error: unknown): Judged {
  if (!(error instanceof Problem)) throw error
  return { alerts: ['unreachable'], seen: titleOf(error) }
}

function judge(result: HandshakeResult, leaf: string | undefined, now: number): Judged {
  const der = result.chain[0]
  if (result.outcome !== 'done' || !der) {
    return { alerts: ['unreachable'], seen: result.error ?? result.outcome }
  }
  const x509 = new X509Certificate(der)
  const served = {
    fingerprint: x509.fingerprint256,
    notBefore: new Date(x509.validFrom).toISOString(),
    notAfter: new Date(x509.validTo).toISOString(),
  }
  const found: Alert[] = []
  const left = Date.parse(served.notAfter) - now
  if (left < 0) found.push('tls-cert-expired')
  else if (left < soonMs) found.push('tls-cert-will-soon-expire')
  if (result.distrust && left >= 0) found.push('tls-cert-invalid')
  if (leaf && leaf !== served.fingerprint) found.push('drift')
  if (left >= 0 && now >= rotationDue(served)) found.push('rotation-due')
  const seen = found.includes('drift')
    ? `serves ${served.fingerprint.slice(0, 11)}`
    : found.includes('tls-cert-invalid')
      ? String(result.distrust)
      : ''
  return { alerts: found, seen, served }
}

async function rootsOf(name: string, world: World): Promise<string[]> {
  const paths = recordPaths(world.stateFolder, name)
  const number = await currentGeneration(paths)
  const path = join(generationFolder(paths, number ?? 0), 'roots.pem')
  try {
    return pemCertificates(await readFile(path, 'utf8'))
  } catch (error) {
    return unlessAbsent(path, error, systemRoots(world.env))
  }
}

function rank(found: readonly Alert[]): number {
  const index = Math.min(...found.map(each => alerts.findIndex(({ alert }) => alert === each)))
  return found.length === 0 ? alerts.length : index
}

function sorted(found: readonly Alert[]): Alert[] {
  return alerts.flatMap(({ alert }) => (found.includes(alert) ? [alert] : []))
}

/** What a record says of where an endpoint is, for one line. */
export function whereOf(record: EndpointRecord | undefined): string {
  return record?.url ?? record?.addresses[0] ?? ''
}
