import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshCluster, labCluster, type RealAistore, realAistore } from '../support/real-aistore.ts'
import { ended } from '../support/sandbox.ts'
import { listenersOfSecond, type SecondProxy, secondProxy } from '../support/second-proxy.ts'

const endpoint = 'ais-proxies'
const { AIS_LAB_NODE: nodes = '' } = process.env
const port = process.env.AIS_LAB_PORT ?? '18080'

let lab: RealAistore
let second: SecondProxy
let uuid: string

const answers = () => `version: 1
endpoint: ${endpoint}
domain: localhost
certificate: {source: self-signed, authority: local}
target:
  kind: aistore
  gateway: http://127.0.0.1:${port}
  certFile: ${lab.folder}/tls/server.crt
  place: here
  restart: ${second.restart}
  restartWait: 1m
dns: {how: none}
`

/** A new, empty cluster; the proxy that these tests add must not stay in its map. */
beforeAll(async () => {
  freshCluster()
  const cluster = labCluster()
  const listeners = [...cluster.listeners, ...listenersOfSecond()]
  lab = realAistore(endpoint, { ...cluster, listeners })
  await lab.writeObjects()
  second = secondProxy(lab.folder)
  await second.start()
  while (!hasStarted(listenersOfSecond()[0] ?? '')) await sleep(200)
  uuid = map().uuid
  lab.file('a.yaml', answers())
})

afterAll(async () => {
  await second.stop()
  freshCluster()
  lab.close()
})

/** Says so itself: both of the bits 2 and 4. */
function hasStarted(address: string): boolean {
  const url = `http://${address}/v1/daemon?what=node_status`
  const { stdout } = spawnSync('curl', ['-q', '-s', url], { encoding: 'utf8' })
  return stdout.startsWith('{') && (JSON.parse(stdout).cluster.flags & 6) === 6
}

const map = () => lab.ask('/v1/daemon?what=smap')

function expectWhole(scheme: 'http' | 'https') {
  const urls = JSON.stringify(map()).match(/"direct_url":"[a-z]+/g) ?? []
  expect(new Set(urls)).toEqual(new Set([`"direct_url":"${scheme}`]))
  const { pmap, tmap } = map()
  expect([map().uuid, Object.keys(pmap).length, Object.keys(tmap).length]).toEqual([uuid, 2, 2])
  expect(lab.lostObjects()).toEqual([])
  expect(lab.restartTarget('t1')).toBe(undefined)
  const leaves = lab.leaves()
  expect(new Set(leaves).size, leaves.join()).toBe(1)
  expect(leaves.includes('')).toBe(scheme === 'http')
}

/** Enables; a process dies at once when a step begins. */
async function killedAt(step: string, pid: number) {
  const child = lab.start(['init', '--answers', 'a.yaml', '--yes'])
  const end = ended(child)
  const seen = () => {
    try {
      return lab.journal().at(-1)?.run
    } catch {
      return undefined
    }
  }
  const before = seen()
  const begun = () =>
    seen() !== before &&
    lab
      .journal()
      .some(({ run, type, id }) => run === seen() && type === 'step.started' && id === step)
  while (!begun() && child.exitCode === null) await sleep(2)
  process.kill(pid, 'SIGKILL')
  return end
}

const primaryPid = () => Number(spawnSync(nodes, ['pid', 'p1'], { encoding: 'utf8' }).stdout)

/**
 * A node of AIStore 5.0 that is shut down while it still tries to reach a dead one spins for ever, its
 * ports closed: it is ended as a service manager would, and what the note says is done.
 */
async function bringBack(said: string) {
  expect(said).toContain(`secure-endpoint init --resume ${endpoint}`)
  expect(said).toContain('A node may still run without a port.')
  spawnSync(nodes, ['stop'])
  await second.halt()
  const run = await lab.cli(['init', '--resume', endpoint])
  expect([0, 124], run.stdout + run.stderr).toContain(run.exit)
}

describe('two proxies', () => {
  // who dies before it has heard of HTTPS cannot join on it: then HTTP is back and proven
  it.each([
    ['second', 'prepare.files'],
    ['second', 'change.shutdown'],
    ['primary', 'prepare.files'],
    ['primary', 'change.shutdown'],
  ] as const)(
    'killed node: the %s proxy dies at %s, and all serve one scheme',
    async (which, step) => {
      const pid = which === 'second' ? second.pid() : primaryPid()
      if (pid === undefined) throw new Error(`${which}: does not run`)
      const run = await killedAt(step, pid)
      const said = run.stdout + run.stderr
      const isBack = said.includes('what was there before is back and proven')
      if (run.exit !== 0 && !isBack) await bringBack(said)
      const scheme = lab.leaves().includes('') ? 'http' : 'https'
      expectWhole(scheme)
      if (scheme === 'http') return
      const back = await lab.cli(['disable', endpoint, '--yes'])
      expect(back.exit, back.stdout + back.stderr).toBe(0)
      expectWhole('http')
    },
  )
})
