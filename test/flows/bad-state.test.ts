import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  answers,
  createSandbox,
  type Ended,
  ended,
  nobody,
  type Sandbox,
} from '../support/sandbox.ts'
import { skipped, until } from '../support/scratch.ts'

let box: Sandbox
const command = ['init', '--answers', 'a.yaml', '--yes']

beforeEach(async () => {
  box = await createSandbox()
  box.file('a.yaml', answers(box))
})

afterEach(() => box.close())

function findingOf({ stdout }: Ended): { id: string; title: string; evidence: string } {
  const last = stdout.trim().split('\n').at(-1) ?? ''
  return JSON.parse(last).findings[0]
}

/** Puts a file system of its own under the state folder. */
function mounted(options: string): string | undefined {
  const path = join(box.folder, 'state')
  mkdirSync(path)
  const args = ['-t', 'tmpfs', '-o', options, 'tmpfs', path]
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
  return status === 0 ? path : skipped(`a file system can be mounted by root alone: ${stderr}`)
}

function unmount(path: string) {
  spawnSync('umount', ['-l', path])
}

describe('a state folder that takes nothing is said before anything is changed:', () => {
  it.for([
    ['the disk is full', 'size=64k', 'ENOSPC', 'The disk is full.'],
    ['it is read-only', 'ro', 'EROFS', 'The file system is read-only.'],
  ])('%s', async ([_how, options = '', code, reason], context) => {
    const path = mounted(options)
    if (path === undefined) return context.skip()
    try {
      const people = await box.cli(command)
      const scripts = await box.cli([...command, '--json'])
      expect([people.exit, scripts.exit]).toEqual([73, 73])
      expect(people.stderr).toContain(`${reason}`)
      expect(people.stderr).toContain('XDG_STATE_HOME=FOLDER')
      expect(findingOf(scripts)).toMatchObject({ id: 'record.cannot-write', evidence: code })
      expect(box.calls()).toEqual([])
      expect(existsSync(join(box.state, 'endpoints'))).toBe(false)
      const doctor = await box.cli(['doctor', '--json'])
      expect([doctor.exit, findingOf(oneLine(doctor)).evidence]).toEqual([73, code])
    } finally {
      unmount(path)
    }
  })

  it('it belongs to somebody else', async () => {
    mkdirSync(join(box.folder, 'state'))
    chmodSync(join(box.folder, 'state'), 0o555)
    const { exit, stderr } = await box.cli(command, nobody)
    expect(exit).toBe(73)
    expect(stderr).toContain(`${box.state} cannot be written. The user may not write there.`)
    expect(box.calls()).toEqual([])
  })

  it('it was written with sudo', async () => {
    expect((await box.cli(command)).exit).toBe(0)
    const { exit, stderr } = await box.cli(command, nobody)
    if (nobody.uid === undefined) return expect(exit).toBe(0)
    expect(exit).toBe(73)
    expect(stderr).toContain('cannot be read. The user may not read it.')
  })

  it('a file lies in its place', async () => {
    box.file('state', 'no folder')
    for (const args of [command, ['list'], ['status', '--once'], ['show', 'svc-a'], ['doctor']]) {
      const { exit, stderr, stdout } = await box.cli(args)
      expect(exit, args[0]).toBe(73)
      expect(stderr + stdout).toContain('A part of the path is a file, not a folder.')
    }
    expect(box.changes()).toEqual([])
  })
})

function oneLine({ stdout, ...rest }: Ended): Ended {
  return { ...rest, stdout: JSON.stringify(JSON.parse(stdout)) }
}

describe('a disk that is full in the middle of a run', () => {
  it('ends it with 73 and no stack trace, and the same command goes on', async context => {
    const path = mounted('size=1m')
    if (path === undefined) return context.skip()
    try {
      const run = box.start(command)
      const end = ended(run)
      await until(() => box.changes().length > 0)
      const filler = join(path, 'filler')
      for (let size = 1024 * 1024; size >= 1024; size /= 2) fill(filler, size)
      const first = await end
      expect([first.exit, first.stderr]).toEqual([73, expect.stringContaining('The disk is full')])
      expect(first.stderr).not.toMatch(/^ {4}at /m)
      rmSync(filler)
      expect((await box.cli(command)).exit).toBe(0)
      expect(box.double().services['svc-a']).toMatchObject({ tls: true })
      const before = box.changes().length
      expect((await box.cli(command)).exit).toBe(0)
      expect(box.changes()).toHaveLength(before)
    } finally {
      unmount(path)
    }
  })
})

function fill(path: string, size: number) {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(size, 1), { flag: 'a' })
  } catch {
    // no block of this size fits any more
  }
}

describe('two runs on one target', () => {
  it.each([
    ['of the same record', 'svc-a'],
    ['under another record name', 'other'],
  ])(
    '%s: the second says who holds the lock and since when, and changes nothing',
    async (_how, name) => {
      box.setDouble(state => {
        state.faults = { 'serve up': { how: 'hang' } }
      })
      const first = box.start(command)
      const end = ended(first)
      await until(() => box.changes().length > 0)
      const called = box.calls().length
      box.file('b.yaml', answers(box).replace('endpoint: svc-a', `endpoint: ${name}`))
      const second = ['init', '--answers', 'b.yaml', '--yes']
      const people = await box.cli(second)
      const scripts = await box.cli([...second, '--json'])
      expect([people.exit, scripts.exit]).toEqual([75, 75])
      const found = findingOf(scripts)
      expect(found).toMatchObject({ id: 'lock.held', evidence: `process ${first.pid}, enable` })
      expect(found.title).toMatch(
        /^svc-a is locked by \S+@\S+ since \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/,
      )
      expect(people.stderr).toContain(found.title)
      expect(box.calls()).toHaveLength(called)
      const { endpoints } = JSON.parse((await box.cli(['list', '--json'])).stdout)
      expect(endpoints.map((each: { name: string }) => each.name)).toEqual(['svc-a'])
      // the first is stopped with its tool; its lock goes with it
      first.kill('SIGTERM')
      expect((await end).exit).toBe(143)
      box.setDouble(state => {
        state.faults = {}
      })
      expect((await box.cli(command)).exit).toBe(0)
    },
  )
})

describe('without agreement', () => {
  it('a plan is shown, and nothing else is done', async () => {
    const people = await box.cli(['init', '--answers', 'a.yaml'])
    const scripts = await box.cli(['init', '--answers', 'a.yaml', '--json'])
    expect([people.exit, scripts.exit]).toEqual([2, 2])
    expect(people.stderr).toContain('Changes      SkyServe service svc-a')
    expect(people.stderr).toContain('add --yes')
    expect(findingOf(scripts).id).toBe('usage')
    expectNothingDone()
  })

  it('another plan than the one that was agreed to is not run', async () => {
    const people = await box.cli([...command, '--expect-plan', 'f'.repeat(64)])
    const scripts = await box.cli([...command, '--json', '--expect-plan', 'f'.repeat(64)])
    expect([people.exit, scripts.exit]).toEqual([2, 2])
    expect(people.stderr).toContain('something changed since it was agreed to')
    expectNothingDone()
    for (const short of ['', 'ab']) {
      expect((await box.cli([...command, '--expect-plan', short])).exit).toBe(2)
    }
    expectNothingDone()
  })

  it('the plan that was agreed to is run', async () => {
    const { stdout } = await box.cli(['plan', '--answers', 'a.yaml', '--json'])
    const { digest } = JSON.parse(stdout)
    expectNothingDone()
    expect((await box.cli([...command, '--expect-plan', digest])).exit).toBe(0)
  })

  it.each(['rotate', 'disable', 'forget'])('%s of a recorded endpoint does nothing', async verb => {
    await box.cli(command)
    const [calls, files] = [box.calls().length, listing()]
    const { exit, stderr } = await box.cli([verb, 'svc-a'])
    expect(exit).toBe(2)
    expect(stderr).toMatch(/Nobody agreed/)
    expect(stderr).toMatch(/[Aa]dd --yes/)
    expect(box.calls()).toHaveLength(calls)
    expect(listing()).toBe(files)
  })
})

function expectNothingDone() {
  expect(box.calls()).toEqual([])
  expect(existsSync(box.state)).toBe(false)
}

/** Every file of the record with its content's checksum. */
function listing(): string {
  const find = ['-c', `find '${box.state}' -type f -exec cksum {} + | sort`]
  return spawnSync('sh', find, { encoding: 'utf8' }).stdout
}

describe('a record that is damaged', () => {
  it.each([
    ['endpoint.json', '{"schema":"secure-endpoint/rec'],
    ['generations/1/meta.json', ''],
  ])('in %s is said by name, and nothing is guessed', async (name, content) => {
    await box.cli(command)
    const changes = box.changes().length
    const path = join(box.state, 'endpoints/svc-a', name)
    writeFileSync(path, content)
    const { exit, stderr } = await box.cli(['rotate', 'svc-a', '--yes'])
    expect([exit, stderr]).toEqual([65, expect.stringContaining(path)])
    expect(box.changes()).toHaveLength(changes)
    expect(readFileSync(path, 'utf8')).toBe(content)
  })
})
