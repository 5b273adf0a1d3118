import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answers, createSandbox, type Sandbox, serviceYaml } from '../support/sandbox.ts'

let box: Sandbox

beforeAll(async () => {
  box = await createSandbox()
})

afterAll(() => box.close())

/** Each would leave a file behind if any shell ever read it. */
const hostile = [
  '$(touch canary)',
  '`touch canary`',
  "x'; touch canary; '",
  'x"; touch canary; "',
  'x\ntouch canary\n',
  'x; touch canary #',
  '| touch canary',
  '\u{1f916}\u200d\u{1f525}',
  '\u202etxt.exe',
  '\u001b]52;c;ZXZpbA==\u0007',
  '{{ keyfile }}',
  '-n',
  '../../../etc/passwd',
  '',
  'a'.repeat(300),
]

function canaries(): string[] {
  return readdirSync(box.folder, { recursive: true, encoding: 'utf8' }).filter(
    name => name.split('/').at(-1) === 'canary',
  )
}

/** Nothing that could do something to a terminal. */
const harmless = /^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]*$/u

describe.each(hostile)('%j', text => {
  const written = JSON.stringify(text)

  it('is refused wherever a name is wanted', async () => {
    box.file(
      'a.yaml',
      `version: 1
endpoint: ${written}
domain: ${written}
certificate: {source: self-signed, names: [${written}]}
target: {kind: skyserve, service: ${written}, yaml: ./service.yaml, server: ${written}, address: ${written}}
dns: {how: shown, server: ${written}, wait: ${written}}
proof: {path: ${written}, wait: ${written}}
`,
    )
    const { exit, stderr } = await box.cli(['init', '--answers', 'a.yaml', '--yes'])
    expect(exit, stderr).toBe(65)
    const wrong = ['endpoint', 'target.service', 'target.server', 'dns.server', 'dns.wait']
    for (const key of [...wrong, 'proof.path', 'domain', 'certificate.names', 'target.address']) {
      expect(stderr).toContain(`  ${key}: `)
    }
    expect(stderr).toMatch(harmless)
    expectNothingRun()
  })

  it('is refused on the command line', async () => {
    for (const args of [
      ['rotate', '--yes', '--', text],
      ['verify', '--', text],
      ['cert', 'issue', '--', text],
      ['doctor', `--target=${text}`],
      ['completion', '--', text],
    ]) {
      const { exit, stderr, stdout } = await box.cli(args)
      expect([2, 65], `${args[0]}: ${stderr}`).toContain(exit)
      expect(stderr + stdout).toMatch(harmless)
    }
    expectNothingRun()
  })
})

function expectNothingRun() {
  expect(box.calls()).toEqual([])
  expect(existsSync(box.state)).toBe(false)
  expect(canaries()).toEqual([])
}

describe('a path that looks like a command', () => {
  const names = [
    '$(touch canary)',
    "it's `touch canary`",
    '"quotes" {{ keyfile }} \u{1f916}',
    '-n',
    'a'.repeat(200),
  ]

  it.each(names)('%j is taken as it is, in the run and in the script', async name => {
    const own = await createSandbox()
    try {
      mkdirSync(join(own.folder, name))
      writeFileSync(join(own.folder, name, 'service.yaml'), serviceYaml)
      const path = JSON.stringify(`./${name}/service.yaml`)
      const folder = JSON.stringify(`./${name}`)
      const text = answers(own).replace('yaml: ./service.yaml', `yaml: ${path}, folder: ${folder}`)
      own.file('a.yaml', text)
      const state = { XDG_STATE_HOME: join(own.folder, name, 'state') }
      const run = await own.cli(['init', '--answers', 'a.yaml', '--yes'], { env: state })
      expect(run.exit, run.stderr + run.stdout).toBe(0)
      const [up] = own.changes()
      expect(up?.[2]).toBe(
        join(state.XDG_STATE_HOME, 'secure-endpoint/endpoints/svc-a/generations/1/service.yaml'),
      )
      expect(readFileSync(up?.[2] ?? '', 'utf8')).toContain('readiness_probe')
      const script = await own.cli(['plan', '--answers', 'a.yaml', '--format', 'sh'], {
        env: state,
      })
      expect(script.exit).toBe(0)
      own.file('plan.sh', script.stdout)
      expect(existsSync(join(own.folder, 'canary'))).toBe(false)
      expect(existsSync(join(own.folder, name, 'canary'))).toBe(false)
    } finally {
      await own.close()
    }
  })
})
