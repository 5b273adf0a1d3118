// The part of the double that stands for the API server and the controller: it does what a request
// asks for, whoever waits for it.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { change, home, pace, read } from './state.mjs'

const [kind, id, text] = process.argv.slice(2)
const body = JSON.parse(text)
await sleep(pace.schedule)
const result = kind === 'up' ? await up(body) : await down(body)
await change(state => {
  state.requests = state.requests.filter(each => each.id !== id)
  state.results = { ...state.results, [id]: result }
})
if (kind === 'down' && !result.error) await takeDown(body.name)

async function up({ name, yaml, key, cert, folder }) {
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
  // A relative path would be looked for in the server's own folder.
  const missing = [key, cert].find(path => path && (!isAbsolute(path) || !existsSync(path)))
  if (missing) {
    await change(state => delete state.services[name])
    return {
      error: `ValueError: File mount source '${missing}' does not exist locally. To fix: check if it exists, and correct the path.`,
    }
  }
  const { port, died, pid } = await startBalancer(name, { key, cert, folder })
  const url = `${key ? 'https' : 'http'}://localhost:${port}`
  await change(state => {
    const readyAt = Date.now() + pace.ready
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

/** The load balancer of the lab where it is named, else one that behaves like it. */
function startBalancer(name, { key, cert }) {
  const { lb } = read()
  const file = join(home, `lb-${name}-${Date.now()}.json`)
  const program = lb
    ? [join(new URL('.', import.meta.url).pathname, 'lab-lb.mjs'), lb]
    : [join(new URL('.', import.meta.url).pathname, 'lb.mjs')]
  const child = spawn(
    process.execPath,
    [...program, file, key ?? '', cert ?? '', String(Date.now() + pace.ready)],
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
  try {
    if (service.pid) process.kill(service.pid, 'SIGTERM')
  } catch {
    // it had died
  }
  await sleep(pace.gone)
  await change(state => delete state.services[name])
}
