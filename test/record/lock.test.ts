import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Problem } from '../../src/errors.ts'
import { startTime } from '../../src/process/start-time.ts'
import { type Holder, lockHolder, takeLock } from '../../src/record/lock.ts'
import { createScratch, until } from '../support/scratch.ts'

const what = { identity: 'skyserve http://localhost svc_a', endpoint: 'svc-a', verb: 'enable' }
const now = Date.parse('2026-11-21T09:00:00Z')

function worldOf({ host = 'jump1', pid = process.pid, at = now } = {}) {
  const clock = { now: () => at, elapsed: () => 0, sleep: async () => {} }
  return { clock, who: { user: 'ana', host, pid } }
}

const me: Holder = {
  schema: 'secure-endpoint/lock@1',
  ...what,
  user: 'ben',
  host: 'jump1',
  pid: process.pid,
  start: startTime(process.pid) ?? '',
  since: '2026-11-21T08:41:07.000Z',
  seen: '2026-11-21T08:41:07.000Z',
}

/** A lock file with this holder, in a folder of the test's own. */
function lockedBy(holder: Partial<Holder> | string): string {
  const box = createScratch(onTestFinished)
  const text = typeof holder === 'string' ? holder : JSON.stringify({ ...me, ...holder })
  return box.file('locks/a.json', text)
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn('true', { stdio: 'ignore' })
  await new Promise(resolve => child.on('close', resolve))
  return child.pid ?? 0
}

/** The ids of some processes that live as long as the test. */
function livingPids(count: number): number[] {
  const children = Array.from({ length: count }, () => spawn('sleep', ['600'], { stdio: 'ignore' }))
  onTestFinished(() => children.forEach(child => void child.kill('SIGKILL')))
  return children.map(({ pid }) => pid ?? 0)
}

async function refused(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => undefined,
    thrown => thrown,
  )
  if (!(error instanceof Problem)) throw error ?? new Error('the lock was given')
  return error
}

describe('a lock', () => {
  it('is held until it is released, and then free again', async () => {
    const { folder } = createScratch(onTestFinished)
    const path = join(folder, 'locks/a.json')
    const lock = await takeLock(path, what, worldOf())
    expect(await lockHolder(path, worldOf())).toMatchObject({ ...what, user: 'ana' })
    await lock.release()
    expect(readdirSync(join(folder, 'locks'))).toEqual([])
    expect(await lockHolder(path, worldOf())).toBeUndefined()
    await (await takeLock(path, what, worldOf())).release()
  })

  it('that somebody holds says who, where and since when', async () => {
    const path = lockedBy({})
    const [pid = 0] = livingPids(1)
    const problem = await refused(takeLock(path, { ...what, endpoint: 'other' }, worldOf({ pid })))
    expect(problem.exit).toBe(75)
    expect(problem.findings[0]).toMatchObject({
      id: 'lock.held',
      title: 'svc-a is locked by ben@jump1 since 2026-11-21 08:41 UTC.',
      subject: what.identity,
      evidence: `process ${process.pid}, enable`,
    })
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(me)
    expect(readdirSync(join(path, '..'))).toEqual(['a.json'])
  })

  it('of a dead process is taken over', async () => {
    await takenOver(lockedBy({ pid: await deadPid() }))
  })

  it('of a process whose id another one has now is taken over', async () => {
    await takenOver(lockedBy({ pid: process.ppid, start: '1' }))
  })

  it.each(['', '{"schema":"secure-endpoint/lo', 'null'])(
    'that is damaged (%j) is taken over',
    async text => {
      await takenOver(lockedBy(text))
    },
  )

  it('of another host holds while it gives signs of life, and not after two minutes', async () => {
    const path = lockedBy({ host: 'jump2', pid: 1, seen: new Date(now - 119_000).toISOString() })
    expect((await refused(takeLock(path, what, worldOf()))).exit).toBe(75)
    await takenOver(path, worldOf({ at: now + 2_000 }))
  })

  it('is given to one of many that come at once, also over a stale one', {
    timeout: 120_000,
  }, async () => {
    const pids = livingPids(8)
    const stale = { pid: await deadPid() }
    for (let round = 0; round < 60; round += 1) {
      const path = lockedBy(stale)
      const asked = pids.map(async (pid, index) => {
        for (let tick = 0; tick < (round * index) % 7; tick += 1) await new Promise(setImmediate)
        return takeLock(path, what, worldOf({ pid }))
      })
      const ended = await Promise.allSettled(asked)
      const given = ended.filter(({ status }) => status === 'fulfilled')
      const exits = ended.flatMap(each => (each.status === 'rejected' ? [each.reason] : []))
      expect(given, `round ${round}`).toHaveLength(1)
      for (const error of exits) expect(error).toMatchObject({ exit: 75 })
      for (const each of ended) if (each.status === 'fulfilled') await each.value.release()
      expect(existsSync(path)).toBe(false)
    }
  })

  it('shows signs of life every 20 s, and stops when it is released', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { folder } = createScratch(onTestFinished)
    const path = join(folder, 'a.json')
    let at = now
    const world = { ...worldOf(), clock: { ...worldOf().clock, now: () => at } }
    const lock = await takeLock(path, what, world)
    at += 20_000
    vi.advanceTimersByTime(20_000)
    const seen = () => (JSON.parse(readFileSync(path, 'utf8')) as Holder).seen
    await until(() => seen() === new Date(at).toISOString())
    await lock.release()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that was taken over in the meantime is neither written over nor removed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const box = createScratch(onTestFinished)
    const path = join(box.folder, 'a.json')
    const lock = await takeLock(path, what, worldOf())
    const other = JSON.stringify({ ...me, host: 'jump2' })
    box.file('a.json', other)
    vi.advanceTimersByTime(20_000)
    await lock.release()
    expect(readFileSync(path, 'utf8')).toBe(other)
  })
})

async function takenOver(path: string, world = worldOf()): Promise<void> {
  const lock = await takeLock(path, what, world)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ user: 'ana', pid: process.pid })
  await lock.release()
  expect(readdirSync(join(path, '..'))).toEqual([])
}
