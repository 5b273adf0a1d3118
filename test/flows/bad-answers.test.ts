import { existsSync, mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answers, createSandbox, type Ended, type Sandbox } from '../support/sandbox.ts'

let box: Sandbox

beforeAll(async () => {
  box = await createSandbox()
})

afterAll(() => box.close())

/** Nothing was asked, called or written. */
function expectUntouched() {
  expect(box.calls()).toEqual([])
  expect(box.asked()).toEqual([])
  expect(existsSync(box.state)).toBe(false)
}

/** Runs `init` with these answers, once for people and once for scripts. */
async function refused(content: string | Buffer) {
  box.file('a.yaml', content)
  return both(['init', '--answers', 'a.yaml', '--yes'])
}

async function both(args: string[], input?: string) {
  const options = input === undefined ? {} : { input }
  const people = await box.cli(args, options)
  const scripts = await box.cli([...args, '--json'], options)
  expectUntouched()
  expect(people.stdout).toBe('')
  expect([people.exit, scripts.exit]).toEqual([65, 65])
  const { schema, exit, findings } = documentOf(scripts)
  expect([schema, exit]).toEqual(['secure-endpoint/findings@1', 65])
  for (const { title, fix, subject } of findings) {
    expect(people.stderr).toContain(title)
    expect(people.stderr).toContain(fix)
    expect(people.stderr).toContain(subject)
  }
  expect(people.stderr).toMatch(/ exit 65\n$/)
  return { findings, stderr: people.stderr, all: people.stderr + scripts.stderr + scripts.stdout }
}

interface Found {
  id: string
  title: string
  subject: string
  evidence: string
  fix: string
}

function documentOf({ stdout }: Ended): { schema: string; exit: number; findings: Found[] } {
  return JSON.parse(stdout)
}

const uploaded = (rest: string) => answers(box, { certificate: `{source: uploaded, ${rest}}` })

describe('an answers file', () => {
  it.each<[string, () => string, [at: string, title: string][]]>([
    [
      'is no YAML',
      () => 'version: 1\n  domain: [x\n',
      [
        ['1:10', 'Nested mappings are not allowed in compact mappings.'],
        ['1:10', 'Implicit keys need to be on a single line.'],
        ['3:1', 'Flow sequence in block collection must be sufficiently indented'],
      ],
    ],
    [
      'has a key twice',
      () => `${answers(box)}domain: b.test\n`,
      [['8:1', 'Map keys must be unique.']],
    ],
    [
      'has an unknown key',
      () => answers(box).replace('dns: {how: none}', 'dns: {how: none, sever: 10.0.0.2}'),
      [['6:18', 'dns.sever is no key here.']],
    ],
    [
      'has a value of another type',
      () => answers(box).replace('domain: svc.test', 'domain: [1, 2]'),
      [['3:9', 'domain: This is no text.']],
    ],
    [
      'lacks keys',
      () => answers(box).replace('domain: svc.test\n', '').replace('service: svc-a, ', ''),
      [
        ['1:1', 'domain is missing.'],
        ['4:1', 'target.service is missing.'],
      ],
    ],
    [
      'has ten mistakes',
      () => `version: 3
endpoint: Fraud_Model
domain: https://fraud.example.com/x
certificate: {source: self-signed, keyType: rsa-1024, days: 0, names: [bad_name]}
target: {kind: skyserv, service: "9bad"}
dns: {wait: 10 minutes}
proof: {path: healthz}
`,
      [
        ['1:10', 'version 3 is newer'],
        ['2:11', 'endpoint: '],
        ['3:9', 'domain: This is a URL.'],
        ['4:45', 'certificate.keyType: '],
        ['4:61', 'certificate.days: '],
        ['4:71', 'certificate.names: '],
        ['5:16', 'target.kind: '],
        ['5:34', 'target.service: '],
        ['6:13', 'dns.wait: '],
        ['7:15', 'proof.path: '],
      ],
    ],
  ])('that %s is refused, each mistake with its line and column', async (_how, text, wanted) => {
    const { findings } = await refused(text())
    expect(findings.map(({ subject }) => subject)).toEqual(wanted.map(([at]) => `a.yaml:${at}`))
    for (const [index, [, title]] of wanted.entries()) {
      expect(findings[index]?.title).toContain(title)
    }
  })

  it('says what was meant by a misspelt key', async () => {
    const { findings } = await refused(answers(box).replace('domain:', 'domian:'))
    expect(findings[0]).toMatchObject({ subject: 'a.yaml:3:1', fix: 'Did you mean domain?' })
  })

  it.each<[string, string | Buffer, string]>([
    ['of 50 MB', Buffer.alloc(50e6, 'a: b\n'), 'It has 48 MiB; answers have at most 1 MiB.'],
    ['that is binary', Buffer.from([1, 0, 255, 254]), 'It is a binary file.'],
    ['in another encoding', Buffer.from('domain: caf\xe9.test\n', 'latin1'), 'not UTF-8'],
    ['that is empty', '', 'It is empty.'],
  ])('%s is refused before it is parsed', async (_what, content, why) => {
    const { findings } = await refused(content)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ id: 'answers.unreadable', subject: 'a.yaml' })
    expect(findings[0]?.title).toContain(why)
  })

  it.each([
    ['a folder', 'folder', 'It is a folder, not a file.'],
    ['nothing', 'nothing.yaml', 'There is no such file.'],
    ['a part of a path that is a file', 'service.yaml/a.yaml', 'It cannot be read (ENOTDIR).'],
  ])('that is %s is refused', async (_what, name, why) => {
    mkdirSync(`${box.folder}/folder`, { recursive: true })
    const { findings } = await both(['init', '--answers', name, '--yes'])
    expect(findings.map(({ title }) => title)).toEqual([`${name} holds no answers. ${why}`])
  })

  it('that grows without end by its aliases is refused', async () => {
    const nine = (name: string) => `[${Array(9).fill(name).join(',')}]`
    const bomb = `a: &a ${nine('x')}\nb: &b ${nine('*a')}\nc: &c ${nine('*b')}\n`
    const { findings } = await refused(`${bomb}d: &d ${nine('*c')}\ndomain: ${nine('*d')}\n`)
    expect(findings.map(({ title }) => title)).toContain('An alias here cannot be followed.')
  })
})

describe('answers from stdin', () => {
  it.each([
    ['with a mistake', () => answers(box).replace('domain:', 'domian:'), 'stdin:3:1'],
    ['of 50 MB', () => 'a: b\n'.repeat(10_000_000), 'stdin'],
    ['that are empty', () => '', 'stdin'],
  ])('%s are refused', async (_what, text, subject) => {
    const { findings } = await both(['init', '--answers', '-', '--yes'], text())
    expect(findings[0]?.subject).toBe(subject)
  })

  it('are found in the current folder with all that they name', async () => {
    const { exit, stderr } = await box.cli(['init', '--answers', '-', '--yes'], {
      input: uploaded('chain: ./not-there.pem'),
    })
    expect([exit, stderr]).toEqual([65, expect.stringContaining('./not-there.pem cannot be read')])
    expectUntouched()
  })
})

describe('a secret that was written into the answers', () => {
  const secret = 'hunter2-hunter2'
  it.each([
    ['as the passphrase', () => uploaded(`chain: c.pem, passphrase: ${secret}`)],
    ['as a key of its own', () => uploaded(`chain: c.pem, passphrase: {value: ${secret}}`)],
    ['under a misspelt key', () => uploaded(`chain: c.pem, passphase: ${secret}`)],
    ['beside another mistake', () => uploaded(`chain: 5, passphrase: ${secret}`)],
    ['in quotes that do not end', () => uploaded(`chain: c.pem, passphrase: "${secret}`)],
    ['where the parser stops', () => uploaded(`chain: c.pem, passphrase: *${secret}`)],
    ['in a URL', () => answers(box).replace('http://127', `http://bob:${secret}@127`)],
    [
      'as the key itself',
      () => uploaded(`chain: c.pem, key: "-----BEGIN PRIVATE KEY-----\\n${secret}"`),
    ],
  ])('%s is refused and not said again', async (_how, text) => {
    const { all } = await refused(text())
    expect(all).not.toContain(secret)
  })
})

describe('where nobody can be asked', () => {
  it.each<[string, string[], string, string]>([
    ['init', ['init'], 'There is no terminal to ask on', 'init --answers FILE --yes'],
    ['no command', [], 'There is no terminal to ask on', 'init --answers FILE --yes'],
    ['init --json', ['init', '--json'], '--answers is missing', 'init --answers FILE --yes'],
    ['plan', ['plan'], 'What shall be planned is missing.', '--answers FILE'],
    ['verify', ['verify'], 'What shall be verified is missing.', 'https://host:port'],
  ])('%s is exit 2 and names what is missing', async (_what, args, title, fix) => {
    const { exit, stderr } = await box.cli(args)
    expect(exit).toBe(2)
    expect(stderr).toContain(title)
    expect(stderr).toContain(fix)
    expectUntouched()
  })
})
