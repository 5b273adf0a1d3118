// The part of the double that stands for the API server and the controller: it does what a request
// asks for, whoever waits for it.
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { change, home, pace, read, serveFolder } from './state.mjs'

const [kind, id, text] = process.argv.slice(2)
const body = JSON.parse(text)
if (kind === 'restart') await restart(body.name)
else await request()

async function request() {
  // noted by who does it: a client that is killed first leaves no request that nobody works on
  await change(state => {
    state.requests.push({ id, kind, name: body.name })
  })
  await sleep(pace.schedule)
  const result = kind === 'up' ? await up(body) : await down(body)
  await change(state => {
    state.requests = state.requests.filter(each => each.id !== id)
    state.results = { ...state.results, [id]: result }
  })
  if (kind === 'down' && !result.error) await takeDown(body.name)
}

async function up({ name, yaml, key, cert }) {
  const missing = [key, cert].find(path => path && !existsSync(asServer(path)))
  if (missing) {
    return {
      error: `ValueError: File mount source '${missing}' does not exist locally. To fix: check if it exists, and correct the path.`,
    }
  }
  // the files are copied before the name is looked at
  if (key) sync(asServer(key), name, 'tls_keyfile')
  if (key) sync(asServer(cert), name, 'tls_certfile')
  const taken = await change(state => {
    if (state.services[name]) return true
    state.services[name] = { status: 'CONTROLLER_INIT', tls: Boolean(key), yaml, key, cert }
    return false
  })
  if (taken) {
    return {
      error: `ValueError: The service '${name}' is already running. Please specify a different name for your service. To update an existing service, run: sky serve update ${name} <new-service-yaml>\nRuntimeError: Failed to wait for service initialization. Please check the logs above for more details.`,
    }
  }
  await sleep(pace.up)
  const { port, died, pid } = await startBalancer(name, key ? installed(name) : {})
  const url = `${key ? 'https' : 'http'}://localhost:${port}`
  await change(state => {
    const readyAt = Date.now() + (state.readyMs ?? pace.ready)
    state.services[name] = {
      ...state.services[name],
      status: 'STARTED',
      readyAt,
      url,
      port,
      pid,
      ...(died ? { died } : {}),
    }
  })
  return { url }
}

/** A path as the server's own process takes it: it has another folder than who typed it. */
function asServer(path) {
  return resolve(home, path.replace(/^~(?=\/)/, homedir()))
}

/** rsync with its quick check: the same size and second of change count as the same file. */
function sync(from, name, as) {
  const to = join(serveFolder(name), as)
  mkdirSync(serveFolder(name), { recursive: true })
  const [a, b] = [from, to].map(path => statSync(path, { throwIfNoEntry: false }))
  const second = ({ mtimeMs }) => Math.floor(mtimeMs / 1000)
  if (a && b && a.size === b.size && second(a) === second(b)) return
  copyFileSync(from, to)
  utimesSync(to, a.atime, a.mtime)
}

function installed(name) {
  const folder = serveFolder(name)
  return { key: join(folder, 'tls_keyfile'), cert: join(folder, 'tls_certfile') }
}

/**
 * The controller and the load balancer are killed, and SkyPilot starts them again on the same port:
 * from the latest version's YAML, which after an update names the paths of the client.
 */
async function restart(name) {
  const { tls, port, pid, updated } = read().services[name]
  end(pid)
  while (await isOpen(port)) await sleep(10)
  const named = updated && { key: updated.keyfile, cert: updated.certfile }
  const started = await startBalancer(name, tls ? (named ?? installed(name)) : {}, port)
  await change(({ services }) => {
    services[name] = { ...services[name], pid: started.pid }
  })
}

/** The load balancer of the lab where it is named, else one that behaves like it. */
function startBalancer(name, { key = '', cert = '' }, port = 0) {
  const { lb, faults, readyMs = pace.ready } = read()
  const file = join(home, `lb-${name}-${Date.now()}.json`)
  const folder = new URL('.', import.meta.url).pathname
  const program = lb ? [join(folder, 'lab-lb.mjs'), lb] : [join(folder, 'lb.mjs')]
  const readyAt = String(Date.now() + readyMs)
  const child = spawn(
    process.execPath,
    [...program, file, key, cert, readyAt, String(port), faults.balancer ?? ''],
    { detached: true, stdio: 'ignore' },
  )
  child.unref()
  return new Promise(resolve => {
    const look = setInterval(() => {
      if (!existsSync(file)) return
      clearInterval(look)
      resolve({ pid: child.pid, ...JSON.parse(readFileSync(file, 'utf8')) })
    }, 10)
  })
}

function isOpen(port) {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('connect', () => socket.destroy())
    socket.on('error', () => resolve(false))
  })
}

function end(pid) {
  try {
    if (pid) process.kill(pid, 'SIGTERM')
  } catch {
    // it had died
  }
}

async function down({ name }) {
  if (!read().services[name]) return { text: 'No service to terminate.' }
  await change(state => {
    state.services[name].status = 'SHUTTING_DOWN'
  })
  return { text: `Service '${name}' is scheduled to be terminated.` }
}

async function takeDown(name) {
  const service = read().services[name]
  if (!service) return
  end(service.pid)
  await sleep(read().goneMs ?? pace.gone)
  rmSync(serveFolder(name), { recursive: true, force: true })
  await change(state => delete state.services[name])
}
