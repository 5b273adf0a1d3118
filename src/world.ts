import { randomBytes } from 'node:crypto'
import { homedir, hostname, userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GetOffered } from './net/offers.ts'
import type { RequestOptions, RequestResult } from './net/request.ts'
import type { RunTool } from './process/tool.ts'
import { which } from './process/which.ts'

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds that only go forward: for elapsed time. */
  elapsed(): number
  /** Rejects with an AbortError when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Everything that a command touches outside itself. Tests pass their own. */
export interface World {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  home: string
  /** Where endpoints, authorities and locks are kept (0700). */
  stateFolder: string
  clock: Clock
  random(bytes: number): Buffer
  run: RunTool
  /** The path of a program on PATH; undefined when there is none. */
  which(name: string): Promise<string | undefined>
  /** Asks a vendor's API. A rehearsal answers it without leaving the machine. */
  api(options: RequestOptions): Promise<RequestResult>
  /** Asks an authority for a certificate, once a run. A rehearsal asks nobody. */
  offered: GetOffered
  /** The DNS servers that this machine asks, as `IP` or `IP:PORT` (`[v6]:PORT`). */
  resolvers(): string[]
  who: { user: string; host: string; pid: number }
}

const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
}

/**
 * `$XDG_STATE_HOME/secure-endpoint`, by default `~/.local/state/secure-endpoint`. A relative one is
 * ignored, as the XDG specification has it: the paths of the pair are given to servers that run elsewhere.
 */
function stateFolderOf({ XDG_STATE_HOME, LOCALAPPDATA }: World['env'], home: string): string {
  const named = [XDG_STATE_HOME, LOCALAPPDATA].find(path => path && isAbsolute(path))
  return join(resolve(named ?? join(home, '.local', 'state')), 'secure-endpoint')
}

/** The real world. `run` is passed in so that execa is loaded only by commands that call a tool. */
export function realWorld(run: RunTool, env = process.env, cwd = process.cwd()): World {
  const home = env.HOME || homedir()
  let offers: Promise<GetOffered> | undefined
  return {
    env,
    cwd,
    home,
    stateFolder: stateFolderOf(env, home),
    clock: systemClock,
    random: randomBytes,
    run,
    which: name => which(name, env),
    // Node's HTTP client costs a tenth of a start; few commands ask an API
    api: async options => (await import('./net/request.ts')).request(options),
    offered: async (url, options) => {
      offers ??= import('./net/offers.ts').then(({ createOffers }) => createOffers())
      return (await offers)(url, options)
    },
    resolvers: () => process.getBuiltinModule('node:dns').getServers(),
    who: { user: userName(env), host: hostname(), pid: process.pid },
  }
}

function userName(env: World['env']): string {
  try {
    return userInfo().username
  } catch {
    return env.USER || env.LOGNAME || 'unknown' // a container's user id without a passwd entry
  }
}
