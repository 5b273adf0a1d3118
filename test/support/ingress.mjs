// A small ingress controller, outside the cluster: reads the Ingresses of its class and their Secrets
// from the API server, ends TLS with the pair that SNI asks for, passes requests on to the Service's
// cluster address, and writes its own address into the Ingress's status, as real controllers do.
// usage: node ingress.mjs NAMESPACE CLASS IP   (kubectl's context is the current one)
import { execFile } from 'node:child_process'
import { createServer as createHttp, request } from 'node:http'
import { createSecureContext, createServer as createTls } from 'node:tls'
import { promisify } from 'node:util'

const [namespace, ingressClass, ip] = process.argv.slice(2)
const run = promisify(execFile)
const kubectl = async (...args) => (await run('kubectl', ['-n', namespace, ...args])).stdout
const read = async (...what) => JSON.parse(await kubectl('get', ...what, '-o', 'json'))

/** What is served, by host name: where requests go, and the pair where TLS ends here. */
let hosts = new Map()

async function reconcile() {
  const next = new Map()
  const { items } = await read('ingresses')
  for (const { metadata, spec, status } of items) {
    if (spec.ingressClassName !== ingressClass) continue
    for (const { host, http } of spec.rules ?? []) {
      const { name, port } = http.paths[0].backend.service
      const service = await read('service', name)
      const tls = (spec.tls ?? []).find(each => each.hosts?.includes(host))
      const secret = tls && (await read('secret', tls.secretName))
      if (secret && secret.type !== 'kubernetes.io/tls')
        throw new Error(`${tls.secretName}: ${secret.type}`)
      const pem = key => Buffer.from(secret.data[key], 'base64')
      const context = secret && createSecureContext({ cert: pem('tls.crt'), key: pem('tls.key') })
      next.set(host, { to: { host: service.spec.clusterIP, port: port.number }, context })
    }
    if (status?.loadBalancer?.ingress?.[0]?.ip === ip) continue
    const patch = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip }] } } })
    await kubectl(
      'patch',
      'ingress',
      metadata.name,
      '--subresource=status',
      '--type=merge',
      '-p',
      patch,
    )
  }
  hosts = next
}

const web = createHttp((incoming, answer) => {
  const known = hosts.get(incoming.headers.host?.split(':')[0])
  // a host that has TLS is not served without it
  if (!known || (known.context && !incoming.socket.encrypted)) {
    answer.writeHead(
      known ? 308 : 404,
      known ? { location: `https://${incoming.headers.host}${incoming.url}` } : {},
    )
    answer.end()
    return
  }
  const { method, url: path, headers } = incoming
  const onward = request({ ...known.to, method, path, headers, agent: false }, reply => {
    answer.writeHead(reply.statusCode, reply.headers)
    reply.pipe(answer)
  })
  onward.on('error', () => answer.writeHead(502).end())
  incoming.pipe(onward)
})
const tls = createTls(
  {
    SNICallback: (name, done) => {
      const context = hosts.get(name)?.context
      done(context ? null : new Error(`no pair for ${name}`), context)
    },
  },
  socket => web.emit('connection', socket),
)
tls.on('tlsClientError', () => {})
web.on('clientError', (_error, socket) => socket.destroy())
web.listen(80, ip, () => tls.listen(443, ip, () => process.stdout.write('ready\n')))

for (;;) {
  // an object that is half there is there at the next look
  await reconcile().catch(error => process.stderr.write(`${error.message}\n`))
  await new Promise(resolve => setTimeout(resolve, 500))
}
