import { once, setMaxListeners } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { connect, createSecureContext, createServer as createTls } from 'node:tls'
import type { Performing } from '../../src/plan/op.ts'
import type { Json } from '../../src/plan/plan.ts'
import { createRunTool } from '../../src/process/run-tool.ts'
import type { Node } from '../../src/targets/aistore/cluster.ts'
import { proveServedOp } from '../../src/targets/aistore/ops-proof.ts'
import { realWorld } from '../../src/world.ts'
import { make } from '../support/certificates.ts'

const uuid = 'bench'

/** Nodes that listen, the leaf that they serve and the PEM file of its root. */
export interface BenchNodes {
  nodes: Node[]
  leaf: string
  roots: string
}

/**
 * Three listeners for each of so many nodes, which say what those of a whole cluster say.
 *
 * @param delayMs how long each new connection waits before it is taken up, as on a far network
 */
export async function serveNodes(
  count: number,
  folder: string,
  delayMs: number,
): Promise<BenchNodes> {
  const at = Date.now()
  const root = make({ ca: true, cn: 'Bench Root', at })
  const leaf = make({ issuer: root, names: ['localhost', '127.0.0.1'], at })
  const roots = join(folder, `roots-${count}-${delayMs}.pem`)
  writeFileSync(roots, root.pem)
  const nodes: Node[] = []
  const http = createHttp(({ url = '' }, response) => {
    response.setHeader('connection', 'close')
    response.end(JSON.stringify(answerTo(url, nodes)))
  })
  const tls = createTls({ key: leaf.keyPem, cert: leaf.pem }, socket => {
    socket.on('error', () => socket.destroy())
    http.emit('connection', socket)
  })
  tls.on('tlsClientError', (_error, socket) => socket.destroy())
  const listen = async () => {
    const server = createServer(socket => {
      socket.on('error', () => socket.destroy())
      socket.once('data', first => {
        socket.pause()
        socket.unshift(first)
        setTimeout(() => {
          if (first[0] === 0x16) tls.emit('connection', socket)
          else socket.end(plainRefusal)
          process.nextTick(() => socket.resume())
        }, delayMs)
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  for (let index = 0; index < count; index += 1) {
    const [open, control, data] = await Promise.all([listen(), listen(), listen()])
    const kind = index === 0 ? 'proxy' : 'target'
    nodes.push({ id: `node${index}`, kind, public: open, control, data })
  }
  return { nodes, leaf: leaf.certificate.fingerprint, roots }
}

/** What Go's net/http says to plain HTTP on a TLS port. */
const plainRefusal =
  'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'

function answerTo(url: string, nodes: readonly Node[]): Json {
  if (url.includes('what=smap')) return mapOf(nodes)
  if (url.includes('what=node_status')) return { cluster: { flags: 6 }, ais_version: '5.0' }
  return { uuid, net: { http: { use_https: true } } }
}

function mapOf(nodes: readonly Node[]): Json {
  const entry = ({ id, public: open, control, data }: Node): Json => ({
    daemon_id: id,
    public_net: { direct_url: `https://${open}` },
    intra_control_net: { direct_url: `https://${control}` },
    intra_data_net: { direct_url: `https://${data}` },
  })
  const of = (kind: Node['kind']) =>
    Object.fromEntries(nodes.filter(each => each.kind === kind).map(each => [each.id, entry(each)]))
  const [first] = nodes
  return { uuid, proxy_si: first ? entry(first) : null, pmap: of('proxy'), tmap: of('target') }
}

/** Nothing but one handshake at each listener, all at once: what no proof can do without; milliseconds. */
export async function shakeHands({ nodes, roots }: BenchNodes) {
  const secureContext = createSecureContext({ ca: readFileSync(roots) })
  const began = performance.now()
  await Promise.all(
    nodes.flatMap(({ public: open, control, data }) =>
      [open, control, data].map(async address => {
        const port = Number(address.split(':')[1])
        const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', secureContext })
        await once(socket, 'secureConnect')
        socket.destroy()
      }),
    ),
  )
  return performance.now() - began
}

/** The product's own proof of all listeners; milliseconds. */
export async function proveNodes({ nodes, leaf, roots }: BenchNodes, folder: string) {
  const run = createRunTool(process.env)
  const signal = AbortSignal.timeout(120_000)
  setMaxListeners(0, signal)
  const ctx = {
    ...{ world: realWorld(run), run, signal, userFolder: folder, secrets: {} },
    ...{ say: () => {}, proof: () => {} },
  } as unknown as Performing
  const none = join(folder, 'none')
  const at = {
    ...{ uuid, primary: 'node0', nodes, roots: [roots], system: false },
    client: { chain: none, key: none },
  } as unknown as Json
  const asked = { name: 'localhost', path: '/v1/health', expect: [200], waitMs: 0 }
  const began = performance.now()
  const answer = await proveServedOp.run(
    { at, ports: 'all', ...asked, leaf, roots, decides: 'report' },
    ctx,
  )
  const { pass, seen } = answer as { pass: boolean; seen: string }
  if (!pass) throw new Error(`${nodes.length} nodes: ${seen}`)
  return performance.now() - began
}
