import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judge } from '../../src/certificates/gate.ts'
import { recogniseFolder } from '../../src/certificates/recognise.ts'
import { family, make, now, profile, runTool, upload } from '../support/certificates.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recognise-'))
})
afterEach(() => rm(folder, { recursive: true }))

const { issuing, root } = family()
const names = ['fraud.ml.example.com', 'a.example.com', '10.0.0.5']
const leaf = make({ issuer: issuing, names })
async function look(files: Record<string, string | Buffer>, wanted?: 'certificate' | 'key') {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  const found = await recogniseFolder(folder, now, wanted)
  return found.map(({ name, certificate, key, text }) => [name, certificate, key, text])
}

test('says by content what each file is, and puts what can be used first', async () => {
  const old = make({ issuer: issuing, from: -183, to: -93 })
  const lock = { cipher: 'aes-256-cbc', passphrase: 'x' }
  const locked = leaf.key.export({ type: 'pkcs8', format: 'pem', ...lock }).toString()
  const files = {
    'all.pem': leaf.pem + issuing.pem + leaf.keyPem,
    'broken.pem': leaf.pem.slice(0, 300),
    'ca.pem': issuing.pem + root.pem,
    'empty.pem': '',
    'fullchain.pem': leaf.pem + issuing.pem,
    'fullchain-old.pem': old.pem,
    'key.pem': leaf.keyPem,
    'leaf.der': leaf.certificate.der,
    'locked.pem': locked,
    'notes.txt': 'call ana',
    'other-key.pem': make().keyPem,
    'soon.pem': make({ issuer: issuing, from: 10, to: 100 }).pem,
  }
  expect(await look(files)).toEqual([
    [
      ...['all.pem', true, true],
      'leaf fraud.ml.example.com and 2 more, until 2027-02-16; with its key (EC P-256)',
    ],
    ['fullchain.pem', true, false, 'leaf fraud.ml.example.com and 2 more, until 2027-02-16'],
    ['leaf.der', true, false, 'leaf fraud.ml.example.com and 2 more, until 2027-02-16'],
    ['key.pem', false, true, 'a key (EC P-256), fits all.pem, fullchain.pem, leaf.der'],
    ['locked.pem', false, true, 'a locked key: a passphrase opens it'],
    ['other-key.pem', false, true, 'a key (EC P-256), fits nothing here'],
    ['broken.pem', false, false, 'CERTIFICATE, line 1: it is cut off before its END line'],
    ['ca.pem', false, false, 'CA Example Issuing CA 3 and 1 more, no leaf'],
    ['empty.pem', false, false, 'empty'],
    ['fullchain-old.pem', false, false, 'expired 93 days ago, leaf fraud.ml.example.com'],
    ['notes.txt', false, false, 'no certificate in it'],
    ['soon.pem', false, false, 'valid only from 2026-12-01 on, leaf fraud.ml.example.com'],
  ])
})

test('for the key question keys come first', async () => {
  const found = await look({ 'a.pem': leaf.pem, 'k.pem': leaf.keyPem }, 'key')
  expect(found.map(([name]) => name)).toEqual(['k.pem', 'a.pem'])
})

test('what it finds helps the gate to name the file that fits', async () => {
  await look({ 'key.pem': leaf.keyPem })
  const nearby = await recogniseFolder(folder, now)
  const files = { 'c.pem': leaf.pem + issuing.pem, 'wrong.pem': make().keyPem }
  const judgement = judge({
    ...upload(files),
    profile: profile(),
    now,
    systemRoots: [root.pem],
    nearby,
  })
  expect(judgement.findings[0]?.fix).toBe(`${join(folder, 'key.pem')} fits: take that one.`)
})

test('follows links, and passes over folders, pipes, large and hidden files', async () => {
  await mkdir(join(folder, 'live'))
  await writeFile(join(folder, '.hidden.pem'), leaf.pem)
  await symlink(join(folder, '.hidden.pem'), join(folder, 'link.pem'))
  await symlink(join(folder, 'nowhere'), join(folder, 'dead.pem'))
  runTool('mkfifo', [join(folder, 'pipe.pem')])
  const found = await look({ 'large.pem': Buffer.alloc(1024 * 1024 + 1) })
  expect(found.map(([name]) => name)).toEqual(['link.pem'])
})

test('looks at 200 files and no more', async () => {
  const many = Object.fromEntries(Array.from({ length: 210 }, (_, at) => [`${1000 + at}.txt`, 'x']))
  expect(await look(many)).toHaveLength(200)
})

test('a folder that is not there holds nothing', async () => {
  expect(await recogniseFolder(join(folder, 'nowhere'), now)).toEqual([])
})
