import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/plan/events.ts'
import { stageFaults } from '../../src/rehearsal/faults.ts'
import { make } from '../support/certificates.ts'
import { answers, createSandbox, type Sandbox } from '../support/sandbox.ts'

type AtEnd = (close: () => Promise<void>) => void

async function sandbox(atEnd: AtEnd): Promise<Sandbox> {
  const box = await createSandbox()
  atEnd(() => box.close())
  return box
}

/** Every file and folder below a folder, with what tells a change. */
function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(entry => {
      const path = join(entry.parentPath, entry.name)
      const { mode, size, mtimeMs } = statSync(path)
      return `${path} ${mode} ${entry.isFile() ? `${size} ${mtimeMs}` : ''}`
    })
    .sort()
}

function events(stdout: string): Event[] {
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Event)
}

function proofs(all: Event[]) {
  return all.flatMap(each => (each.type === 'proof' ? [each] : []))
}

/** Answers of a self-signed or other certificate, with DNS. */
function rehearsed(box: Sandbox, certificate?: string): string {
  const text = answers(box, certificate === undefined ? {} : { certificate })
  return text.replace('dns: {how: none}', 'dns: {how: shown, wait: 10s}')
}

const init = ['init', '--rehearse', '--json', '--answers', 'a.yaml']

describe.concurrent('a rehearsal', () => {
  it('proves the whole road, and touches nothing outside a temporary folder', async ({
    onTestFinished,
  }) => {
    const box = await sandbox(onTestFinished)
    box.file('a.yaml', rehearsed(box))
    const temporary = join(box.folder, 'tmp')
    mkdirSync(temporary)
    const before = listing(box.folder)
    const state = listing(join(box.folder, 'sky-home'))
    const run = await box.cli(init, { env: { TMPDIR: temporary } })
    expect(run.exit, run.stderr).toBe(0)
    expect(listing(box.folder)).toEqual(before)
    expect(listing(join(box.folder, 'sky-home'))).toEqual(state)
    expect(readdirSync(temporary)).toEqual([])
    expect(box.calls()).toEqual([])
    const all = events(run.stdout)
    expect(all[0]).toMatchObject({ type: 'run.started', rehearsal: true })
    expect(all.at(-1)).toMatchObject({ type: 'run.finished', outcome: 'done', exit: 0 })
    expect(proofs(all).filter(({ state }) => state !== 'pass')).toEqual([])
    expect(proofs(all).map(({ id }) => id)).toContain('dns.address')
    const notRun = all.filter(each => each.type === 'step.done' && each.notRun)
    expect(notRun.map(each => 'id' in each && each.id)).toEqual(
      expect.arrayContaining(['change.down', 'change.up']),
    )
  })

  it('leaves the temporary folder empty when it is stopped', async ({ onTestFinished }) => {
    const box = await sandbox(onTestFinished)
    box.file('a.yaml', rehearsed(box))
    const temporary = join(box.folder, 'tmp')
    mkdirSync(temporary)
    const child = box.start(init, { env: { TMPDIR: temporary } })
    child.stdout?.once('data', () => child.kill('SIGINT'))
    const exit = await new Promise(resolve => child.once('close', resolve))
    expect(exit).toBe(130)
    expect(readdirSync(temporary)).toEqual([])
  })

  it('serves an uploaded pair itself', async ({ onTestFinished }) => {
    const box = await sandbox(onTestFinished)
    const own = make({ names: ['svc.test'], at: Date.now() })
    box.file('chain.pem', own.pem)
    box.file('key.pem', own.keyPem)
    const upload = '{source: uploaded, chain: ./chain.pem, key: ./key.pem, roots: ./chain.pem}'
    box.file('a.yaml', rehearsed(box, upload))
    const run = await box.cli(init)
    expect(run.exit, run.stderr).toBe(0)
    const leaf = proofs(events(run.stdout)).find(({ id }) => id === 'tls.leaf')
    expect(leaf?.expected).toBe(own.certificate.fingerprint)
    expect(readFileSync(join(box.folder, 'key.pem'), 'utf8')).toBe(own.keyPem)
  })

  it('plans without calling a tool', async ({ onTestFinished }) => {
    const box = await sandbox(onTestFinished)
    box.file('a.yaml', rehearsed(box))
    const run = await box.cli(['plan', '--rehearse', '--answers', 'a.yaml', '--format', 'json'])
    expect(run.exit, run.stderr).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({
      schema: 'secure-endpoint/plan@1',
      verb: 'enable',
    })
    expect(box.calls()).toEqual([])
  })

  for (const certificate of ['{source: self-signed}', '{source: self-signed, authority: none}']) {
    it.each(Object.entries(stageFaults))(
      `with %s broken fails in that probe alone (${certificate})`,
      async (fault, id) => {
        const box = await createSandbox()
        try {
          box.file('a.yaml', rehearsed(box, certificate))
          const run = await box.cli([...init, '--stage-fault', fault])
          const all = events(run.stdout)
          const failed = proofs(all).filter(({ state }) => state === 'fail' || state === 'unknown')
          expect([...new Set(failed.map(each => each.id))]).toEqual([id])
          const report = id === 'dns.address'
          expect(run.exit).toBe(report ? 124 : 1)
          expect(failed[0]).toMatchObject({ decides: report ? 'report' : 'undo' })
          expect(all.at(-1)).toMatchObject({
            type: 'run.finished',
            outcome: report ? 'failed' : 'rolled-back',
          })
        } finally {
          await box.close()
        }
      },
    )
  }
})
