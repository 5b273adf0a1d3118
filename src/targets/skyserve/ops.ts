import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { formatAddress, parseAddress } from '../../net/address.ts'
import { handshake } from '../../net/handshake.ts'
import type { Op, OpTable, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import {
  generationFolder,
  listGenerations,
  readGeneration,
  writeGeneration,
} from '../../record/generation.ts'
import { type ApiServer, askRequests, plannedServer } from './api.ts'
import { skyserveFindings } from './findings.ts'
import { ready } from './ready.ts'
import { inWords, readServices, type ServiceState, serviceNamed } from './service.ts'

type Input = Record<string, Json>

/** What `skyserve.service` answers. */
interface ServiceLook extends Record<string, Json> {
  /** sky's status; `ABSENT` where that is sure, `UNKNOWN` where sky is not. */
  state: string
  tls: boolean | null
  /** Whether it runs with the pair of the generation that this plan makes. */
  ours: boolean
  url: string | null
  host: string | null
  /** `host:port` where clients reach it. */
  address: string | null
  port: string | null
  keyfile: string | null
  ready: number
  total: number
  /** A `sky serve up` or `down` that the API server is at for this service. */
  underWay: string | null
  seen: string
}

/** Looks at one service: `{service, server, address?}`. */
const service: Op = {
  changes: false,
  async run({ service: name, server: url, address }: Input, ctx): Promise<Json> {
    const server = await plannedServer(String(url), ctx.world)
    // Requests first: where none is under way, what is read of the service afterwards is settled.
    const request = await requestUnderWay(String(name), server, ctx)
    const all = await readServices([String(name)], server, ctx)
    const found = serviceNamed(all, String(name))
    const starting = /_INIT$/.test(found.status) && found.url === undefined
    const instead = typeof address === 'string' && !ctx.rehearsal ? address : undefined
    const at = addressOf(found.url, instead)
    const ours = await isOurs(found, at?.address ?? null, ctx)
    const underWay = request ?? (starting ? 'its start' : null)
    const answer: ServiceLook = {
      state: found.status,
      tls: found.tls ?? null,
      ours,
      url: found.url ?? null,
      host: at?.host ?? null,
      address: at?.address ?? null,
      port: at ? String(parseAddress(at.address)?.port ?? '') : null,
      keyfile: found.keyfile ?? null,
      ready: found.replicas.ready,
      total: found.replicas.total,
      underWay,
      seen: inWords(found, all.seen),
    }
    return answer
  },
  printed: ({ service: name }, show) => [`sky serve status ${show(name)}`],
  shell: ({ service: name, server, address = '' }, sh) => [
    `sky_service ${[name, server, address].map(sh.word).join(' ')}`,
  ],
}

/** Where an endpoint is reached. `instead` stands in for the host that sky names. */
function addressOf(
  url: string | undefined,
  instead: string | undefined,
): { host: string; address: string } | undefined {
  if (!url) return undefined
  const { hostname, port, protocol } = new URL(url)
  const host = instead ?? hostname.replace(/^\[|\]$/g, '')
  return {
    host,
    address: formatAddress({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) }),
  }
}

/** By the key path that it runs with; where a remote server rewrites paths, by the leaf that it serves. */
async function isOurs(
  found: ServiceState,
  address: string | null,
  { bindings, record, signal }: Performing,
): Promise<boolean> {
  if (found.keyfile === join(bindings.kept, 'key.pem')) return true
  if (found.tls === false || address === null) return false
  const wanted = (await readGeneration(record.paths, record.generation))?.leaf?.fingerprint
  const at = parseAddress(address)
  if (!wanted || !at) return false
  const { chain } = await handshake({ ...at, name: at.host, roots: [], timeoutMs: 5_000, signal })
  return chain[0] !== undefined && new X509Certificate(chain[0]).fingerprint256 === wanted
}

async function requestUnderWay(
  name: string,
  server: ApiServer,
  ctx: Performing,
): Promise<string | null> {
  const requests = await askRequests(server, ctx.world, ctx.signal)
  const at = requests.find(
    each => /serve\.(up|down)$/.test(each.name) && each.services.includes(name),
  )
  return at ? at.name.replace('sky.', 'sky ').replace('.', ' ') : null
}

/**
 * Keeps what runs now as generation 0, for going back: the user's YAML, and its pair where this
 * machine can read it: `{service, server, yaml}`.
 */
const keepFound: Op = {
  changes: false,
  async run({ service: name, server: at, yaml }: Input, ctx): Promise<Json> {
    const { paths } = ctx.record
    if ((await listGenerations(paths)).includes(0)) return { kept: true, seen: 'generation 0' }
    const server = await plannedServer(String(at), ctx.world)
    const all = await readServices([String(name)], server, ctx)
    const found = serviceNamed(all, String(name))
    const pair = await foundPair(found)
    const own = await userYaml(typeof yaml === 'string' ? yaml : undefined, found, ctx)
    const text = 'key.pem' in pair ? await withKeptPair(own, ctx) : own
    const made = new Date(ctx.world.clock.now()).toISOString()
    const { url, tls = false, keyfile } = found
    await writeGeneration(
      paths,
      { number: 0, made, source: 'found', found: { url, tls, keyfile } },
      { 'service.yaml': text, ...pair },
    )
    return { kept: true, seen: tls ? 'its YAML and pair' : 'its YAML' }
  },
  printed: ({ yaml }, show) => [
    `keeps ${yaml === undefined ? 'the YAML that the service runs with' : show(yaml)} as generation 0`,
  ],
  shell: ({ yaml }, sh) => [`keep_service_yaml ${sh.word(yaml)}`],
}

async function userYaml(
  path: string | undefined,
  found: ServiceState,
  { userFolder }: Performing,
): Promise<string> {
  if (found.yaml !== undefined) return found.yaml
  if (path === undefined) {
    const occurrence = {
      subject: found.name,
      evidence: '',
      fix: 'Name the file in the answers: target.yaml.',
    }
    throw new Problem(exitCodes.data, [
      finding(skyserveFindings, 'skyserve.yaml-unknown', occurrence),
    ])
  }
  return readFile(isAbsolute(path) ? path : join(userFolder, path), 'utf8')
}

/** The YAML with the paths of the copies: the owner's files may go. */
async function withKeptPair(yaml: string, { record, world }: Performing): Promise<string> {
  const { editYaml } = await import('../../plan/edit-yaml.ts')
  const folder = generationFolder(record.paths, 0)
  const values = { keyfile: join(folder, 'key.pem'), certfile: join(folder, 'chain.pem') }
  const set = [{ at: ['service', 'tls'], template: 'skyserve/tls.yaml', values }]
  return editYaml(yaml, { set, remove: [], name: 'the YAML that the service runs with' }, world)
}

/** The running pair's files; a remote API server's paths are not this machine's. */
async function foundPair({ keyfile, certfile }: ServiceState): Promise<Record<string, Buffer>> {
  if (!keyfile || !certfile || !isAbsolute(keyfile) || !isAbsolute(certfile)) return {}
  try {
    return { 'key.pem': await readFile(keyfile), 'chain.pem': await readFile(certfile) }
  } catch {
    return {}
  }
}

export const skyserveOps: OpTable = {
  'skyserve.service': service,
  'skyserve.ready': ready,
  'skyserve.keep-found': keepFound,
}
