import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import * as der from '../../src/certificates/der.ts'
import { extension } from '../../src/certificates/extension-writers.ts'
import { oids } from '../../src/certificates/oids.ts'
import { family, make, runTool } from '../support/certificates.ts'
import { startPty } from '../support/pty.ts'
import { createSandbox, type Sandbox } from '../support/sandbox.ts'
import { toolFolder } from '../support/tool-folder.ts'

const at = Date.now()
const { root, issuing, leaf } = family({ at, names: ['fraud.ml.example.com', '10.0.0.5'] })
const lock = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' } as const
const tools = toolFolder({
  'chain.pem': leaf.pem + issuing.pem,
  'key.pem': leaf.keyPem,
  'locked.pem': leaf.key.export(lock),
  'roots.pem': root.pem,
  pass: 'hunter2\n',
  'new-pass': 'changeit\n',
})

let box: Sandbox
beforeAll(async () => {
  box = await createSandbox()
})
afterAll(() => box.close())

const cli = (...args: string[]) => box.cli(['cert', ...args], { cwd: tools.folder })
const bits = (name: string) => statSync(join(tools.folder, name)).mode & 0o777

describe('cert convert', () => {
  test('to PKCS#12, which openssl, keytool and Python open', async context => {
    const args = ['chain.pem', 'locked.pem', '--to', 'p12', '--out', 'new.p12']
    const ended = await cli(
      ...['convert', ...args, '--passphrase-file', 'pass', '--out-passphrase-file', 'new-pass'],
    )
    expect(ended).toMatchObject({ exit: 0, stderr: '' })
    expect(bits('new.p12')).toBe(0o600)
    const seen = tools.need(context, 'openssl pkcs12 -in new.p12 -nodes -passin pass:changeit')
    expect(seen.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(seen).toContain('BEGIN PRIVATE KEY')
    expect(
      runTool('openssl', [
        'pkcs12',
        '-in',
        join(tools.folder, 'new.p12'),
        '-noout',
        '-info',
        '-passin',
        'pass:changeit',
      ]).said,
    ).toMatch(
      /MAC: sha256, Iteration 100000[\s\S]*PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256/,
    )
    const listed = tools.need(context, 'keytool -list -v -keystore new.p12 -storepass changeit')
    expect(listed).toContain('Alias name: fraud.ml.example.com')
    expect(listed).toContain('Certificate chain length: 2')
    tools.write(
      'read.py',
      `from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates as load
key, leaf, more = load(open('new.p12', 'rb').read(), b'changeit')
print(key.curve.name, leaf.serial_number, len(more))
`,
    )
    const python = tools.need(context, 'python3 read.py')
    expect(python).toBe(`secp256r1 ${BigInt(`0x${leaf.certificate.serial}`)} 1\n`)
  })

  test('and back: the same certificates and key, in a file for their owner alone', async () => {
    const made = await cli(
      ...['convert', 'chain.pem', 'key.pem', '--to', 'p12', '--out', 'back.p12'],
      ...['--out-passphrase-file', 'new-pass'],
    )
    expect(made.exit).toBe(0)
    const back = await cli(
      ...['convert', 'back.p12', '--to', 'pem', '--out', 'back.pem'],
      ...['--passphrase-file', 'new-pass', '--json'],
    )
    expect(JSON.parse(back.stdout)).toMatchObject({
      schema: 'secure-endpoint/converted@1',
      files: [{ path: join(tools.folder, 'back.pem'), mode: '0600' }],
      key: leaf.certificate.publicKeySha256,
      leftOut: [],
    })
    expect(bits('back.pem')).toBe(0o600)
    expect(tools.read('back.pem').toString()).toBe(leaf.pem + issuing.pem + leaf.keyPem)
  })

  test('to PKCS#7, which openssl and keytool read; the key is named as left out', async context => {
    const ended = await cli('convert', 'chain.pem', 'key.pem', '--to', 'p7', '--out', 'c.p7b')
    expect(ended).toMatchObject({ exit: 0 })
    expect(ended.stdout).toMatch(/left out {2}key [0-9A-F:]{11} of key\.pem: PKCS#7 holds no keys/)
    expect(bits('c.p7b')).toBe(0o644)
    const seen = tools.need(context, 'openssl pkcs7 -in c.p7b -print_certs')
    expect(seen.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(tools.need(context, 'keytool -printcert -file c.p7b')).toContain('Certificate[2]:')
  })

  test('to DER: one thing a file, several into a folder', async context => {
    const one = await cli('convert', 'roots.pem', '--to', 'der', '--out', 'root.der')
    expect(one.exit).toBe(0)
    expect(tools.read('root.der')).toEqual(root.certificate.der)
    const many = ['convert', 'chain.pem', 'key.pem', '--to', 'der', '--out']
    expect(await cli(...many, 'x.der')).toMatchObject({ exit: 2 })
    expect(await cli(...many, 'der/')).toMatchObject({ exit: 0 })
    expect(bits('der/key.der')).toBe(0o600)
    tools.need(context, 'openssl pkey -inform DER -in der/key.der -noout -check')
  })

  test('to a Secret, which reads as the pair it was made of', async () => {
    const args = ['chain.pem', 'key.pem', '--to', 'k8s-secret', '--out', 's.yaml']
    expect(await cli('convert', ...args)).toMatchObject({ exit: 0 })
    expect(bits('s.yaml')).toBe(0o600)
    expect(tools.read('s.yaml').toString()).toContain('name: fraud-ml-example-com-tls\n')
    const checked = await cli('check', 's.yaml', '--roots', 'roots.pem', '--json')
    expect(checked.exit).toBe(0)
    expect(JSON.parse(checked.stdout)).toMatchObject({
      verdict: 'repaired',
      repairs: [{ id: 'cert.format' }],
    })
  })

  test('writes over nothing without --force, and never over less than the whole', async () => {
    writeFileSync(join(tools.folder, 'taken.pem'), 'mine')
    const args = ['convert', 'chain.pem', '--to', 'pem', '--out', 'taken.pem']
    const ended = await cli(...args)
    expect(ended.exit).toBe(73)
    expect(ended.stderr).toContain('--force')
    expect(tools.read('taken.pem').toString()).toBe('mine')
    expect(await cli(...args, '--force')).toMatchObject({ exit: 0 })
    expect(tools.read('taken.pem').toString()).toBe(leaf.pem + issuing.pem)
  })

  test('says which passphrase is missing, wrong or empty, and writes nothing', async () => {
    const args = ['convert', 'locked.pem', 'chain.pem', '--to', 'pem', '--out', 'none.pem']
    const missing = await cli(...args)
    expect(missing).toMatchObject({ exit: 65 })
    expect(missing.stderr).toContain('--passphrase-file')
    const wrong = await cli(...args, '--passphrase-file', 'new-pass')
    expect(wrong).toMatchObject({ exit: 65 })
    expect(wrong.stderr).toContain('does not open')
    expect(wrong.stdout + wrong.stderr).not.toContain('changeit')
    const p12 = await cli('convert', 'chain.pem', 'key.pem', '--to', 'p12', '--out', 'none.pem')
    expect(p12).toMatchObject({ exit: 2 })
    expect(p12.stderr).toContain('--out-passphrase-file')
    expect(() => bits('none.pem')).toThrow('ENOENT')
  })
})

describe('cert inspect', () => {
  test('a request, a revocation list, an SSH key and a store are explained, and are no fault', async context => {
    tools.need(
      context,
      'openssl req -new -key key.pem -subj /CN=x.example.com -addext subjectAltName=DNS:x.example.com -out r.csr',
    )
    tools.write('s.jks', Buffer.from('feedfeed00000002', 'hex'))
    const ended = await cli('inspect', 'r.csr', 's.jks', 'key.pem')
    expect(ended).toMatchObject({ exit: 0, stderr: '' })
    expect(ended.stdout).toContain('Request for a certificate (CSR)')
    expect(ended.stdout).toContain('for         x.example.com')
    expect(ended.stdout).toContain('belongs to  the same key as in key.pem')
    expect(ended.stdout).toContain('keytool -importkeystore -srckeystore s.jks')
    const { others } = JSON.parse((await cli('inspect', 'r.csr', '--json')).stdout)
    expect(others).toMatchObject([{ file: 'r.csr', kind: 'request', names: ['x.example.com'] }])
  })

  test('what it prints is at most 80 columns wide, but for a command to copy', async () => {
    const { stdout } = await cli('inspect', 'chain.pem', 'key.pem', 'roots.pem')
    expect(stdout).toContain('Certificate of a server (leaf)')
    expect(stdout).toContain('private key in key.pem')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(78)
  })

  test('hostile names are shown harmlessly, in words and in JSON', async context => {
    const evil = '\u001b]0;pwned\u0007\u001b[2Jred\u202eline\u2028\r\nCN=trusted'
    const bad = make({ at, cn: evil, names: ['fraud.ml.example.com'] })
    tools.write('bad.pem', bad.pem + bad.keyPem)
    const words = ['pkcs12', '-export', '-in', 'bad.pem', '-out', 'bad.p12']
    const made = tools.runWith('openssl', [...words, '-name', evil, '-passout', 'file:pass'])
    if (made.status !== 0) context.skip('no openssl here')
    for (const more of [[], ['--json']]) {
      const ended = await cli('inspect', 'bad.p12', '--passphrase-file', 'pass', ...more)
      expect(ended.exit).toBe(0)
      expect(ended.stdout).toContain('redline')
      expect(ended.stdout).not.toMatch(
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]|pwned/,
      )
    }
  })

  const commands: [string[], number, string][] = [
    [['inspect', 'locked.pem'], 0, 'locked      with a passphrase'],
    [['check', 'chain.pem', 'locked.pem', '--roots', 'roots.pem'], 0, 'cert.key-unlocked'],
  ]
  for (const [args, exit, wanted] of commands) {
    test(`cert ${args[0]} asks for a passphrase, hidden, until it is right`, async () => {
      const bin = new URL('../../bin/secure-endpoint.cjs', import.meta.url).pathname
      const pty = startPty(process.execPath, [bin, 'cert', ...args], {
        ...{ cwd: tools.folder, env: box.env, columns: 100 },
      })
      await pty.waitFor(/Which passphrase opens locked\.pem\?\s+Passphrase, hidden:/)
      pty.type('wrong\r')
      await pty.waitFor(/This passphrase does not open the key\.[\s\S]+Passphrase, hidden:/)
      pty.type('hunter2\r')
      expect(await pty.ended).toBe(exit)
      expect(pty.all().join('\n')).toContain(wanted)
      expect(pty.written()).not.toMatch(/hunter2|wrong/)
    })
  }
})

describe('cert check', () => {
  test('knows a wildcard of a public suffix from one of a company', async () => {
    for (const [name, host, exit] of [
      ['*.co.uk', 'shop.co.uk', 65],
      ['*.shop.co.uk', 'www.shop.co.uk', 0],
    ] as const) {
      const made = make({ at, issuer: issuing, names: [name] })
      tools.write('wild.pem', made.pem + issuing.pem + made.keyPem)
      const ended = await cli(
        'check',
        'wild.pem',
        '--roots',
        'roots.pem',
        '--domain',
        host,
        '--json',
      )
      expect(ended).toMatchObject({ exit, stderr: '' })
      const ids = JSON.parse(ended.stdout).findings.map(({ id }: { id: string }) => id)
      expect(ids.includes('cert.name-wide')).toBe(exit === 65)
    }
  })

  test('asks nobody on this machine for a missing certificate, and says whom it would ask', async () => {
    const asked: string[] = []
    const server = createServer(({ url = '' }, response) => {
      asked.push(url)
      response.end(issuing.certificate.der)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const url = der.contextPrimitive(6, Buffer.from(`http://127.0.0.1:${port}/ca.der`))
    const access = der.sequence(der.sequence(der.oid(oids.caIssuers), url))
    const more = [extension(oids.authorityInfo, access)]
    mkdirSync(join(tools.folder, 'alone'))
    tools.write('alone/leaf.pem', make({ at, issuer: issuing, more }).pem)
    const args = ['check', '--chain', 'alone/leaf.pem', '--roots', 'roots.pem', '--fetch-private']
    const ended = await cli(...args, '--json')
    expect(ended.exit).toBe(65)
    expect(ended.stderr).toBe(
      `Asking 127.0.0.1:${port} for the missing certificate: http://127.0.0.1:${port}/ca.der\n`,
    )
    const [finding] = JSON.parse(ended.stdout).findings
    expect(finding.id).toBe('cert.intermediate-missing')
    expect(finding.evidence).toContain('127.0.0.1 is of this machine, its link or its cloud')
    expect(asked).toEqual([])
  })
})

describe('init --answers with a locked key', () => {
  const answers = (more: string) => `version: 1
endpoint: fraud
domain: fraud.ml.example.com
certificate:
  source: uploaded
  chain: ./chain.pem
  key: ./locked.pem
  roots: ./roots.pem
${more}target:
  kind: skyserve
  service: fraud
  yaml: ./service.yaml
`
  const init = (more: string) => {
    for (const name of ['chain.pem', 'locked.pem', 'roots.pem', 'pass']) {
      box.file(name, readFileSync(join(tools.folder, name), 'utf8'))
    }
    return box.cli(['init', '--rehearse', '--answers', box.file('a.yaml', answers(more))])
  }

  test('needs passphrase and agreement, and calls no tool without them', async () => {
    const without = await init('')
    expect(without.exit).toBe(65)
    expect(without.stderr).toContain('passphrase: {file: ./pass}')
    const unagreed = await init('  passphrase: {file: ./pass}\n')
    expect(unagreed.exit).toBe(65)
    expect(unagreed.stderr).toContain('repair: [unlock]')
    expect(box.calls()).toEqual([])
    const agreed = await init('  passphrase: {file: ./pass}\n  repair: [unlock]\n')
    expect(agreed.stderr + agreed.stdout).not.toContain('hunter2')
    expect(agreed.exit).toBe(0)
  })
})
