import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { gateUpload } from '../../src/certificates/gate-upload.ts'
import { readUpload } from '../../src/certificates/read.ts'
import { recogniseFolder } from '../../src/certificates/recognise.ts'
import { readPath } from '../../src/certificates/upload-files.ts'
import { family, make, now, profile } from '../support/certificates.ts'
import { fakeWorld } from '../support/play.ts'
import { toolFolder } from '../support/tool-folder.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'containers-'))
})
afterEach(() => rm(folder, { recursive: true }))

const { root, issuing, leaf } = family()
const chain = leaf.pem + issuing.pem
const tools = toolFolder({ 'c.pem': chain, 'k.pem': leaf.keyPem })
const other = make({ names: ['other.example.com'], issuer: issuing })

async function put(files: Record<string, string | Buffer>) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

/** Files, and how many certificates and keys are in them. */
async function seen(path: string) {
  const read = readUpload((await readPath(path, folder)).files)
  return {
    files: [...read.certificates, ...read.keys].map(({ file }) => file),
    unread: read.unread.length,
  }
}

const gate = (path: string) =>
  gateUpload({
    upload: { source: 'uploaded', chain: path },
    ...{ folder, profile: profile(), now, systemRoots: [root.pem], fetching: fakeWorld() },
  })

describe('a Kubernetes Secret', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const secret = (more: object, name = 'fraud-tls') => ({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name } },
    ...more,
  })
  const data = { 'tls.crt': base64(chain), 'tls.key': base64(leaf.keyPem) }
  const both = ['s: tls.crt', 's: tls.crt', 's: tls.key']

  test('in JSON and YAML, with data and stringData', async () => {
    const yaml = `apiVersion: v1\nkind: Secret\ndata:\n  tls.crt: ${data['tls.crt']}\n  tls.key: ${data['tls.key']}\n  password: aHVudGVyMg==\n`
    const plain = { 'tls.crt': chain, 'tls.key': leaf.keyPem }
    const forms = [
      JSON.stringify(secret({ data })),
      yaml,
      `\ufeff${yaml}`,
      `---\n${yaml}---\nkind: Service\n`,
      JSON.stringify(secret({ stringData: plain }), null, 2),
      JSON.stringify(secret({ data: { 'tls.key': 'AAAA' }, stringData: plain })),
    ]
    for (const text of forms) {
      await put({ s: text })
      expect(await seen('s'), text.slice(0, 80)).toEqual({ files: both, unread: 0 })
      expect(await gate('s')).toMatchObject({
        verdict: 'repaired',
        repairs: [{ id: 'cert.format', subject: 'Kubernetes Secret, 2 files' }],
      })
    }
  })

  test('names as older charts have them, and a root beside them', async () => {
    const old = { 'cert.pem': base64(chain), 'key.pem': base64(leaf.keyPem) }
    await put({ s: JSON.stringify(secret({ data: { ...old, 'ca.crt': base64(root.pem) } })) })
    expect((await seen('s')).files).toEqual([
      ...['s: ca.crt', 's: cert.pem', 's: cert.pem', 's: key.pem'],
    ])
  })

  test('a List: the Secret for the wanted name is taken', async () => {
    const mine = secret({ data }, 'fraud')
    const theirs = secret(
      { data: { 'tls.crt': base64(other.pem), 'tls.key': base64(other.keyPem) } },
      'other',
    )
    await put({ s: JSON.stringify({ kind: 'List', items: [theirs, mine] }) })
    const judgement = await gate('s')
    expect(judgement.chain[0]?.fingerprint).toBe(leaf.certificate.fingerprint)
    expect(judgement.findings.map(({ id }) => id)).toContain('cert.passed-over')
  })

  test('as kubectl writes it', async context => {
    for (const form of ['yaml', 'json']) {
      const words = `kubectl create secret tls fraud --cert=c.pem --key=k.pem --dry-run=client -o ${form}`
      await put({ s: tools.need(context, words) })
      expect(await seen('s')).toEqual({ files: both, unread: 0 })
    }
  })

  test('what is hostile or of no use is no Secret', async () => {
    const bomb = `kind: Secret\na: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]`)
      .join('\n')}\ndata: *h\n`
    const useless = ['kind: Secret\ndata: 7', 'kind: Secret', '{"kind":"Secret","data":null}', bomb]
    for (const text of useless) {
      await put({ s: text })
      expect(await seen('s')).toEqual({ files: [], unread: 1 })
    }
  })
})

describe('a folder', () => {
  const live = {
    'cert.pem': leaf.pem,
    'chain.pem': issuing.pem,
    'fullchain.pem': chain,
    'privkey.pem': leaf.keyPem,
    README: 'This directory contains your keys',
  }
  const below = (path: string, files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${path}/${name}`, text]))
  const foreign = { 'fullchain.pem': other.pem + issuing.pem, 'privkey.pem': other.keyPem }

  const cases: [string, Record<string, string>, string][] = [
    ['certbot', below('f', live), 'f'],
    ['certbot', { ...below('f/a', foreign), ...below('f/fraud', live) }, 'f'],
    ['certbot', { ...below('f/live/fraud', live), 'f/archive/x': 'x', 'f/renewal/x': 'x' }, 'f'],
    [
      'lego',
      {
        ...{ 'f/accounts/x': '{}', 'f/certificates/fraud.crt': chain },
        ...{ 'f/certificates/fraud.key': leaf.keyPem, 'f/certificates/fraud.json': '{}' },
        ...{ 'f/certificates/fraud.issuer.crt': issuing.pem, 'f/certificates/o.crt': other.pem },
      },
      'f',
    ],
    [
      'acme.sh',
      {
        ...{ 'f/fraud.cer': leaf.pem, 'f/fullchain.cer': chain, 'f/ca.cer': issuing.pem },
        ...{ 'f/fraud.key': leaf.keyPem, 'f/fraud.conf': "Le_Domain='fraud'" },
      },
      'f',
    ],
    ['cert-manager', { 'f/tls.crt': chain, 'f/tls.key': leaf.keyPem, 'f/ca.crt': root.pem }, 'f'],
    ['mkcert', { 'f/a+1.pem': chain, 'f/a+1-key.pem': leaf.keyPem }, 'f'],
  ]
  for (const [tool, files, path] of cases) {
    test(`of ${tool}: ${Object.keys(files).join(' ').slice(0, 60)}`, async () => {
      await put(files)
      expect((await readPath(path, folder)).layout?.tool).toBe(tool)
      const judgement = await gate(path)
      expect(judgement).toMatchObject({ verdict: 'ok', repairs: [] })
      expect(judgement.chain.map(({ commonName }) => commonName)).toEqual([
        ...['fraud.ml.example.com', 'Example Issuing CA 3'],
      ])
      const [offered] = await recogniseFolder(folder, now)
      expect(offered).toMatchObject({ name: 'f/', certificate: true })
      expect(offered?.text).toContain(`folder of ${tool}`)
    })
  }

  test('of certbot as it is, with links', async () => {
    await put(below('archive/fraud', { 'fullchain1.pem': chain, 'privkey1.pem': leaf.keyPem }))
    await mkdir(join(folder, 'live/fraud'), { recursive: true })
    for (const name of ['fullchain', 'privkey']) {
      await symlink(`../../archive/fraud/${name}1.pem`, join(folder, `live/fraud/${name}.pem`))
    }
    expect(await gate('live/fraud')).toMatchObject({ verdict: 'ok' })
    expect((await recogniseFolder(folder, now)).map(({ text }) => text)).toEqual([
      'folder of certbot with 1 name',
    ])
  })

  test('of nobody in particular is read without what lies deeper', async () => {
    await put({ 'f/c.pem': chain, 'f/k.pem': leaf.keyPem, 'f/deep/x.pem': other.pem })
    expect((await seen('f')).files).toEqual(['f/c.pem', 'f/c.pem', 'f/k.pem'])
    expect((await readPath('f', folder)).layout).toBeUndefined()
  })

  test('without anything in it says what is missing', async () => {
    await put({ 'f/notes.txt': 'x' })
    const { findings } = await gate('f')
    expect(findings.map(({ id }) => id)).toEqual(['cert.unreadable'])
  })
})
