import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../../plan/plan.ts'
import { codeOf } from '../../record/write.ts'
import type { StageKit } from '../target.ts'
import type { Scheme } from './api.ts'
import { hasPublicPair } from './listeners.ts'
import { stagePath } from './node-path.ts'
import type { HttpSettings } from './present.ts'

/** One node of the stage. */
export interface StageNode {
  id: string
  scheme: Scheme
  flags: number
  /** What it asks of its clients since its start, and the roots (PEM) that it knows them by. */
  clients: { level: number; roots: string }
  /** What `what=tls_certificate` says. */
  said: Json
  /** Public, control and data, in the order of their ports. */
  ports: number[]
}

/** How many nodes of each kind a stage has where nobody says. */
const usual = { proxies: 1, targets: 2 }
const started = 6
const invalid = 262_144
const clientAuthUse = '1.3.6.1.5.5.7.3.2'
type Pair = Pick<HttpSettings, 'server_crt' | 'server_key' | 'client_ca_tls' | 'client_auth_tls'>

/** What public listeners have of their own; the stage lets them ask nothing of clients. */
function publicOf(http: HttpSettings): Pair {
  const { 'pub.server_crt': server_crt, 'pub.server_key': server_key } = http
  return { server_crt, server_key, client_ca_tls: '', client_auth_tls: 0 }
}

const nets = ['public_net', 'intra_control_net', 'intra_data_net']

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}`)
}

/** Where a node keeps its state. */
export function confdirOf({ id }: Pick<StageNode, 'id'>): string {
  return `/var/ais/${id}`
}

/** The nodes of a stage: three loopback listeners each, whose ports stay through a restart. */
export function createStageNodes(kit: StageKit, { proxies, targets } = usual) {
  const uuid = 'StageUuid1'
  let mapUuid = uuid
  const ids = [...numbered('stageproxy', proxies), ...numbered('stagetarget', targets)]
  const nodes = ids.map(
    (id): StageNode => ({
      id,
      scheme: 'down',
      flags: 0,
      clients: { level: 0, roots: '' },
      said: null,
      ports: [],
    }),
  )
  let version = 1

  const pathsOf = ({ id }: StageNode, { server_crt, server_key }: Pair) => ({
    chain: stagePath(server_crt, kit.world.stateFolder, id),
    key: stagePath(server_key, kit.world.stateFolder, id),
  })

  /** Why a node would not start with its pairs, in AIStore's words; undefined where it would. */
  const wrongPair = async (node: StageNode, http: HttpSettings): Promise<string | undefined> =>
    (await wrongFile(node, http)) ??
    (hasPublicPair({ http }) ? wrongFile(node, publicOf(http)) : undefined)

  const wrongFile = async (node: StageNode, http: Pair): Promise<string | undefined> => {
    const { chain, key } = pathsOf(node, http)
    try {
      const cert = new X509Certificate(await readFile(chain))
      if (Date.parse(cert.validTo) < kit.world.clock.now()) return `${http.server_crt} expired`
      if (!cert.checkPrivateKey(createPrivateKey(await readFile(key))))
        return 'tls: private key does not match public key'
      // nodes are clients of each other with this same pair
      const uses = cert.keyUsage as string[] | undefined
      return http.client_auth_tls >= 3 && uses && !uses.includes(clientAuthUse)
        ? 'remote error: tls: bad certificate'
        : undefined
    } catch {
      return `failed to fstat "${http.server_crt}"`
    }
  }

  const clientsOf = async (
    { id }: StageNode,
    { client_auth_tls: level, client_ca_tls: path }: Pair,
  ) => ({
    level,
    roots: path === '' ? '' : await readFile(stagePath(path, kit.world.stateFolder, id), 'utf8'),
  })

  const open = async (node: StageNode, http: HttpSettings, clients: StageNode['clients']) => {
    const ports: number[] = []
    for (const [index] of nets.entries()) {
      const serve = (port: number) =>
        http.use_https
          ? kit.serveTls({
              ...pathsOf(node, index === 0 && hasPublicPair({ http }) ? publicOf(http) : http),
              ...{ readyAt: 0, port, clients },
              plain: 'bad-request',
            })
          : kit.serveHttp({ readyAt: 0, port })
      const before = node.ports[index]
      ports.push(await (before === undefined ? atFreePort(serve) : serve(before)))
    }
    const scheme = http.use_https ? 'https' : 'http'
    Object.assign(node, { ports, scheme, flags: started, clients })
  }

  /**
   * Below the ports that a system gives away: nobody is given one of a node while it is stopped, neither
   * for a server nor for a connection.
   */
  const atFreePort = async (serve: (port: number) => Promise<number>): Promise<number> => {
    for (let tries = 0; tries < 50; tries += 1) {
      const port = 20_000 + (kit.world.random(2).readUInt16BE() % 12_000)
      try {
        return await serve(port)
      } catch (error) {
        if (codeOf(error) !== 'EADDRINUSE') throw error
      }
    }
    return serve(0)
  }

  const close = async (node: StageNode) => {
    for (const port of node.ports) await kit.stop(port)
  }

  const fileOf = (node: StageNode, name: string) =>
    join(stagePath(confdirOf(node), kit.world.stateFolder), name)
  const confOf = (node: StageNode) => fileOf(node, '.ais.conf')

  return {
    uuid,
    /** Writes the settings where each node keeps them: what is there is read at a start. */
    async keep(http: HttpSettings): Promise<void> {
      for (const node of nodes) {
        await mkdir(join(confOf(node), '..'), { recursive: true })
        await writeFile(confOf(node), JSON.stringify(http))
        await writeFile(fileOf(node, '.ais.smap'), mapUuid)
      }
    },
    /** The node behind `host:port`; the proxy for any other, as a name in front of it. */
    at: (host: string): StageNode =>
      nodes.find(({ ports }) => ports.some(port => host.endsWith(`:${port}`))) ??
      (nodes[0] as StageNode),
    /** Whose public listener is where, also while none runs. */
    addresses: () => nodes.map(({ id, ports }) => ({ id, public: `127.0.0.1:${ports[0]}` })),
    map(): Json {
      const entry = ({ id, ports, scheme }: StageNode): Json => {
        const urls = nets.map((net, index) => [
          net,
          { direct_url: `${scheme}://127.0.0.1:${ports[index]}` },
        ])
        return { ...Object.fromEntries(urls), daemon_id: id }
      }
      const ofKind = (kind: string) => nodes.filter(({ id }) => id.startsWith(`stage${kind}`))
      const of = (some: readonly StageNode[]) =>
        Object.fromEntries(some.map(each => [each.id, entry(each)]))
      return {
        uuid: mapUuid,
        version: String(version),
        proxy_si: entry(nodes[0] as StageNode),
        pmap: of(ofKind('proxy')),
        tmap: of(ofKind('target')),
      }
    },
    /**
     * Starts what does not run; each node opens its files then, and dies of a pair that is none. A
     * primary without its map makes another UUID, of which only the map tells.
     */
    async start(http: HttpSettings): Promise<void> {
      const [primary] = nodes
      if (primary?.scheme === 'down') {
        Object.assign(http, JSON.parse(await readFile(confOf(primary), 'utf8')))
        mapUuid = await readFile(fileOf(primary, '.ais.smap'), 'utf8').catch(() => 'StageUuid2')
      }
      const down = nodes.filter(({ scheme }) => scheme === 'down')
      for (const node of http.use_https ? down : []) {
        const wrong = await wrongPair(node, http)
        if (wrong) throw new Error(`tls-cert-loader: ${wrong}`)
      }
      for (const node of down) await open(node, http, await clientsOf(node, http))
      version += 2
    },
    async stop(): Promise<void> {
      for (const node of nodes) {
        node.scheme = 'down'
        await close(node)
      }
    },
    /** Reads the pair again, on one node or on all; a bad one leaves the old one served. */
    async load(id: string | undefined, http: HttpSettings): Promise<[number, Json]> {
      const chosen = nodes.filter(each => id === undefined || each.id === id)
      if (chosen.some(({ scheme }) => scheme !== 'https'))
        return [404, { message: 'no TLS certificate loaders configured' }]
      for (const node of chosen) {
        const wrong = await wrongPair(node, http)
        if (wrong) {
          Object.assign(node, { flags: started | invalid, said: { error: 'tls-cert-invalid' } })
          return [400, { message: `tls-cert-loader: failed to load (crt, key), err: ${wrong}` }]
        }
        await close(node)
        await open(node, http, node.clients)
        node.said = { version: '3' }
      }
      return [200, null]
    },
  }
}
