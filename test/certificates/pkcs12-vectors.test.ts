import { createHmac, pbkdf2Sync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as der from '../../src/certificates/der.ts'
import { make, upload } from '../support/certificates.ts'
import { rfc9579 } from '../support/rfc9579.ts'

describe('PBMAC1: the vectors of RFC 9579', () => {
  test('A.1 is opened', () => {
    const read = upload({ f: rfc9579('A.1') }, '1234')
    expect(read).toMatchObject({ unread: [], certificates: [{ position: 1 }], keys: [{}] })
    expect(read.certificates[0]?.certificate.publicKeySha256).toBe(read.keys[0]?.publicKeySha256)
    expect(upload({ f: rfc9579('A.1') }, '12345').unread).toMatchObject([
      { finding: { id: 'cert.passphrase-wrong' } },
    ])
  })
  for (const vector of ['A.4', 'A.5'] as const) {
    test(`${vector}, whose iteration count or salt is wrong, is not`, () => {
      const read = upload({ f: rfc9579(vector) }, '1234')
      expect(read).toMatchObject({ certificates: [], keys: [] })
      expect(read.unread).toMatchObject([{ finding: { id: 'cert.passphrase-wrong' } }])
    })
  }
  test('A.6, which does not say the length of the key, is damaged', () => {
    const { unread, keys } = upload({ f: rfc9579('A.6') }, '1234')
    expect(keys).toEqual([])
    expect(unread).toMatchObject([
      {
        finding: {
          id: 'cert.unreadable',
          evidence: 'PKCS#12: the length of its key is missing or wrong',
        },
      },
    ])
  })
})

/** A PKCS#12 that is not locked, with a MAC of PBMAC1. */
function withPbmac1(prf: [oid: string, name: string], hmac: [oid: string, name: string]): Buffer {
  const data = (content: Buffer) =>
    der.sequence(der.oid('1.2.840.113549.1.7.1'), der.context(0, der.octetString(content)))
  const bag = der.sequence(
    der.oid('1.2.840.113549.1.12.10.1.3'),
    der.context(
      0,
      der.sequence(
        der.oid('1.2.840.113549.1.9.22.1'),
        der.context(0, der.octetString(make().certificate.der)),
      ),
    ),
  )
  const safe = der.sequence(data(der.sequence(bag)))
  const salt = Buffer.from('saltsalt')
  const algorithm = ([oid]: [string, string]) => der.sequence(der.oid(oid), der.nothing())
  const kdf = der.sequence(
    der.oid('1.2.840.113549.1.5.12'),
    der.sequence(der.octetString(salt), der.integer(2048), der.integer(64), algorithm(prf)),
  )
  const scheme = der.sequence(der.oid('1.2.840.113549.1.5.14'), der.sequence(kdf, algorithm(hmac)))
  const key = pbkdf2Sync('1234', salt, 2048, 64, prf[1])
  const digest = createHmac(hmac[1], key).update(safe).digest()
  const mac = der.sequence(
    der.sequence(scheme, der.octetString(digest)),
    der.octetString(Buffer.from('NOT USED')),
  )
  return der.sequence(der.integer(3), data(safe), mac)
}

const sha256: [string, string] = ['1.2.840.113549.2.9', 'sha256']
const sha512: [string, string] = ['1.2.840.113549.2.11', 'sha512']

test('PBMAC1 with SHA-512, as in A.2 and A.3 of RFC 9579', () => {
  for (const file of [withPbmac1(sha512, sha256), withPbmac1(sha512, sha512)]) {
    expect(upload({ f: file }, '1234')).toMatchObject({ unread: [], certificates: [{}] })
    expect(upload({ f: file }, '4321')).toMatchObject({ certificates: [] })
  }
})

describe("pyca/cryptography's vectors (Debian: python3-cryptography-vectors)", () => {
  const folder = [
    process.env.CRYPTOGRAPHY_VECTORS ?? '',
    '/usr/lib/python3/dist-packages/cryptography_vectors',
  ]
    .map(each => join(each, 'pkcs12'))
    .find(existsSync)

  test('each file is opened with its passphrase', context => {
    if (!folder) return context.skip('python3-cryptography-vectors is not installed')
    const files = readdirSync(folder).filter(name => name.endsWith('.p12'))
    const seen = files.map(name => {
      const none = /no-pwd|no-password/.test(name)
      const open = none ? undefined : name.endsWith('-pwd.p12') ? 'password' : 'cryptography'
      const read = upload({ [name]: readFileSync(join(folder, name)) }, open)
      return [name, read.unread.length, read.certificates.length + read.keys.length > 0]
    })
    expect(seen).toEqual(files.map(name => [name, 0, true]))
    expect(files.length).toBeGreaterThan(5)
  })
})
