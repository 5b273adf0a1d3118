import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Answers } from '../answers/answers.ts'
import type { OpTable } from '../plan/op.ts'
import type { RunTool } from '../process/tool.ts'
import type { StageKit, Target } from '../targets/target.ts'
import type { Clock, World } from '../world.ts'
import { serveDns } from './dns-server.ts'
import { faultOps } from './fault-ops.ts'
import type { StageFault } from './faults.ts'
import { strangePair } from './pair.ts'
import { type StageServer, serveStage } from './stage-server.ts'

/** A world in which a whole run plays on this machine, and nothing outside a temporary folder changes. */
export interface Rehearsal {
  world: World
  run: RunTool
  ops: OpTable
  /** Milliseconds; waits that would fail end sooner than in earnest. */
  limitCapMs: number
  close(): Promise<void>
}

/** Sleeps are this many times shorter than in earnest. */
const hurry = 20
const limitCapMs = 4_000
/** Tools that only look from outside: they run for real. */
const real = ['curl', 'nslookup']

/** Starts the loopback stage and name server for one run. */
export async function startRehearsal(input: {
  answers: Answers
  target: Target
  world: World
  fault?: StageFault
}): Promise<Rehearsal> {
  const { answers, target, fault } = input
  const servers = new Map<number, StageServer>()
  const dns = await serveDns(name => {
    if (name !== answers.domain) return undefined
    return fault === 'address' ? '203.0.113.9' : '127.0.0.1'
  })
  const stateFolder = await mkdtemp(join(tmpdir(), 'secure-endpoint-rehearsal-'))
  const world: World = {
    ...input.world,
    stateFolder,
    clock: hurried(input.world.clock),
    resolvers: () => [`127.0.0.1:${dns.port}`],
    which: async name => (real.includes(name) ? input.world.which(name) : `(stage) ${name}`),
    run: call => (real.includes(call.argv[0]) ? input.world.run(call) : stage.tool(call)),
    api: options => stage.api(options),
    offered: (url, options) => input.world.offered(url, { ...options, onlyKnown: true }),
  }
  const open = async (options: Omit<Parameters<typeof serveStage>[0], 'now'>) => {
    const server = await serveStage({ ...options, now: world.clock.now })
    servers.set(server.port, server)
    return server.port
  }
  const kit: StageKit = {
    world,
    async serveTls({ chain, key, ...more }) {
      const pair =
        fault === 'leaf'
          ? await strangePair(target.profile(answers), world)
          : { chain: await readFile(chain, 'utf8'), key: await readFile(key, 'utf8') }
      const tls = { ...pair, old: fault === 'tls11' }
      return open({ tls, ...more, answersPlain: fault === 'plain-http' })
    },
    serveHttp: open,
    async stop(port) {
      await servers.get(port)?.close()
      servers.delete(port)
    },
  }
  const stage = await target.stage(answers, kit)
  return {
    world,
    run: world.run,
    ops: faultOps(fault),
    limitCapMs,
    async close() {
      await Promise.all([dns.close(), ...[...servers.values()].map(server => server.close())])
      await rm(stateFolder, { recursive: true, force: true })
    },
  }
}

function hurried(clock: Clock): Clock {
  return { ...clock, sleep: (ms, signal) => clock.sleep(ms / hurry, signal) }
}
