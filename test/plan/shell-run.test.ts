import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { make } from '../support/certificates.ts'
import { startHttpService } from '../support/http-service.ts'
import { answers, inSandbox, type Sandbox } from '../support/sandbox.ts'
import { isThere } from '../support/scratch.ts'
import { type Scripts, scriptsIn } from '../support/script.ts'

interface Scenario {
  name: string
  /** What is there before. */
  before(box: Sandbox): Promise<unknown>
  more?: string
  verb: 'enable' | 'rotate' | 'disable'
}

const enabled = async (box: Sandbox) => {
  box.file('a.yaml', answers(box))
  const { exit, stdout } = await box.cli(['init', '--answers', 'a.yaml', '--yes'])
  expect(exit, stdout).toBe(0)
}

function onlySky(box: Sandbox): void {
  box.setDouble(({ faults }) => {
    faults.api = 'login'
  })
}

const scenarios: Scenario[] = [
  { name: 'from nothing', before: async () => {}, verb: 'enable' },
  { name: 'from HTTP, in place', before: startHttpService, verb: 'enable' },
  {
    name: 'from HTTP, beside it',
    before: startHttpService,
    more: 'switch: blue-green',
    verb: 'enable',
  },
  { name: 'to another pair, in place', before: enabled, verb: 'rotate' },
  {
    name: 'to another pair, beside it',
    before: enabled,
    more: 'switch: blue-green',
    verb: 'rotate',
  },
  { name: 'back to HTTP', before: enabled, verb: 'disable' },
  {
    name: 'from HTTP, where only sky is logged in',
    before: box => startHttpService(box).then(() => onlySky(box)),
    verb: 'enable',
  },
  {
    name: 'to another pair, where only sky is logged in',
    before: box => enabled(box).then(() => onlySky(box)),
    verb: 'rotate',
  },
]

/** What stands at the target afterwards, and by which commands; paths and ports are each run's own. */
function stateOf(box: Sandbox) {
  const services = Object.entries(box.double().services).map(([name, { status, tls }]) => ({
    name,
    status,
    tls,
  }))
  const commands = box
    .changes()
    .map(argv => argv.map(word => (word.startsWith('/') ? (word.split('/').at(-1) ?? '') : word)))
  return { services, commands }
}

/** Prepares a sandbox for a scenario and says how its plan is asked for. */
async function prepared(box: Sandbox, { before, more = '', verb }: Scenario): Promise<string[]> {
  await before(box)
  const text = answers(box).replace('kind: skyserve', `kind: skyserve, ${more}`)
  box.file('plan.yaml', more === '' ? answers(box) : text)
  return ['--answers', 'plan.yaml', '--verb', verb]
}

/** The same by our own run. */
async function ownRun(box: Sandbox, { more, verb }: Scenario) {
  const how = more ? ['--switch', 'blue-green'] : []
  const args = {
    enable: ['init', '--answers', 'plan.yaml'],
    rotate: ['rotate', 'svc-a', ...how],
    disable: ['disable', 'svc-a'],
  }
  return box.cli([...args[verb], '--yes'])
}

/** A script asks with many small programs. */
const limit = { timeout: 240_000 }

describe.concurrent('a script, with nothing but a PATH without node', () => {
  it.for(scenarios)('reaches what our own run reaches: $name', limit, async (scenario, context) => {
    const own = await inSandbox(async box => {
      await prepared(box, scenario)
      const { exit, stdout } = await ownRun(box, scenario)
      expect(exit, stdout).toBe(0)
      return stateOf(box)
    })
    await inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      const script = await scripts.plan(await prepared(box, scenario))
      if (isThere('shellcheck')) {
        const checked = spawnSync('shellcheck', [script], { encoding: 'utf8' })
        expect(checked.stdout).toBe('')
      }
      const run = await scripts.run(script)
      expect(run.exit, run.stderr).toBe(0)
      expect(stateOf(box)).toEqual(own)
      // once more: there is nothing left to do
      const again = await scripts.run(script)
      expect(again.exit, again.stderr).toBe(0)
      expect(stateOf(box)).toEqual(own)
    })
  })

  it('keeps the key to its owner, and another plan takes another pair', limit, async context =>
    inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      await enabled(box)
      const first = await scripts.plan(['svc-a', '--verb', 'rotate'])
      expect((await scripts.run(first)).exit).toBe(0)
      const second = await scripts.plan(['svc-a', '--verb', 'rotate'])
      const run = await scripts.run(second)
      expect(run.exit, run.stderr).toBe(0)
      const folders = readdirSync(box.folder).filter(name => name.startsWith('.secure-endpoint-'))
      expect(folders).toHaveLength(2)
      const keys = folders.map(name => join(box.folder, name, 'new/key.pem'))
      expect(keys.map(key => statSync(key).mode & 0o777)).toEqual([0o600, 0o600])
      expect(readFileSync(keys[0] ?? '')).not.toEqual(readFileSync(keys[1] ?? ''))
      expect(run.stderr).not.toContain('PRIVATE KEY')
      expect(await servesPairOf(box, scripts)).toBe(true)
    }),
  )

  it('puts an upload in, and none that does not fit', limit, async context =>
    inSandbox(async box => {
      const scripts = scriptsIn(box)
      if (!scripts) return context.skip()
      const mine = make({ names: ['svc.test'], at: Date.now() })
      const other = make({ names: ['other.test'], at: Date.now() })
      box.file('mine.pem', mine.pem)
      box.file('mine.key', mine.keyPem)
      const [pem, key] = [box.file('other.pem', other.pem), box.file('other.key', other.keyPem)]
      const certificate = '{source: uploaded, chain: mine.pem, key: mine.key, roots: mine.pem}'
      box.file('a.yaml', answers(box, { certificate }))
      const script = await scripts.plan(['--answers', 'a.yaml'])
      const env = { HOME: box.folder, YES: '1' }
      const mixed = await scripts.run(script, { ...env, KEY: key })
      expect(mixed.stderr).toContain('the key does not belong to this certificate')
      const stranger = await scripts.run(script, { ...env, CERT: pem, KEY: key })
      expect(stranger.stderr).toContain('no name in the certificate covers svc.test')
      expect([mixed.exit, stranger.exit]).toEqual([1, 1])
      expect(box.changes()).toEqual([])
      const run = await scripts.run(script)
      expect(run.exit, run.stderr).toBe(0)
      expect(run.stderr).toContain(mine.certificate.fingerprint.slice(0, 11))
    }),
  )
})

/** Whether the running service was started with the newest script's key. */
async function servesPairOf(box: Sandbox, scripts: Scripts): Promise<boolean> {
  const next = await scripts.plan(['svc-a', '--verb', 'rotate'])
  return readFileSync(next, 'utf8').includes(box.double().services['svc-a']?.key ?? '?')
}
