import { chmodSync, existsSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Made, make } from '../support/certificates.ts'
import { answers, createSandbox, nobody, type Sandbox } from '../support/sandbox.ts'

const at = Date.now()
const root = make({ ca: true, cn: 'Example Root CA', at })
const issuing = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root, at })
const leafOf = (wish: Parameters<typeof make>[0] = {}) =>
  make({ names: ['svc.test'], issuer: issuing, at, ...wish })
const leaf = leafOf()

let box: Sandbox

beforeAll(async () => {
  box = await createSandbox()
  box.file('root.pem', root.pem)
})

afterAll(() => box.close())

beforeEach(() => put(leaf))

/** Lays a pair where the answers look for it. */
function put({ pem, keyPem }: Made, chain = pem + issuing.pem) {
  for (const name of ['chain.pem', 'key.pem']) rmSync(join(box.folder, name), { force: true })
  box.file('chain.pem', chain)
  box.file('key.pem', keyPem)
}

function link(to: string, path: string) {
  rmSync(path)
  symlinkSync(to, path)
}

const upload = 'source: uploaded, chain: ./chain.pem, key: ./key.pem, roots: ./root.pem'

interface Found {
  id: string
  severity: string
  title: string
  evidence: string
  fix: string
}

/** What both forms say; nothing was asked, called or written. */
async function refused(certificate = upload, options = {}) {
  box.file('a.yaml', answers(box, { certificate: `{${certificate}}` }))
  const args = ['init', '--answers', 'a.yaml', '--yes']
  const people = await box.cli(args, options)
  const scripts = await box.cli([...args, '--json'], options)
  expect([people.exit, scripts.exit]).toEqual([65, 65])
  expect(box.calls()).toEqual([])
  expect(box.asked()).toEqual([])
  expect(existsSync(box.state)).toBe(false)
  expect(box.double().services).toEqual({})
  expect(people.stdout).toBe('')
  const findings = (JSON.parse(scripts.stdout) as { findings: Found[] }).findings
  const blocking = findings.filter(({ severity }) => severity === 'blocks')
  for (const { title, evidence, fix } of blocking) {
    for (const part of [title, evidence, fix]) expect(people.stderr).toContain(part)
  }
  return { ids: blocking.map(({ id }) => id), first: blocking[0] as Found, stderr: people.stderr }
}

describe('an upload is refused before any tool is called, for its cause alone:', () => {
  it.each<[string, () => void, string, RegExp]>([
    [
      'the key of another certificate',
      () => put({ ...leaf, keyPem: make().keyPem }),
      'cert.key-mismatch',
      /^The key does not belong to this certificate\.$/,
    ],
    [
      'a certificate that has expired',
      () => put(leafOf({ from: -100, to: -10 })),
      'cert.expired',
      /^The certificate expired 10 days ago\.$/,
    ],
    [
      'a certificate that is for later',
      () => put(leafOf({ from: 10.5 })),
      'cert.not-yet-valid',
      /^The certificate is valid only from /,
    ],
    [
      'a certificate for another name',
      () => put(leafOf({ names: ['other.test'] })),
      'cert.name-missing',
      /^No name in it covers svc\.test\.$/,
    ],
    [
      'a chain without its leaf',
      () => put(leaf, issuing.pem + root.pem),
      'cert.leaf-missing',
      /^There is no certificate for a server in these files\.$/,
    ],
    [
      'a leaf without its intermediate',
      () => put(leaf, leaf.pem),
      'cert.intermediate-missing',
      /^The certificate of Example Issuing CA 3 is missing\.$/,
    ],
    ['an empty chain', () => put(leaf, ''), 'cert.empty', /^\.\/chain\.pem is empty\.$/],
    [
      'an empty key',
      () => put({ ...leaf, keyPem: ' \n' }),
      'cert.empty',
      /^\.\/key\.pem is empty\.$/,
    ],
    [
      'a key cut off by a full disk',
      () => put({ ...leaf, keyPem: leaf.keyPem.slice(0, 100) }),
      'cert.unreadable',
      /key\.pem/,
    ],
    [
      'another file in its place',
      () => put({ ...leaf, keyPem: 'hello\n' }),
      'cert.unreadable',
      /^There is no certificate and no key in \.\/key\.pem\.$/,
    ],
    [
      'a file that is not there',
      () => rmSync(join(box.folder, 'key.pem')),
      'cert.unreadable',
      /^\.\/key\.pem cannot be read\.$/,
    ],
    [
      'a huge file',
      () => truncateSync(join(box.folder, 'chain.pem'), 5e9),
      'cert.too-large',
      /too large/,
    ],
    [
      'a key that is locked',
      () => put({ ...leaf, keyPem: locked(leaf) }),
      'cert.key-encrypted',
      /^The key is locked, and no passphrase was given\.$/,
    ],
  ])('%s', async (_what, prepare, id, title) => {
    prepare()
    const { ids, first } = await refused()
    expect(ids).toEqual([id])
    expect(first.title).toMatch(title)
    expect(first.fix).not.toBe('')
  })

  it.each<[string, (path: string) => void, string]>([
    ['a file that this user may not read', path => chmodSync(path, 0), 'this user may not read it'],
    ['a link to itself', path => link(path, path), 'it cannot be read (ELOOP)'],
    ['a device', path => link('/dev/zero', path), 'it is a pipe or a device'],
  ])('%s', async (_what, prepare, evidence) => {
    prepare(join(box.folder, 'key.pem'))
    const { first } = await refused(upload, nobody)
    expect(first).toMatchObject({ id: 'cert.unreadable', evidence })
  })

  it('two causes at once are both named', async () => {
    put({ ...leafOf({ from: -100, to: -10 }), keyPem: make().keyPem })
    const { ids } = await refused()
    expect(ids.sort()).toEqual(['cert.expired', 'cert.key-mismatch'])
  })
})

describe('the passphrase of a locked key', () => {
  beforeEach(() => put({ ...leaf, keyPem: locked(leaf) }))

  it('that does not open it is said to be wrong, and not said again', async () => {
    box.file('pass', 'not-the-passphrase\n')
    const { ids, stderr } = await refused(`${upload}, passphrase: {file: ./pass}`)
    expect(ids).toEqual(['cert.passphrase-wrong'])
    expect(stderr).not.toContain('not-the-passphrase')
  })

  it('is never asked for without a terminal: both forms to give it are named', async () => {
    const { first } = await refused()
    expect(first.fix).toContain('{file: ./pass}')
    expect(first.fix).toContain('{fd: 3}')
  })

  it.each([
    ['a file that is not there', '{file: ./nothing}', './nothing', 'ENOENT'],
    ['an empty file', '{file: ./empty}', './empty', 'it is empty'],
    ['a descriptor that is not open', '{fd: 99}', 'file descriptor 99', 'EBADF'],
  ])('in %s is no mistake of the answers, but a secret that cannot be read', async (...given) => {
    const [, source, name, evidence] = given
    box.file('empty', '')
    const { ids, first, stderr } = await refused(`${upload}, passphrase: ${source}`)
    expect(ids).toEqual(['answers.secret-unreadable'])
    expect(first).toMatchObject({ title: `The secret in ${name} cannot be read.`, evidence })
    expect(stderr).not.toContain('1 mistake')
  })
})

function locked({ key }: Made): string {
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'hunter2-hunter2' }
  return key.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString()
}
