import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answers } from '../../answers/answers.ts'
import type { RequestOptions, RequestResult } from '../../net/request.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Json } from '../../plan/plan.ts'
import { strangePair } from '../../rehearsal/pair.ts'
import type { Stage, StageKit } from '../target.ts'
import { aistoreAnswers, hostPort } from './answers.ts'
import { clientWrong } from './client-pair.ts'
import { byHost, hostsOf } from './hosts/destinations.ts'
import { stagePath } from './node-path.ts'
import { type HttpSettings, nothingRead } from './present.ts'
import { profile } from './profile.ts'
import { createStageCli } from './stage-cli.ts'
import { answerAsHost } from './stage-hosts.ts'
import { confdirOf, createStageNodes, type StageNode } from './stage-nodes.ts'

type Answer = [status: number, body: Json]

const notJson = 'Client sent an HTTP request to an HTTPS server.\n'
/** How long nodes go on after a shutdown has been answered. */
const endMs = 100
/** How long the stage's nodes take to come back by themselves where nobody's command starts them. */
const byHandMs = 300

/**
 * Stands for a cluster of one proxy and two targets on HTTP, or for one that is not there yet and reads
 * at its first start what it would from ais.json (or on HTTPS with one pair, where the public listeners
 * shall get theirs), with the words and statuses of AIStore
 * 5.0: settings are live at once and listeners change at a start alone; files are opened at a start
 * and by a load, key and certificate are refused one without the other, and use_https before both.
 */
export async function createStage(answers: Answers, kit: StageKit): Promise<Stage> {
  const { restart, firstStart, deployment, ...own } = aistoreAnswers(answers)
  const { clock } = kit.world
  const isNew = deployment === 'new'
  const http: HttpSettings = { ...nothingRead.http }
  const { proxies = 1, targets = 2 } = isNew ? own : {}
  const cluster = createStageNodes(kit, { proxies, targets })
  let isThere = !isNew
  let _ending: NodeJS.Timeout | undefined
  if (own.listeners === 'public') Object.assign(http, await pairOfNodes(answers, kit.world))
  if (isThere) {
    await cluster.keep(http)
    await cluster.start(http)
  }

  /** Nodes read ais.json once. */
  const firstTime = async (section: string) => {
    Object.assign(http, JSON.parse(await readFile(section, 'utf8')).net.http)
    await cluster.keep(http)
    isThere = true
  }

  /** Where the paths of a host lie: several nodes on it share them. */
  const pathsOn = (to: string) => {
    const all = isNew ? [] : hostsOf(cluster.addresses(), own.ssh ?? [byHost])
    const [node, ...others] = all.find(each => each.to === to)?.nodes ?? []
    const one = others.length === 0 ? node : undefined
    return (path: string) => stagePath(path, kit.world.stateFolder, one)
  }

  /** Somebody who does by hand what is asked for. */
  const byHand = async () => {
    const folder = join(kit.world.stateFolder, 'endpoints', answers.endpoint, 'generations')
    const section = (await readdir(folder).catch(() => []))
      .map(each => join(folder, each, 'ais.json'))
      .find(path => existsSync(path) && existsSync(stagePath(own.certFile, kit.world.stateFolder)))
    if (section === undefined) return
    await firstTime(section)
    await cluster.start(http)
  }

  /** The answer comes before the nodes end. */
  const shutdown = (): Answer => {
    const end = async () => {
      await cluster.stop()
      if (restart === undefined)
        setTimeout(() => void cluster.start(http).catch(() => {}), byHandMs).unref()
    }
    _ending ??= setTimeout(() => {
      _ending = undefined
      void end().catch(() => {})
    }, endMs).unref()
    return [200, null]
  }

  const put = async ({ pathname, searchParams }: URL, body: string): Promise<Answer> => {
    const [, , what = '', id] = pathname.split('/').slice(1)
    if (what === 'set-config') {
      const answer = set(http, searchParams)
      await cluster.keep(http)
      return answer
    }
    if (what === 'load-x509') return cluster.load(id, http)
    if (pathname === '/v1/cluster' && body.includes('"shutdown"')) return shutdown()
    return [400, { message: `invalid request URI: 'PUT ${pathname}'` }]
  }

  const get = async (node: StageNode, { pathname, searchParams }: URL): Promise<Answer> => {
    const what = searchParams.get('what')
    if (pathname === '/v1/health') return [200, null]
    if (what === 'smap') return [200, cluster.map()]
    if (what === 'node_status') {
      const flags = node.flags
      return [200, { status: 'online', ais_version: '5.0.v1.5.0', cluster: { flags } }]
    }
    if (what === 'tls_certificate') return node.scheme === 'https' ? [200, node.said] : noLoader
    if (what === 'config' || what === 'cluster_config')
      return [200, { uuid: cluster.uuid, confdir: confdirOf(node), net: { http: shown(http) } }]
    return [400, { message: `unexpected query [what=${what}]` }]
  }

  const api = async ({
    url,
    method = 'GET',
    body = '',
    client,
  }: RequestOptions): Promise<RequestResult> => {
    const asked = new URL(url)
    if (!isThere && firstStart === undefined) await byHand()
    const node = cluster.at(asked.host)
    const speaks = asked.protocol.slice(0, -1)
    const none = { headers: {}, body: '', tookMs: 0 }
    if (node.scheme === 'down') return { ...none, error: 'ECONNREFUSED' }
    if (speaks === 'https' && node.scheme === 'http') return { ...none, error: 'EPROTO' }
    if (speaks !== node.scheme) return { ...none, status: 400, body: notJson }
    if (speaks === 'https' && !takes(node, client, clock.now()))
      return { ...none, error: 'ECONNRESET' }
    await clock.sleep(1)
    const [status, said] = method === 'PUT' ? await put(asked, body) : await get(node, asked)
    const headers = { date: new Date(clock.now()).toUTCString() }
    return { ...none, status, headers, body: said === null ? '' : JSON.stringify(said) }
  }

  const cli = createStageCli({
    url: `http://${hostPort(own.gateway)}`,
    ask: api,
    signs(roots) {
      const pem = readFileSync(stagePath(http.server_crt, kit.world.stateFolder))
      return roots.some(root =>
        new X509Certificate(pem).verify(new X509Certificate(root).publicKey),
      )
    },
  })

  return {
    api,
    async tool(call) {
      const base = { argv: call.argv, outcome: 'ended', exit: 0, stdout: '', stderr: '' } as const
      if (call.argv[0] === 'ais') return { ...base, ...(await cli(call)), tookMs: 0 }
      if (call.argv[0] === 'ssh')
        return { ...base, stdout: answerAsHost(call, pathsOn(call.argv.at(-2) ?? '')), tookMs: 0 }
      const section = call.env?.SECURE_ENDPOINT_AIS_JSON
      if (!isThere && section !== undefined) await firstTime(section)
      // whatever the user's command is, it starts what does not run
      const died = await cluster.start(http).catch((error: Error) => error.message)
      return { ...base, tookMs: 0, ...(died ? { exit: 1, stderr: `FATAL ERROR: ${died}\n` } : {}) }
    },
  }
}

const noLoader: Answer = [404, { message: 'no TLS certificate loaders configured' }]

/** Whether a node answers a client with this certificate, or with none. */
function takes(
  { clients: { level, roots } }: StageNode,
  client: RequestOptions['client'],
  now: number,
): boolean {
  if (!client) return level !== 2 && level !== 4
  if (level < 3) return true
  return clientWrong(client, { roots: pemCertificates(roots), now }) === undefined
}

/** A pair of the public listeners alone goes beside one that all of them have. */
async function pairOfNodes(answers: Answers, world: StageKit['world']) {
  const { chain, key } = await strangePair(profile(answers), world)
  const [server_crt, server_key] = ['/etc/ais/stage/nodes.crt', '/etc/ais/stage/nodes.key']
  await mkdir(stagePath('/etc/ais/stage', world.stateFolder), { recursive: true })
  await writeFile(stagePath(server_crt, world.stateFolder), chain)
  await writeFile(stagePath(server_key, world.stateFolder), key, { mode: 0o600 })
  return { use_https: true, server_crt, server_key }
}

/** As the cluster shows them: what public listeners have of their own is a section in it. */
function shown(http: HttpSettings): Json {
  const entries = Object.entries(http)
  const own = entries.flatMap(([key, value]) =>
    key.startsWith('pub.') ? [[key.slice('pub.'.length), value]] : [],
  )
  const rest = entries.filter(([key]) => !key.startsWith('pub.'))
  return { ...Object.fromEntries(rest), pub: Object.fromEntries(own) }
}

/** Takes all of some settings, or none of them. */
function set(http: HttpSettings, values: URLSearchParams): Answer {
  const next = { ...http } as unknown as Record<string, Json>
  for (const [name, value] of values) {
    const key = name.replace(/^net\.http\./, '')
    if (!(key in next)) return [400, { message: `invalid property name "${name}"` }]
    const now = next[key]
    next[key] =
      typeof now === 'boolean' ? value === 'true' : typeof now === 'number' ? Number(value) : value
  }
  const wrong = refusedBy(next as unknown as HttpSettings)
  if (wrong) return [400, { message: wrong }]
  Object.assign(http, next)
  return [200, null]
}

/** What 5.0 refuses (cmn/config.go, `HTTPConf.Validate`). */
function refusedBy({
  use_https,
  server_crt,
  server_key,
  ...rest
}: HttpSettings): string | undefined {
  const first = 'when use_https=true (set server_crt and server_key first, then enable use_https)'
  if (use_https && server_crt === '') return `net.http.server_crt required ${first}`
  if (use_https && server_key === '') return `net.http.server_key required ${first}`
  if ((server_crt === '') !== (server_key === ''))
    return 'net.http: both server_crt and server_key must be set (or neither)'
  if ((rest['pub.server_crt'] === '') !== (rest['pub.server_key'] === ''))
    return 'net.http.pub: both server_crt and server_key must be set (or neither)'
  const { client_auth_tls: level, client_ca_tls } = rest
  if (level < 0 || level > 4)
    return `net.http: invalid client_auth_tls ${level} (expecting range [0 - 4])`
  return level >= 3 && client_ca_tls === ''
    ? `net.http: client_ca_tls required when client_auth_tls >= 3 (got ${level})`
    : undefined
}
