import { createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as der from '../../src/certificates/der.ts'
import { readUpload } from '../../src/certificates/read.ts'
import { family, make, newKey, upload } from '../support/certificates.ts'

const { issuing, leaf } = family()
const block = (label: string, body = 'AAAA') =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`

/** The one thing that was not read. */
function unread(files: Record<string, string | Buffer>, passphrase?: string) {
  const [first, ...more] = upload(files, passphrase).unread
  expect(more).toEqual([])
  return { ...first?.finding, hides: first?.hides }
}

test('says from which file and place each thing comes, whatever it is called', () => {
  const read = upload({ 'key.pem': issuing.pem + leaf.pem, 'cert.pem': leaf.keyPem })
  expect(read.certificates).toMatchObject([
    { file: 'key.pem', position: 1, certificate: { commonName: 'Example Issuing CA 3' } },
    { file: 'key.pem', position: 2, certificate: { commonName: 'fraud.ml.example.com' } },
  ])
  expect(read.keys).toMatchObject([{ file: 'cert.pem', position: 1, wasLocked: false }])
  expect(read.keys[0]?.publicKeySha256).toBe(leaf.certificate.publicKeySha256)
  expect(read.unread).toEqual([])
})

test('a path that is given twice is read once', () => {
  const file = { path: 'all.pem', bytes: Buffer.from(leaf.pem + leaf.keyPem) }
  const read = readUpload([file, file])
  expect(read.certificates).toHaveLength(1)
  expect(read.keys).toHaveLength(1)
})

describe('keys', () => {
  const kinds = {
    'PKCS#8': { type: 'pkcs8' },
    SEC1: { type: 'sec1' },
  } as const
  for (const [name, { type }] of Object.entries(kinds)) {
    test(`${name} of EC`, () => {
      const text = leaf.key.export({ type, format: 'pem' }).toString()
      expect(upload({ k: text }).keys).toHaveLength(1)
      const locked = leaf.key
        .export({ type, format: 'pem', cipher: 'aes-128-cbc', passphrase: 'right' })
        .toString()
      expect(unread({ k: locked })).toMatchObject({ id: 'cert.key-encrypted', hides: 'key' })
      expect(unread({ k: locked }, 'wrong')).toMatchObject({ id: 'cert.passphrase-wrong' })
      expect(unread({ k: locked }, '')).toMatchObject({ id: 'cert.passphrase-wrong' })
      expect(upload({ k: locked }, 'right').keys).toMatchObject([{ wasLocked: true }])
    })
  }

  test('PKCS#1 of RSA, locked and not', () => {
    const key = newKey('rsa2048')
    const open = key.export({ type: 'pkcs1', format: 'pem' }).toString()
    const lock = { cipher: 'aes-256-cbc', passphrase: 'right' }
    const locked = key.export({ type: 'pkcs1', format: 'pem', ...lock }).toString()
    expect(upload({ k: open }).keys).toHaveLength(1)
    expect(upload({ k: locked }, 'right').keys).toHaveLength(1)
    expect(upload({ k: locked }, 'wrong').keys).toHaveLength(0)
  })

  test('EC parameters before a key, as openssl ecparam writes them, are no fault', () => {
    const text = block('EC PARAMETERS', 'BggqhkjOPQMBBw==') + leaf.keyPem
    expect(upload({ k: text })).toMatchObject({ keys: [{ position: 1 }], unread: [] })
  })

  test('one that is damaged', () => {
    expect(unread({ k: block('PRIVATE KEY') })).toMatchObject({
      id: 'cert.unreadable',
      hides: 'key',
      evidence: 'PRIVATE KEY, line 1: its structure is damaged',
    })
    expect(unread({ k: block('ENCRYPTED PRIVATE KEY') }, 'x').id).toBe('cert.unreadable')
  })

  test('one that would take minutes to open is not tried', () => {
    const rounds = (count: number) => {
      const pbkdf2 = der.sequence(
        der.oid('1.2.840.113549.1.5.12'),
        der.sequence(der.octetString(Buffer.alloc(8)), der.integer(count)),
      )
      const cipher = der.sequence(
        der.oid('2.16.840.1.101.3.4.1.42'),
        der.octetString(Buffer.alloc(16)),
      )
      const scheme = der.sequence(der.oid('1.2.840.113549.1.5.13'), der.sequence(pbkdf2, cipher))
      const locked = der.sequence(scheme, der.octetString(Buffer.alloc(64)))
      return unread({ k: block('ENCRYPTED PRIVATE KEY', locked.toString('base64')) }, 'x')
    }
    expect(rounds(5_000_001).title).toBe('Opening the key would take too long.')
    expect(rounds(2048).id).toBe('cert.passphrase-wrong')
  })
})

describe('what is neither certificate nor key is called by its name', () => {
  const publicKey = createPublicKey(leaf.key).export({ type: 'spki', format: 'pem' }).toString()
  const cases: [string, string | Buffer, RegExp, string][] = [
    ['a request', block('CERTIFICATE REQUEST'), /is a certificate request \(CSR\)/, 'certificate'],
    ['a public key', publicKey, /is a public key/, 'key'],
    ['an SSH key', block('OPENSSH PRIVATE KEY'), /in the form of OpenSSH/, 'key'],
    ['a Java key store', Buffer.from('feedfeed0002', 'hex'), /Java key store \(JKS\)/, 'either'],
    ['an archive', Buffer.from('504b0304aaaa', 'hex'), /compressed archive/, 'either'],
    ['a revocation list', block('X509 CRL'), /is a revocation list \(CRL\)/, 'either'],
    ['other PEM', block('PGP MESSAGE'), /no certificate and no key in f/, 'either'],
    ['text', 'hello', /no certificate and no key in f/, 'either'],
    ['rubbish', Buffer.from([0, 1, 2, 200]), /no certificate and no key in f/, 'either'],
  ]
  for (const [name, content, title, hides] of cases) {
    test(name, () => {
      const found = unread({ f: content })
      expect(found).toMatchObject({ id: 'cert.unreadable', subject: 'f', hides })
      expect(found.title).toMatch(title)
      expect(found.fix).not.toBe('')
    })
  }

  test('beside a certificate it is only other text', () => {
    const read = upload({ f: leaf.pem + block('CERTIFICATE REQUEST') })
    expect(read.unread).toEqual([])
    expect(read.textAround).toEqual([{ file: 'f', lines: 3 }])
  })
})

test('a certificate that is damaged inside is said with its line', () => {
  const bytes = Buffer.from(make().certificate.der)
  bytes[1] = 0x10
  const text = leaf.pem + block('CERTIFICATE', bytes.toString('base64'))
  const line = leaf.pem.trim().split('\n').length + 1
  expect(unread({ f: text })).toMatchObject({
    title: 'A block in f is damaged.',
    evidence: `CERTIFICATE, line ${line}: its structure is damaged`,
    hides: 'certificate',
  })
})

test('a file of blanks is empty, one that begins with many blanks is not', () => {
  expect(unread({ f: ' \r\n\t' })).toMatchObject({ id: 'cert.empty', hides: 'either' })
  expect(upload({ f: `${' '.repeat(200_000)}${leaf.pem}` }).unread).toEqual([])
})
