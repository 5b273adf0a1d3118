// Stands for SkyServe's load balancer where the real one is not at hand: 503 with its words before a
// replica is ready, 405 on HEAD and OPTIONS, an empty reply to plain HTTP on the TLS port, and a
// process that dies of a pair that it cannot use while everybody says that all is well. What it passes
// on to the replica goes over plain HTTP.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { request as ask, createServer as createHttp } from 'node:http'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { createServer as createTls } from 'node:tls'

const [file, key, cert, readyAt, port = '0', fault = ''] = process.argv.slice(2)
const replica = await startReplica()
// it ends with the sandbox, also where that ended while it was started
setInterval(() => existsSync(dirname(file)) || process.exit(), 500).unref()
const http = createHttp((request, response) => {
  if (!['GET', 'POST', 'PUT', 'DELETE'].includes(request.method)) {
    response.writeHead(405, { allow: 'DELETE, PUT, POST, GET', connection: 'close' }).end()
  } else if (Date.now() < Number(readyAt)) {
    const detail =
      'No ready replicas. Use "sky serve status [SERVICE_NAME]" to check the replica status.'
    response
      .writeHead(503, { 'content-type': 'application/json', connection: 'close' })
      .end(JSON.stringify({ detail }))
  } else {
    const { method, url: path, headers } = request
    const options = { port: replica, host: '127.0.0.1', method, path, headers }
    const passed = ask(options, answer => {
      response.writeHead(answer.statusCode, { connection: 'close' })
      answer.pipe(response)
    })
    request.pipe(passed)
  }
})
let tls
try {
  // a key that was lost to the late clean-up of a service that went
  if (fault === 'dies') readFileSync(`${file}.none`)
  tls = key
    ? createTls(
        { key: readFileSync(key), cert: readFileSync(cert), minVersion: 'TLSv1.2' },
        socket => http.emit('connection', socket),
      )
    : undefined
} catch (error) {
  publish({ port: await freePort(), died: reasonOf(error) })
  process.exit(1)
}
tls?.on('tlsClientError', () => {})
const server = createServer(socket => {
  socket.on('error', () => socket.destroy())
  if (!tls) return http.emit('connection', socket)
  socket.once('data', first => {
    if (first[0] !== 0x16) return socket.destroy()
    socket.pause()
    socket.unshift(first)
    tls.emit('connection', socket)
    process.nextTick(() => socket.resume())
  })
})
server.listen(Number(port), '0.0.0.0', () => publish({ port: server.address().port }))

/** As Python's ssl says it. */
function reasonOf({ code }) {
  if (code === 'ENOENT') return 'FileNotFoundError: [Errno 2] No such file or directory'
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH')
    return 'ssl.SSLError: [X509: KEY_VALUES_MISMATCH] key values mismatch (_ssl.c:3926)'
  return 'ssl.SSLError: [SSL] PEM lib (_ssl.c:3926)'
}

/** A replica that writes down what comes over its wire. */
function startReplica() {
  const web = createHttp((_request, response) => {
    response.writeHead(200, { connection: 'close' }).end('hello from the stand-in replica\n')
  })
  web.on('connection', socket => {
    socket.prependListener('data', chunk => appendFileSync(`${file}.wire`, chunk))
  })
  return new Promise(resolve => {
    web.listen(0, '127.0.0.1', () => resolve(web.address().port))
  })
}

function publish(value) {
  writeFileSync(`${file}.new`, JSON.stringify(value))
  renameSync(`${file}.new`, file)
}

function freePort() {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
