// What the double of SkyPilot keeps in its folder: one JSON file, changed under a lock.
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const home = process.env.SKY_DOUBLE

/** How long things take, in milliseconds: thousands of times less than on a cloud. */
export const pace = { schedule: 100, up: 250, ready: 400, gone: 500 }

export function read() {
  try {
    return JSON.parse(readFileSync(join(home, 'state.json'), 'utf8'))
  } catch {
    return { services: {}, requests: [], faults: {} }
  }
}

/** Changes the state; `change` gets it and may return something. */
export async function change(edit) {
  mkdirSync(home, { recursive: true })
  const lock = join(home, 'state.lock')
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch {
      if (isLeft(lock)) rmSync(lock, { force: true })
      await sleep(5)
    }
  }
  try {
    const state = read()
    const result = edit(state)
    const beside = join(home, `state.json.${process.pid}`)
    writeFileSync(beside, JSON.stringify(state, null, 1))
    renameSync(beside, join(home, 'state.json'))
    return result
  } finally {
    rmSync(lock, { force: true })
  }
}

/** Whether a command that was killed in `change` left its lock behind: a slow one holds it still. */
function isLeft(lock) {
  try {
    const holder = Number(readFileSync(lock, 'utf8'))
    if (holder === 0) return Date.now() - statSync(lock).mtimeMs > 5_000
    process.kill(holder, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

/** Every call is written down, so that a test can say which were made. */
export function logCall(argv) {
  appendFileSync(join(home, 'calls.log'), `${JSON.stringify(argv)}\n`)
}

/** Where the controller keeps what it was given for a service: to it, "-" and "_" are the same. */
export function serveFolder(name) {
  return join(home, 'serve', name.replaceAll('-', '_'))
}

/** The endpoint that sky would say now; `lookup` of the faults counts look-ups that find no address. */
export async function endpointOf({ url }) {
  if (!url) return undefined
  const missed = await change(({ faults }) => {
    if (!faults.lookup?.times) return false
    faults.lookup.times -= 1
    return true
  })
  return missed ? `${new URL(url).protocol}//None` : url
}

/** The status that sky would say now. */
export function statusOf(service) {
  if (service.status !== 'STARTED') return service.status
  return Date.now() >= service.readyAt ? 'READY' : 'NO_REPLICA'
}
