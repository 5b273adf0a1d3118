import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  escapes,
  fail,
  failure,
  fault,
  journal,
  saidToRun,
  say,
  withService,
} from '../support/faults.ts'
import type { Sandbox } from '../support/sandbox.ts'

const command = ['init', '--answers', 'a.yaml', '--yes', '--json']

/** The service runs over HTTP as before, and no command that changes one was called since. */
function expectAsItWas(box: Sandbox) {
  expect(box.double().services).toMatchObject({ 'svc-a': { status: 'STARTED', tls: false } })
  expect(box.changes()).toEqual([])
  expect(existsSync(join(box.state, 'endpoints/svc-a/generations'))).toBe(false)
}

describe.concurrent('sky before anything is changed', () => {
  it.for<[string, Record<string, unknown>, string | undefined, number, string, string]>([
    ['is too old', {}, '0.11.0', 69, 'tool.sky.too-old', '0.11.0'],
    [
      'is so old that it does not know the option',
      { 'api info': fail('Usage: sky api info [OPTIONS]\nError: No such option: -o', 2) },
      undefined,
      69,
      'tool.sky.too-old',
      'No such option',
    ],
    [
      'prints rubbish',
      { 'api info': say(`${'noise\n'.repeat(30)}the end of it ${escapes}`) },
      undefined,
      69,
      'tool.sky.rubbish',
      'the end of it red evil',
    ],
    ['says nothing at all', { 'api info': say('') }, undefined, 69, 'tool.sky.rubbish', ''],
    [
      'prints half an answer',
      { 'api info': say('{"client": {"version": "0.14.1"') },
      undefined,
      69,
      'tool.sky.rubbish',
      '{"client"',
    ],
    [
      'is not logged in',
      { 'api info': fail('Error: not logged in. Please run: sky api login') },
      undefined,
      77,
      'tool.sky.login',
      'sky api login',
    ],
    [
      'is forbidden',
      { 'api info': fail('HTTP 403: Forbidden') },
      undefined,
      77,
      'tool.sky.forbidden',
      '403',
    ],
    ['is killed', { 'api info': { how: 'kill' } }, undefined, 75, 'tool.sky.killed', ''],
    ['fails', { 'api info': fail('boom', 3) }, undefined, 1, 'tool.sky.failed', 'boom'],
  ])(
    '%s: one cause, the fix, and the world as it was',
    async ([, faults, version, exit, id, seen]) => {
      await withService(async box => {
        fault(box, faults, version)
        const ended = await box.cli(command)
        const found = failure(ended)
        expect(found).toMatchObject({ exit, id, step: 'check.sky', outcome: 'failed' })
        expect(found.evidence).toContain(seen)
        expect(found.fix).not.toBe('')
        expect(found.evidence?.split('\n').length).toBeLessThanOrEqual(12)
        expectAsItWas(box)
        expect(journal(box).at(-1)).toMatchObject({ type: 'run.finished', outcome: 'failed', exit })
        // doctor finds the same without a plan
        const doctor = await box.cli(['doctor', '--target', 'skyserve', '--json'])
        const said = JSON.parse(doctor.stdout) as { exit: number; findings: { id: string }[] }
        expect([doctor.exit, said.exit]).toEqual([exit, exit])
        expect(said.findings.map(each => each.id)).toContain(id)
      }, saidToRun)
    },
  )

  it('is missing: nothing is asked, and nothing is begun', async () => {
    await withService(async box => {
      const PATH = (box.env.PATH ?? '').split(':').slice(1).join(':')
      const asked = box.asked().length
      const ended = await box.cli(command, { env: { PATH } })
      expect(ended.exit).toBe(69)
      expect(JSON.parse(ended.stdout).findings).toMatchObject([
        { id: 'tool.sky.missing', fix: 'Type: pip install "skypilot>=0.12"' },
      ])
      expect(ended.stderr).toContain('sky is not installed, or not on PATH.')
      expect(box.asked()).toHaveLength(asked)
      expectAsItWas(box)
    }, saidToRun)
  })

  it('cannot be started: the same exit, another fix', async () => {
    await withService(async box => {
      writeFileSync(join(box.folder, 'bin/sky'), '#!/no/such/interpreter\n')
      chmodSync(join(box.folder, 'bin/sky'), 0o755)
      const found = failure(await box.cli(command))
      expect(found.exit).toBe(69)
      expectAsItWas(box)
    }, saidToRun)
  })

  it('says of a login that only it knows that it has run out', async () => {
    await withService(async box => {
      fault(box, { api: 'login', 'serve status': fail('Please run: sky api login') })
      const ended = await box.cli(command)
      expect(ended.exit).toBe(77)
      expect(JSON.parse(ended.stdout).findings[0].id).toMatch(/^(skyserve|tool\.sky)\.login$/)
      expectAsItWas(box)
    }, saidToRun)
  })

  it('lost its login between the plan and the run', async () => {
    await withService(async box => {
      fault(box, { 'api info': fail('Please run: sky api login') })
      await box.cli(command)
      fault(box, { api: 'login', 'serve status': fail('Please run: sky api login') })
      expect(failure(await box.cli(command))).toMatchObject({
        exit: 77,
        step: 'check.service',
        id: 'tool.sky.login',
      })
      expectAsItWas(box)
    }, saidToRun)
  })

  it('hangs: it is ended at the limit that the plan gives it', async () => {
    await withService(async box => {
      fault(box, { 'api info': { how: 'kill' } })
      await box.cli(command)
      shorten(box, 'check.sky', '1s')
      fault(box, { 'api info': { how: 'hang' } })
      const ended = await box.cli(['init', '--resume', 'svc-a', '--json'])
      expect(failure(ended)).toMatchObject({ exit: 124, id: 'tool.sky.hangs', step: 'check.sky' })
      const tool = journal(box).findLast(({ type }) => type === 'tool.started') as { pid?: number }
      expect(() => process.kill(tool.pid ?? 0, 0)).toThrow('ESRCH')
      expect(box.changes()).toHaveLength(1)
      fault(box, {})
      expect((await box.cli(command)).exit).toBe(0)
    })
  })
})

/** Limits are data of the plan: this one is agreed to with a shorter one. */
function shorten(box: Sandbox, id: string, limit: string) {
  const path = join(box.state, 'endpoints/svc-a/plan.json')
  const unfinished = JSON.parse(readFileSync(path, 'utf8'))
  for (const step of unfinished.plan.steps) if (step.id === id) step.act.limit = limit
  writeFileSync(path, JSON.stringify(unfinished))
}

describe.concurrent('sky in the middle of the change', () => {
  it.for<[string, Record<string, unknown>, number, string]>([
    ['prints rubbish', say(`what is this ${escapes}`), 69, 'tool.sky.rubbish'],
    ['is killed', { how: 'kill' }, 75, 'tool.sky.killed'],
    ['fails', fail('boom', 3), 1, 'tool.sky.failed'],
    ['finds no cloud', fail('NoCloudAccessError: no cloud'), 77, 'skyserve.no-cloud'],
  ])('%s: what ran before is back, and the exit says why', async ([, how, exit, id]) => {
    await withService(async box => {
      // the second `up` is the undo's: it works
      fault(box, { 'serve up': { ...how, times: 1 } })
      const found = failure(await box.cli(command))
      expect(found).toMatchObject({ exit, id, step: 'change.up', outcome: 'rolled-back' })
      expect(box.double().services).toMatchObject({ 'svc-a': { status: 'STARTED', tls: false } })
      expect(existsSync(join(box.state, 'endpoints/svc-a/current'))).toBe(false)
      expect(journal(box).filter(({ type }) => type === 'step.undone')).not.toEqual([])
    })
  })

  it('cannot be undone either: the journal says what is left, and --resume goes on', async () => {
    await withService(async box => {
      fault(box, { 'serve up': fail('boom', 3) })
      const found = failure(await box.cli(command))
      expect(found).toMatchObject({ exit: 1, id: 'tool.sky.failed', outcome: 'failed' })
      expect(box.double().services).toEqual({})
      const last = journal(box).at(-1) as { now?: string; notDone?: string[] }
      expect(last.now).toMatch(/^svc-a is down: clients get no answer since /)
      expect(last.notDone).toContain('Start it with TLS')
      fault(box, {})
      expect((await box.cli(['init', '--resume', 'svc-a'])).exit).toBe(0)
      expect(box.double().services).toMatchObject({ 'svc-a': { tls: true } })
    })
  })

  it('finds that somebody else was faster: what they started stays', async () => {
    await withService(
      async box => {
        const sky = join(box.folder, 'bin/sky')
        renameSync(sky, `${sky}-real`)
        const theirs = `[ -e faster ] || { touch faster; '${sky}-real' serve up service.yaml -n svc-a -y; }`
        const script = `#!/bin/sh\n[ "$1 $2" != 'serve up' ] || ${theirs}\nexec '${sky}-real' "$@"\n`
        writeFileSync(sky, script, { mode: 0o755 })
        const found = failure(await box.cli(command))
        expect(found).toMatchObject({ exit: 75, id: 'skyserve.name-taken', outcome: 'failed' })
        expect(box.changes().map(([, verb]) => verb)).toEqual(['up', 'up'])
        expect(box.double().services).toMatchObject({ 'svc-a': { status: 'STARTED', tls: false } })
        await box.cli(['init', '--resume', 'svc-a', '--undo'])
        expect(box.double().services).toMatchObject({ 'svc-a': { status: 'STARTED', tls: false } })
      },
      async () => {},
    )
  })

  it('is killed while it takes the service down: nothing else is done', async () => {
    await withService(async box => {
      fault(box, { 'serve down': { how: 'kill' } })
      expect(failure(await box.cli(command))).toMatchObject({ exit: 75, step: 'change.down' })
      expect(box.double().services).toMatchObject({ 'svc-a': { status: 'STARTED', tls: false } })
      expect(box.changes().map(([, verb]) => verb)).toEqual(['up', 'down'])
    })
  })
})
