import { describe, expect, test } from 'vitest'
import * as der from '../../src/certificates/der.ts'
import { family, make, newKey, upload } from '../support/certificates.ts'
import { toolFolder } from '../support/tool-folder.ts'

const { leaf } = family()
const rsa = make({ key: newKey('rsa2048') })
const tools = toolFolder({
  'key.pem': leaf.keyPem,
  'rsa.pem': rsa.keyPem,
  'ed.pem': make({ key: newKey('ed25519') }).keyPem,
})
const given = (name: string, passphrase?: string) =>
  upload({ [name]: tools.read(name) }, passphrase)
const ids = (name: string, passphrase?: string) =>
  given(name, passphrase).unread.map(({ finding }) => finding.id)

/** That a locked key is opened by its passphrase alone. */
function opensWith(name: string, passphrase: string, publicKeySha256: string) {
  expect(given(name, passphrase)).toMatchObject({
    unread: [],
    keys: [{ wasLocked: true, publicKeySha256 }],
  })
  expect(ids(name)).toEqual(['cert.key-encrypted'])
  expect(ids(name, 'wrong')).toEqual(['cert.passphrase-wrong'])
}

describe('PKCS#8 as openssl locks it', () => {
  const ways = {
    'PBKDF2 with SHA-256 and AES-256': '',
    'PBKDF2 with SHA-1 and AES-128': '-v2 aes128 -v2prf hmacWithSHA1',
    'PBKDF2 with SHA-512 and AES-192': '-v2 aes-192-cbc -v2prf hmacWithSHA512',
    'PBKDF2 and 3DES': '-v2 des3',
    scrypt: '-scrypt',
    'scrypt with a cost of its own': '-scrypt -scrypt_N 4096 -scrypt_r 4 -scrypt_p 2',
    '600,000 rounds': '-iter 600000',
    'PBKDF2 and DES': '-v2 des -provider legacy -provider default',
    'PBKDF2 and RC2': '-v2 rc2 -provider legacy -provider default',
    'PBES1 with MD5 and DES': '-v1 PBE-MD5-DES -provider legacy -provider default',
    'PBES1 with SHA-1 and DES': '-v1 PBE-SHA1-DES -provider legacy -provider default',
    'PBES1 with MD5 and RC2': '-v1 PBE-MD5-RC2-64 -provider legacy -provider default',
    'PBES1 with SHA-1 and RC2': '-v1 PBE-SHA1-RC2-64 -provider legacy -provider default',
    'PKCS#12 with 3DES': '-v1 PBE-SHA1-3DES',
    'PKCS#12 with RC2 of 40 bits': '-v1 PBE-SHA1-RC2-40 -provider legacy -provider default',
  }
  for (const [name, options] of Object.entries(ways)) {
    test(name, context => {
      const words = 'openssl pkcs8 -topk8 -passout pass:right -in key.pem'
      tools.need(context, `${words} -out k.pem ${options}`.trim())
      opensWith('k.pem', 'right', leaf.certificate.publicKeySha256)
      tools.need(context, `${words} -outform DER -out k.der ${options}`.trim())
      opensWith('k.der', 'right', leaf.certificate.publicKeySha256)
    })
  }

  test('RC4, which nothing current writes, is named with the command that opens it', context => {
    const old = '-v1 PBE-SHA1-RC4-128 -provider legacy -provider default'
    tools.need(context, `openssl pkcs8 -topk8 -in key.pem -out old.pem ${old} -passout pass:right`)
    const [unread] = given('old.pem', 'right').unread
    expect(unread?.finding).toMatchObject({
      id: 'cert.unreadable',
      title: 'The key is locked in a way that is not opened here.',
      fix: 'openssl pkcs8 -topk8 -provider legacy -provider default -in old.pem -out old-new.pem',
    })
    const { fix = '' } = unread?.finding ?? {}
    tools.need(context, `${fix} -passin pass:right -passout pass:right`)
    opensWith('old-new.pem', 'right', leaf.certificate.publicKeySha256)
  })
})

describe('the old form of OpenSSL', () => {
  for (const cipher of ['aes128', 'aes256', 'des3', 'des']) {
    test(cipher, context => {
      const legacy = cipher === 'des' ? ' -provider legacy -provider default' : ''
      tools.need(
        context,
        `openssl rsa -traditional -${cipher} -in rsa.pem -out k.pem -passout pass:right${legacy}`,
      )
      expect(tools.read('k.pem').toString()).toContain('DEK-Info')
      opensWith('k.pem', 'right', rsa.certificate.publicKeySha256)
      tools.need(
        context,
        `openssl ec -${cipher} -in key.pem -out e.pem -passout pass:right${legacy}`,
      )
      opensWith('e.pem', 'right', leaf.certificate.publicKeySha256)
    })
  }
})

describe('a hostile lock does not hang the reader', () => {
  const locked = (kdf: der.Der) => {
    const cipher = der.sequence(
      der.oid('2.16.840.1.101.3.4.1.42'),
      der.octetString(Buffer.alloc(16)),
    )
    const scheme = der.sequence(der.oid('1.2.840.113549.1.5.13'), der.sequence(kdf, cipher))
    return der.sequence(scheme, der.octetString(Buffer.alloc(64)))
  }
  const scrypt = (...numbers: number[]) =>
    locked(
      der.sequence(
        der.oid('1.3.6.1.4.1.11591.4.11'),
        der.sequence(der.octetString(Buffer.alloc(8)), ...numbers.map(der.integer)),
      ),
    )
  const titleOf = (bytes: Buffer) => upload({ k: bytes }, 'x').unread[0]?.finding.title

  test('scrypt with much memory, much time, and with nonsense', () => {
    const slow = 'Opening the key would take too long.'
    expect(titleOf(scrypt(2 ** 20, 8, 1))).toBe(slow)
    expect(titleOf(scrypt(2 ** 16, 8, 1000))).toBe(slow)
    expect(titleOf(scrypt(2 ** 30, 2 ** 30, 1))).toBe(slow)
    expect(titleOf(scrypt(1000, 8, 1))).toBe('k is damaged.')
    expect(titleOf(scrypt(2 ** 14, 8, 1))).toBe('This passphrase does not open the key.')
  })

  test('PKCS#12 whose rounds add up', () => {
    const kdf = der.sequence(
      der.oid('1.2.840.113549.1.12.1.3'),
      der.sequence(der.octetString(Buffer.alloc(8)), der.integer(1_000_000)),
    )
    expect(titleOf(der.sequence(kdf, der.octetString(Buffer.alloc(64))))).toBe(
      'Opening the key would take too long.',
    )
  })
})

describe('keys of OpenSSH', () => {
  for (const type of ['rsa', 'ecdsa']) {
    test(`${type}: recognised, and the command that is shown converts a copy`, context => {
      tools.need(context, `ssh-keygen -q -t ${type} -N  -f ssh_${type}`)
      const before = tools.read(`ssh_${type}`)
      const [unread] = given(`ssh_${type}`).unread
      expect(unread).toMatchObject({
        hides: 'key',
        finding: { title: `ssh_${type} is a key in the form of OpenSSH.` },
      })
      const [copy = '', convert = ''] = unread?.finding.fix.split(/ && | \(/) ?? []
      tools.need(context, copy)
      tools.need(context, `${convert} -N  -P `)
      expect(given(`ssh_${type}.pem`)).toMatchObject({ unread: [], keys: [{}] })
      expect(tools.read(`ssh_${type}`)).toEqual(before)
    })
  }
})
