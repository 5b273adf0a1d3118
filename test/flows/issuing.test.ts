import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTool } from '../support/certificates.ts'
import { createOpensslCa, hasOpenssl } from '../support/openssl-ca.ts'
import { startPty } from '../support/pty.ts'
import { answers, createSandbox, ended, type Sandbox } from '../support/sandbox.ts'
import { skipped, until } from '../support/scratch.ts'

const bin = fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))
let box: Sandbox

beforeEach(async () => {
  box = await createSandbox()
})

afterEach(() => box.close())

const read = (name: string) => readFileSync(join(box.folder, name), 'utf8')
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

/** Every file below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

describe('cert issue', () => {
  it('writes what openssl verifies, and a key for the user alone that no output shows', async () => {
    const wanted = ['cert', 'issue', 'svc.test', '10.0.0.5', '--out']
    for (const keyType of ['ecdsa-p256', 'rsa-2048', 'ed25519']) {
      const run = await box.cli([...wanted, keyType, '--key-type', keyType, '--target', 'skyserve'])
      expect(run.exit).toBe(0)
      const { stdout } = await box.cli(['cert', 'ca', '--json'])
      const keys = filesIn(box.folder).filter(path => /key\.pem$/.test(path))
      for (const path of keys) {
        expect(modeOf(path)).toBe('600')
        const [, body = ''] = readFileSync(path, 'utf8').split('\n')
        expect(run.stdout + run.stderr + stdout).not.toContain(body)
      }
      if (!hasOpenssl) skipped('openssl is not here')
      else {
        const files = ['roots.pem', 'chain.pem'].map(name => join(box.folder, keyType, name))
        const [roots = '', chain = ''] = files
        const names = ['-verify_hostname', 'svc.test', '-x509_strict', '-purpose', 'sslserver']
        expect(runTool('openssl', ['verify', ...names, '-CAfile', roots, chain]).said).toContain(
          'OK',
        )
      }
    }
    const again = await box.cli([...wanted, 'ecdsa-p256'])
    expect([again.exit, again.stderr.includes('is there already')]).toEqual([73, true])
  })

  it.each(['skyserve', 'azureml', 'feldera', 'aistore', 'aistore-operator'])(
    'makes and checks a leaf for a target of kind %s, of which nothing else is known',
    async kind => {
      const out = `for-${kind}`
      const made = await box.cli(['cert', 'issue', 'svc.test', '--target', kind, '--out', out])
      expect([made.exit, made.stderr]).toEqual([0, ''])
      const { subjectAltName = '', keyUsage } = new X509Certificate(read(`${out}/chain.pem`))
      expect(subjectAltName).toMatch(/^DNS:svc\.test(, (DNS:localhost|IP Address:127\.0\.0\.1))*$/)
      // nodes are clients of each other
      expect((keyUsage as unknown as string[]).includes('1.3.6.1.5.5.7.3.2')).toBe(
        kind.startsWith('aistore'),
      )
      const files = ['chain.pem', 'key.pem', 'roots.pem'].map(name => `${out}/${name}`)
      const checked = await box.cli(['cert', 'check', ...files, '--target', kind])
      expect(checked.exit, checked.stdout + checked.stderr).toBe(0)
    },
  )

  it('asks for the passphrase of a locked CA, hidden, and takes it from a file', async () => {
    box.file('pass', 'hunter2hunter2\n')
    const issue = (...more: string[]) => ['cert', 'issue', 'svc.test', ...more]
    const made = await box.cli(issue('--lock-ca', '--passphrase-file', 'pass', '--out', 'one'))
    expect(made.exit).toBe(0)
    const silent = await box.cli(issue('--out', 'two'))
    expect(silent.exit).toBe(65)
    expect(silent.stderr).toContain('--passphrase-file FILE')
    const pty = startPty(process.execPath, [bin, ...issue('--out', 'two')], {
      cwd: box.folder,
      env: box.env,
    })
    await pty.waitFor('The passphrase of the local CA')
    pty.type('wrong-one\r')
    await pty.waitFor('This passphrase does not open it.')
    const asked = () => pty.text().match(/The passphrase of the local CA/g)?.length === 2
    await pty.waitFor(asked)
    pty.type('hunter2hunter2\r')
    expect(await pty.ended).toBe(0)
    expect(pty.written()).not.toMatch(/hunter2|wrong-one/)
    expect(read('two/roots.pem')).toBe(read('one/roots.pem'))
    const texts = filesIn(box.state).map(path => readFileSync(path, 'utf8'))
    expect(texts.join('')).not.toContain('hunter2')
  })

  it('makes a locked CA with a passphrase that is typed twice', async () => {
    const pty = startPty(process.execPath, [bin, 'cert', 'ca', 'make', 'svc.test', '--lock-ca'], {
      cwd: box.folder,
      env: box.env,
    })
    await pty.waitFor('A passphrase for the key')
    pty.type('short\r')
    await pty.waitFor('fewer than 8 characters')
    pty.type('long enough\r')
    await pty.waitFor('The same again:')
    pty.type('long enouhg\r')
    await pty.waitFor('The two differ')
    pty.type('long enough\r')
    await until(() => pty.text().match(/The same again:/g)?.length === 2)
    pty.type('long enough\r')
    expect(await pty.ended).toBe(0)
    expect(pty.text()).toContain('locked by a passphrase')
  })
})

describe('a locked CA in a run', () => {
  it('is said before anything is changed, and opened from where the answers point', async () => {
    box.file('pass', 'hunter2hunter2\n')
    await box.cli(['cert', 'ca', 'make', 'svc.test', '--lock-ca', '--passphrase-file', 'pass'])
    box.file('a.yaml', answers(box))
    const closed = await box.cli(['init', '--answers', 'a.yaml', '--yes'])
    expect(closed.exit).toBe(65)
    expect(closed.stderr).toContain('certificate.passphrase: {file: ./pass}')
    expect(box.changes()).toEqual([])
    const certificate = '{source: self-signed, passphrase: {file: ./pass}}'
    box.file('a.yaml', answers(box, { certificate }))
    expect((await box.cli(['init', '--answers', 'a.yaml', '--yes'])).exit).toBe(0)
    expect((await box.cli(['rotate', 'svc-a', '--yes'])).exit).toBe(0)
    const all = JSON.parse((await box.cli(['cert', 'ca', '--json'])).stdout).authorities
    expect(all).toMatchObject([{ locked: true, endpoints: ['svc-a'] }])
    const texts = filesIn(box.state).map(path => readFileSync(path, 'utf8'))
    expect(texts.join('')).not.toContain('hunter2')
  })
})

describe('a request to a CA', () => {
  const csr = ['cert', 'issue', '--csr', 'svc.test', '--key-type', 'rsa-2048', '--out', 'ask']

  it('that is killed anywhere converges: one key, a request for it, one that waits', async () => {
    const seen = new Set<string>()
    for (const wait of [0, 1, 2, 3]) {
      const folder = join(box.folder, 'ask')
      const child = box.start(csr)
      const end = ended(child)
      const stage = ['request.json', 'key.pem', 'request.csr'][wait]
      await until(() => {
        if (child.exitCode !== null) return true
        if (stage === undefined) return false
        try {
          return readdirSync(folder).includes(stage)
        } catch {
          return false
        }
      })
      child.kill('SIGKILL')
      await end
      const left = readdirSync(folder).filter(name => !name.startsWith('.'))
      seen.add(left.sort().join())
      const before = left.includes('key.pem') ? read('ask/key.pem') : undefined
      if (before !== undefined) expect(modeOf(join(folder, 'key.pem'))).toBe('600')
      const again = await box.cli([...csr, '--json'])
      expect(again.exit).toBe(0)
      if (before !== undefined) expect(read('ask/key.pem')).toBe(before)
      if (hasOpenssl) {
        const of = (kind: string, file: string) =>
          runTool('openssl', [kind, '-in', join(folder, file), '-noout', '-modulus']).stdout
        expect(of('req', 'request.csr')).toBe(of('rsa', 'key.pem'))
      }
      const waiting = JSON.parse((await box.cli(['cert', 'issue', '--waiting', '--json'])).stdout)
      expect(waiting.requests).toHaveLength(1)
      rmSync(folder, { recursive: true })
    }
    expect([...seen]).toContain('request.json')
  })

  it('shows no key, and is answered in another folder when it was moved there', async () => {
    if (!hasOpenssl) return skipped('openssl is not here')
    const asked = await box.cli(csr)
    expect(asked.stdout).toContain('secure-endpoint cert issue --answer FILE')
    expect(asked.stdout).not.toContain('PRIVATE')
    const ca = createOpensslCa(box.folder)
    const leaf = ca.sign(join(box.folder, 'ask/request.csr'))
    renameSync(join(box.folder, 'ask'), join(box.folder, 'moved'))
    const answer = ['cert', 'issue', '--answer', leaf, ca.issuing, '--roots', ca.root]
    expect((await box.cli(answer)).exit).toBe(65)
    const taken = await box.cli([...answer, '--out', 'moved', '--json'])
    expect(taken.exit).toBe(0)
    expect(JSON.parse(taken.stdout)).toMatchObject({
      chain: join(box.folder, 'moved/chain.pem'),
      roots: join(box.folder, 'moved/roots.pem'),
    })
    const check = ['cert', 'check', 'moved/chain.pem', 'moved/key.pem', '--domain', 'svc.test']
    expect((await box.cli([...check, '--roots', 'moved/roots.pem'])).exit).toBe(0)
    expect((await box.cli([...answer, '--out', 'moved'])).exit).toBe(0)
  })

  it.for([
    [['cert', 'issue'], 'No name is given.'],
    [['cert', 'issue', '--csr', 'a.test', '--days', '3'], 'does not go with'],
    [['cert', 'issue', 'a.test', '--answer', 'x'], 'no names are given'],
    [['cert', 'issue', 'a.test', '--key-type', 'dsa'], '--key-type'],
    [['cert', 'issue', 'a.test', '--target', 'x'], 'is no target'],
    [['cert', 'trust', 'a', '--install', '--remove'], 'are opposites'],
    [['cert', 'ca', 'roll', 'a', '--sign', '--end'], 'three steps'],
  ] as const)('%j is told what is wrong', async ([args, says]) => {
    const { exit, stderr } = await box.cli([...args])
    expect([exit, stderr.includes(says)]).toEqual([2, true])
  })
})
