import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RealFeldera, realFeldera, selfSigned } from '../support/real-feldera.ts'
import { ended } from '../support/sandbox.ts'

// A part of the cluster stops in the middle of a run. Nobody else may use the cluster meanwhile.

const whole = process.env.SE_REAL_PART !== '1'
const namespace = `feldera-o-${process.pid.toString(36)}`

let lab: RealFeldera

beforeAll(async () => {
  lab = realFeldera(namespace)
  lab.file('licence', 'LICENCE\n')
  lab.file('values.yaml', 'lab:\n  pipelines: default/p1,default/p2\n')
  lab.file('new.yaml', lab.answers(selfSigned, lab.installing()))
  await lab.must(['init', '--answers', 'new.yaml', '--yes'])
})

afterEach(() => allUp())

afterAll(() => {
  lab.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false'])
  lab.close()
})

describe('Feldera while a part of its cluster is away', () => {
  it('api server away under helm, and back again: the run says so, waits, and is done or taken back', async () => {
    const before = lab.expectHttps()
    const run = await during(' upgrade ', 'kube-apiserver', async said => {
      await until(() => said().includes('does not answer; waits for it'))
      await allUp()
    })
    expect(run.stdout + run.stderr).not.toMatch(stackTrace)
    if (run.exit !== 0) {
      // a cluster that is only just back may make no pods in time: then all of it is taken back
      expect(run.exit, run.stdout + run.stderr).toBe(1)
      expect(run.stderr).toContain('what was there before is back and proven')
      expect(lab.expectHttps()).toBe(before)
      await lab.must(['rotate', namespace, '--yes'])
    }
    expect(lab.expectHttps()).not.toBe(before)
  })

  it.runIf(whole)(
    'api server away for good: the run ends with 75 and what to type, and the next one finishes',
    async () => {
      const before = lab.expectHttps()
      const run = await during(' upgrade ', 'kube-apiserver')
      await allUp()
      expect(run.exit, run.stdout + run.stderr).toBe(75)
      const said = run.stdout + run.stderr
      expect(said).toContain('The API server of the cluster does not answer.')
      expect(said).toContain('run the same command: it goes on where it stopped')
      expect(said).not.toContain('is back and proven')
      expect(said).not.toMatch(stackTrace)
      await finishes()
      expect(lab.expectHttps()).not.toBe(before)
    },
  )

  it.runIf(whole)(
    'kubelet away: before a run nothing is changed; in the middle the next run finishes',
    async () => {
      const before = lab.expectHttps()
      down('kubelet')
      const first = await lab.must(['rotate', namespace, '--yes'], 75)
      expect(first.stdout + first.stderr).toContain('The node of a pod does not answer')
      await allUp()
      expect(lab.expectHttps()).toBe(before)
      const run = await during(' upgrade ', 'kubelet')
      await allUp()
      expect([1, 75], run.stdout + run.stderr).toContain(run.exit)
      expect(run.stdout + run.stderr).not.toMatch(stackTrace)
      expect(run.stdout + run.stderr).not.toContain('is back and proven')
      await finishes()
      expect(lab.expectHttps()).not.toBe(before)
    },
  )
})

/**
 * The same command finishes. A cluster that is only just back may make no pods within the limit: that
 * is said with what to type, which is the same command once more.
 */
async function finishes(): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const run = await lab.cli(['rotate', namespace, '--yes'])
    const said = run.stdout + run.stderr
    expect(said).not.toMatch(stackTrace)
    if (run.exit === 0) return
    expect(said).toContain('run the same command again')
    expect(tries, said).toBeLessThan(3)
  }
}

const stackTrace = /^\s+at .*:\d+:\d+\)?$/m

/** A rotation under which a part of the cluster stops as soon as a tool is called with these words. */
async function during(
  words: string,
  name: string,
  then: (said: () => string) => Promise<void> = async () => {},
) {
  const seen = lab.calls().length
  const child = lab.start(['rotate', namespace, '--yes'])
  const end = ended(child)
  let text = ''
  child.stdout?.on('data', chunk => {
    text += chunk
  })
  const calls = () => lab.calls().slice(seen)
  await until(() => calls().some(each => each.includes(words)))
  await sleep(1000) // the tool is in the middle of its work then
  down(name)
  await then(() => text)
  return end
}

function program(what: 'up' | 'down', ...args: string[]) {
  return spawnSync(join(String(process.env.LAB_K8S_FOLDER), what), args, { encoding: 'utf8' })
}

function down(name: string): void {
  const { status, stderr } = program('down', '--part', name)
  expect(status, stderr).toBe(0)
}

/** Starts again what is stopped. A part whose configuration is written anew ends once, and is late. */
async function allUp(): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const { status, stderr } = program('up')
    if (status === 0) return
    expect(tries, stderr).toBeLessThan(10)
    await sleep(2_000)
  }
}

async function until(look: () => boolean): Promise<void> {
  while (!look()) await sleep(300)
}
