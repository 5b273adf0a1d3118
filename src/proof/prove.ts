import { X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Address, formatAddress, parseAddress } from '../net/address.ts'
import { isIP } from '../net/is-ip.ts'
import { pemCertificates, systemRoots } from '../net/roots.ts'
import { sharedContexts } from '../net/secure-context.ts'
import type { ProofResult } from '../plan/events.ts'
import type { RunTool } from '../process/tool.ts'
import type { World } from '../world.ts'
import { probeAnswers, probePlain } from './http-probes.ts'
import { combine, type Probed, passes } from './result.ts'
import { probeTls, type TlsWanted } from './tls-probes.ts'
import { probeVersions } from './version-probe.ts'
import type { WantedEndpoint } from './wanted.ts'

export interface Proving {
  world: Pick<World, 'clock' | 'env'>
  run: RunTool
  signal: AbortSignal
  /** Told before each new try. */
  onRetry?: (seen: string, elapsedMs: number) => void
  /**
   * Awaited before each probe that follows another at the same address, which are made in turn then:
   * what leads there may not outlive a connection that the server resets.
   */
  between?: (address: Address) => Promise<void>
}

/** What tells which leaf is served, and no more. */
export const leafProbes: readonly string[] = ['tcp.open', 'tls.handshake', 'tls.leaf']

/** A definite failure is believed after so many tries. */
const tries = 3
const betweenMs = 5_000
const betweenTransientMs = 500
/**
 * At so many addresses curl gives its opinion, too; at the others the built-in client asks alone. To
 * begin a process costs 9 ms of our own time each: at 64 nodes more than all handshakes.
 */
const curlAt = 4

/**
 * Proves what an endpoint serves, at every address. A failure is no verdict at once: what may only
 * need time is tried until `waitMs` is over, anything else three times, 5 s apart.
 */
export function prove(wanted: WantedEndpoint, proving: Proving): Promise<ProofResult[]> {
  return retried(wanted, proving, () => probeAll(wanted, proving))
}

/** Proves only that TLS is spoken with the wanted leaf. */
export async function proveLeaf(wanted: WantedEndpoint, proving: Proving): Promise<ProofResult[]> {
  return retried(wanted, proving, async () => {
    return probeAll(wanted, proving, leafProbes)
  })
}

/** Tries again until all pass or the failure is believed. */
export async function retried(
  wanted: Pick<WantedEndpoint, 'decides' | 'waitMs'>,
  proving: Proving,
  probe: () => Promise<Probed[]>,
): Promise<ProofResult[]> {
  const { clock } = proving.world
  const began = clock.elapsed()
  let definite = 0
  for (let times = 1; ; times += 1) {
    const probed = await probe()
    const results = combine(probed, wanted.decides)
    if (passes(results)) return results
    proving.signal.throwIfAborted()
    const elapsed = clock.elapsed() - began
    const bad = probed.filter(({ state }) => state === 'fail' || state === 'unknown')
    const transient = bad.every(each => each.transient)
    if (!transient) definite += 1
    if (transient ? elapsed >= wanted.waitMs : definite >= tries) {
      const tried = { times, overMs: Math.round(elapsed) }
      return results.map(each => (isBad(each) ? { ...each, tried } : each))
    }
    proving.onRetry?.(bad[0] ? `${bad[0].id}: ${bad[0].seen}` : '', elapsed)
    await clock.sleep(transient ? betweenTransientMs : betweenMs, proving.signal)
  }
}

function isBad({ state }: ProofResult): boolean {
  return state === 'fail' || state === 'unknown'
}

/** All probes at every address, once; with `only`, no others are made. */
export async function probeAll(
  wanted: WantedEndpoint,
  proving: Proving,
  only?: readonly string[],
): Promise<Probed[]> {
  const roots = wanted.roots
    ? pemCertificates(await readFile(wanted.roots, 'utf8'))
    : systemRoots(proving.world.env)
  const rootsName = wanted.roots ? basename(wanted.roots) : "this machine's roots"
  const client = wanted.client ? await readClient(wanted.client) : undefined
  const own = client ? { client } : {}
  const contexts = sharedContexts({ roots, ...own })
  const trust = { roots, rootsName, contexts, parse: parseOnce(), ...own }
  const addresses = await expand(wanted.addresses)
  const all = await Promise.all(
    addresses.map((address, index) => {
      const { run, ...rest } = proving
      return probeOne(address, wanted, trust, index < curlAt ? proving : rest, only)
    }),
  )
  const probed = all.flat()
  return only ? probed.filter(({ id }) => only.includes(id)) : probed
}

/** Reads each certificate once, however many servers send it. */
function parseOnce(): TlsWanted['parse'] {
  const known = new Map<string, X509Certificate>()
  return der => {
    const key = der.toString('latin1')
    const parsed = known.get(key) ?? new X509Certificate(der)
    known.set(key, parsed)
    return parsed
  }
}

async function readClient({ chain, key }: { chain: string; key: string }) {
  return { chain: await readFile(chain, 'utf8'), key: await readFile(key, 'utf8') }
}

async function probeOne(
  address: Address,
  wanted: WantedEndpoint,
  trust: Pick<TlsWanted, 'roots' | 'rootsName' | 'contexts' | 'parse' | 'client'>,
  { world, run, signal, between }: Omit<Proving, 'run'> & Partial<Pick<Proving, 'run'>>,
  only?: readonly string[],
): Promise<Probed[]> {
  const { name, leaf } = wanted
  const leafOnly = only?.every(id => leafProbes.includes(id)) === true
  const asked = { address, name, ...trust, signal, leafOnly }
  const now = world.clock.now()
  const { probed: tls, protocol } = await probeTls({
    ...asked,
    ...(leaf === undefined ? {} : { leaf }),
    now,
  })
  if (leafOnly) return tls
  const failed = (...ids: string[]) =>
    tls.find(each => ids.includes(each.id) && each.state === 'fail')
  const skip = (id: string, why: Probed): Probed => ({
    id,
    state: 'skip',
    expected: '',
    seen: `not tried: ${why.id} did not pass`,
    address: formatAddress(address),
  })
  const http = {
    address,
    name,
    path: wanted.path,
    expect: wanted.expect,
    ...(wanted.notReady ? { notReady: wanted.notReady } : {}),
    ...(wanted.plainRefusal ? { plainRefusal: wanted.plainRefusal } : {}),
    ...(wanted.roots ? { rootsFile: wanted.roots } : {}),
    roots: trust.roots,
    contexts: trust.contexts,
    ...(trust.client && wanted.client ? { client: trust.client, clientFiles: wanted.client } : {}),
    ...(run ? { run } : {}),
    signal,
  }
  const closed = failed('tcp.open')
  const noTls = failed('tcp.open', 'tls.handshake')
  const noTrust = noTls ?? failed('tls.leaf', 'tls.chain', 'tls.name', 'tls.dates')
  const askAnswers = async () => (noTrust ? skip('http.answers', noTrust) : probeAnswers(http))
  const askVersions = async () =>
    noTls ? skip('tls.versions', noTls) : probeVersions({ ...asked, now }, protocol)
  const askPlain = async () => (closed ? skip('http.plain', closed) : probePlain(http))
  if (between) {
    await between(address)
    const answers = await askAnswers()
    await between(address)
    const versions = await askVersions()
    await between(address)
    return [...tls, versions, await askPlain(), answers]
  }
  const [versions, plain, answers] = await Promise.all([askVersions(), askPlain(), askAnswers()])
  return [...tls, versions, plain, answers]
}

/** The addresses as IP and port; a host name stands for all that it resolves to. */
async function expand(addresses: readonly string[]): Promise<Address[]> {
  const parsed = addresses.flatMap(text => parseAddress(text) ?? [])
  const expanded = await Promise.all(parsed.map(resolveHost))
  const unique = new Map(expanded.flat().map(address => [formatAddress(address), address]))
  return [...unique.values()]
}

/** A host name stands for all addresses that it resolves to. */
export async function resolveHost({ host, port }: Address): Promise<Address[]> {
  if (isIP(host)) return [{ host, port }]
  try {
    const found = await lookup(host, { all: true })
    // "localhost" is one server with two addresses; it need not listen on both
    const used = host === 'localhost' ? found.filter(({ family }) => family === 4) : found
    return used.map(({ address }) => ({ host: address, port }))
  } catch {
    return [{ host, port }]
  }
}
