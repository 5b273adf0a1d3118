import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { upload } from '../support/certificates.ts'
import { noVectors, vectorsFolder } from '../support/cryptography-vectors.ts'
import { rfc9579 } from '../support/rfc9579.ts'

describe('PBMAC1: the vectors of RFC 9579', () => {
  for (const vector of ['A.1', 'A.2', 'A.3'] as const) {
    test(`${vector} is opened by its passphrase alone`, () => {
      const read = upload({ f: rfc9579(vector) }, '1234')
      expect(read).toMatchObject({ unread: [], certificates: [{ position: 1 }], keys: [{}] })
      expect(read.certificates[0]?.certificate.publicKeySha256).toBe(read.keys[0]?.publicKeySha256)
      expect(upload({ f: rfc9579(vector) }, '12345').unread).toMatchObject([
        { finding: { id: 'cert.passphrase-wrong' } },
      ])
    })
  }
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

describe("pyca/cryptography's vectors (Debian: python3-cryptography-vectors)", () => {
  const folder = vectorsFolder('pkcs12')

  test('each file is opened with its passphrase', context => {
    if (!folder) return context.skip(noVectors)
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
