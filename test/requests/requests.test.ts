import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { generateKey } from '../../src/certificates/issue.ts'
import { keyPem } from '../../src/certificates/private-key.ts'
import { Problem } from '../../src/errors.ts'
import { makeRequest } from '../../src/requests/make-request.ts'
import { listWaiting } from '../../src/requests/pointers.ts'
import { takeAnswer } from '../../src/requests/take-answer.ts'
import { profile, runTool } from '../support/certificates.ts'
import { createOpensslCa, hasOpenssl } from '../support/openssl-ca.ts'
import { createScratch, type Scratch, skipped } from '../support/scratch.ts'

let scratch: Scratch
beforeEach(() => {
  scratch = createScratch(onTestFinished)
})

const names = ['fraud.ml.example.com', '10.0.0.5']
const now = Date.now()
const state = () => join(scratch.folder, 'state')

function ask(folder = 'ask', more: Partial<Parameters<typeof makeRequest>[0]> = {}) {
  const wish = { names, subject: [], keyType: 'ecdsa-p256' as const, uses: ['serverAuth' as const] }
  const place = join(scratch.folder, folder)
  return makeRequest({ ...wish, ...more, folder: place }, { stateFolder: state(), now })
}

const at = (name: string) => join(scratch.folder, 'ask', name)

async function answer(paths: string[], roots: string[] = []) {
  const files = (all: string[]) => all.map(path => ({ path, bytes: readFileSync(path) }))
  return takeAnswer({
    files: files(paths),
    roots: files(roots),
    waiting: await listWaiting(state()),
    profile: profile(),
    systemRoots: [],
    stateFolder: state(),
    now: Date.now(),
  })
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => undefined,
    (each: unknown) => each,
  )
  if (error instanceof Problem) return error
  throw new Error(`no problem: ${String(error)}`)
}

describe('asking', () => {
  test('makes a key for the user alone, and a request that anybody may read', async () => {
    await ask()
    const mode = (name: string) => (statSync(at(name)).mode & 0o777).toString(8)
    expect(['key.pem', 'request.csr', 'request.json'].map(mode)).toEqual(['600', '644', '600'])
    const [waiting] = await listWaiting(state())
    expect(waiting).toMatchObject({ folder: join(scratch.folder, 'ask'), request: { names } })
    const meta = readFileSync(at('request.json'), 'utf8')
    expect(meta + readFileSync(at('request.csr'), 'utf8')).not.toMatch(/PRIVATE KEY/)
  })

  test('again gives the same key, whatever an earlier call that was killed has left', async () => {
    const { key } = await ask()
    expect((await ask()).again).toBe(true)
    for (const gone of [['request.csr'], ['request.csr', 'request.json']]) {
      for (const name of gone) rmSync(at(name))
      if (gone.length === 2) {
        // a key that no request.json explains may be anybody's
        expect((await problemOf(ask())).findings[0]?.id).toBe('cert.file-taken')
        continue
      }
      const again = await ask()
      expect(again.key.equals(key)).toBe(true)
      expect(existsSync(at('request.csr'))).toBe(true)
    }
  })

  test('goes on after a kill before the key was there', async () => {
    await ask()
    rmSync(at('key.pem'))
    rmSync(at('request.csr'))
    expect((await ask()).again).toBe(false)
    expect(existsSync(at('key.pem'))).toBe(true)
  })

  test('for something else in the same folder is refused, and nothing is touched', async () => {
    const { key } = await ask()
    for (const more of [
      { names: ['other.example.com'] },
      { keyType: 'rsa-2048' as const },
      { subject: [['O', 'Example'] as const] },
    ]) {
      const problem = await problemOf(ask('ask', more))
      expect([problem.exit, problem.findings[0]?.id]).toEqual([73, 'cert.request-taken'])
    }
    expect(readFileSync(at('key.pem'), 'utf8')).toBe(keyPem(key))
  })

  test('over a key of another kind, or rubbish, says so without showing it', async () => {
    await ask()
    scratch.file('ask/key.pem', keyPem(await generateKey('rsa-2048')))
    expect((await problemOf(ask())).findings[0]?.id).toBe('cert.file-taken')
    scratch.file(
      'ask/key.pem',
      '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n',
    )
    const problem = await problemOf(ask())
    expect(problem.findings[0]?.id).toBe('cert.request-damaged')
    expect(JSON.stringify(problem.findings)).not.toContain('c2VjcmV0')
  })

  test('is forgotten with its folder', async () => {
    await ask('one')
    await ask('two')
    rmSync(join(scratch.folder, 'one'), { recursive: true })
    expect((await listWaiting(state())).map(({ folder }) => folder)).toEqual([
      join(scratch.folder, 'two'),
    ])
  })
})

describe('the answer of a CA', () => {
  test('is completed, ordered and checked, whatever order its files come in', async () => {
    if (!hasOpenssl) return skipped('openssl is not here')
    await ask()
    const ca = createOpensslCa(scratch.folder)
    const leaf = ca.sign(at('request.csr'))
    const read = (path: string) => readFileSync(path, 'utf8')
    const reversed = scratch.file('reversed.pem', read(ca.root) + read(ca.issuing) + read(leaf))
    for (const paths of [[reversed], [ca.issuing, leaf, ca.root]]) {
      const taken = await answer(paths)
      expect(taken.privateRoot).toBe(true)
      expect(read(at('chain.pem'))).toBe(`${read(leaf)}${read(ca.issuing)}`)
      expect(read(at('roots.pem'))).toBe(read(ca.root))
      expect(await listWaiting(state())).toEqual([])
      // the same answer again finds the request by its folder
      rmSync(join(scratch.folder, 'ask', 'chain.pem'))
      const json = JSON.parse(read(at('request.json')))
      scratch.file('ask/request.json', JSON.stringify({ ...json, answered: undefined }))
      await ask()
    }
    await answer([reversed])
    const verified = ['-CAfile', at('roots.pem'), '-untrusted', at('chain.pem'), at('chain.pem')]
    const { said } = runTool('openssl', [
      'verify',
      '-verify_hostname',
      'fraud.ml.example.com',
      ...verified,
    ])
    expect(said).toContain('OK')
  })

  test('finds its own among several that wait', async () => {
    if (!hasOpenssl) return skipped('openssl is not here')
    await ask('other', { names: ['other.example.com'] })
    await ask()
    const ca = createOpensslCa(scratch.folder)
    const taken = await answer([ca.sign(at('request.csr')), ca.issuing, ca.root])
    expect(taken.folder).toBe(join(scratch.folder, 'ask'))
    expect((await listWaiting(state())).map(({ request }) => request.names)).toEqual([
      ['other.example.com'],
    ])
  })

  test.for([
    ['without its intermediate', 'cert.intermediate-missing'],
    ['for another key', 'cert.answer-unknown'],
    ['for other names than asked', 'cert.name-missing'],
    ['without the use that was asked', 'cert.eku'],
    ['with a CA certificate for a leaf', 'cert.leaf-is-ca'],
    ['that is no certificate', 'cert.unreadable'],
  ])('%s is refused, and nothing is written', async ([what, id]) => {
    if (!hasOpenssl) return skipped('openssl is not here')
    const { key } = await ask()
    const ca = createOpensslCa(scratch.folder)
    const san = 'subjectAltName=DNS:fraud.ml.example.com,IP:10.0.0.5\n'
    const chain = [ca.issuing, ca.root]
    const other = async () => {
      await ask('other')
      const request = join(scratch.folder, 'other/request.csr')
      const signed = ca.sign(request)
      rmSync(join(scratch.folder, 'other'), { recursive: true })
      return signed
    }
    const csr = at('request.csr')
    const paths = {
      'without its intermediate': () => [ca.sign(csr), ca.root],
      'for another key': async () => [await other(), ...chain],
      'for other names than asked': () => [
        ca.sign(csr, 'leaf', 'subjectAltName=DNS:fraud.ml.example.com\n'),
        ...chain,
      ],
      'without the use that was asked': () => [
        ca.sign(csr, 'leaf', `${san}extendedKeyUsage=clientAuth\n`),
        ...chain,
      ],
      'with a CA certificate for a leaf': () => [
        ca.sign(csr, 'leaf', `${san}basicConstraints=critical,CA:TRUE\n`),
        ...chain,
      ],
      'that is no certificate': () => [scratch.file('mail.txt', 'Dear customer,\n')],
    }[what ?? '']
    const problem = await problemOf(answer((await paths?.()) ?? []))
    expect(problem.exit).toBe(65)
    expect(problem.findings.map(each => each.id)).toContain(id)
    expect(existsSync(at('chain.pem'))).toBe(false)
    expect(await listWaiting(state())).toHaveLength(1)
    const said = JSON.stringify(problem.findings)
    expect(said).not.toContain(keyPem(key).split('\n')[1])
  })
})
