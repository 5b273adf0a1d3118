import { describe, expect, test } from 'vitest'
import { family, make, newKey, upload } from '../support/certificates.ts'
import { toolFolder } from '../support/tool-folder.ts'

const { issuing, leaf } = family()
const tools = toolFolder({
  'leaf.pem': leaf.pem,
  'key.pem': leaf.keyPem,
  'more.pem': issuing.pem,
  'all.pem': leaf.pem + issuing.pem + leaf.keyPem,
})

const given = (name: string, passphrase?: string) =>
  upload({ [name]: tools.read(name) }, passphrase)
const ids = (name: string, passphrase?: string) =>
  given(name, passphrase).unread.map(({ finding, hides }) => [finding.id, hides])

describe('as openssl writes it', () => {
  const ways = {
    'AES-256 and PBKDF2, its default': '',
    'RC2 and 3DES, the old default': '-legacy',
    '3DES alone': '-legacy -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES',
    'two-key 3DES': '-legacy -certpbe PBE-SHA1-2DES -keypbe PBE-SHA1-2DES',
    'RC2 with 128 bits': '-legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-RC2-128',
    'AES-128': '-certpbe AES-128-CBC -keypbe AES-128-CBC',
    'AES-192 and SHA-512': '-certpbe AES-192-CBC -keypbe AES-192-CBC -macalg sha512',
    'a SHA-384 MAC': '-macalg sha384',
    'a SHA-1 MAC': '-macalg sha1',
    'no MAC': '-nomac',
    'certificates that are not locked': '-certpbe NONE',
    'one round': '-iter 1 -nomaciter',
    'many rounds': '-iter 100000',
  }
  for (const [name, options] of Object.entries(ways)) {
    test(name, context => {
      const words = `openssl pkcs12 -export -in all.pem -out f.p12 -name fraud -passout pass:hörst ${options}`
      tools.need(context, words.trim())
      const read = given('f.p12', 'hörst')
      expect(read.unread).toEqual([])
      expect(read.certificates).toMatchObject([
        { position: 1, name: 'fraud', certificate: leaf.certificate },
        { position: 2, certificate: issuing.certificate },
      ])
      expect(read.keys).toMatchObject([{ name: 'fraud', wasLocked: true }])
      expect(read.keys[0]?.publicKeySha256).toBe(leaf.certificate.publicKeySha256)
      expect(read.forms).toEqual([{ file: 'f.p12', form: 'PKCS#12' }])
    })
  }

  test('a passphrase that is missing or wrong is said, and what it hides', context => {
    tools.need(context, 'openssl pkcs12 -export -in all.pem -out f.p12 -passout pass:right')
    expect(ids('f.p12')).toEqual([['cert.key-encrypted', 'either']])
    expect(ids('f.p12', '')).toEqual([['cert.passphrase-wrong', 'either']])
    expect(ids('f.p12', 'wrong')).toEqual([['cert.passphrase-wrong', 'either']])
  })

  test('an empty passphrase is no lock', context => {
    tools.need(context, 'openssl pkcs12 -export -in all.pem -out f.p12 -passout pass:')
    expect(given('f.p12')).toMatchObject({ keys: [{ wasLocked: false }], unread: [] })
  })

  test('no locks at all', context => {
    const none = '-certpbe NONE -keypbe NONE -nomac'
    tools.need(context, `openssl pkcs12 -export -in all.pem -out f.p12 ${none} -passout pass:`)
    expect(given('f.p12')).toMatchObject({ keys: [{ wasLocked: false }], unread: [] })
  })

  test('certificates without a lock and a key with one: a wrong passphrase hides the key alone', context => {
    tools.need(
      context,
      'openssl pkcs12 -export -in all.pem -out f.p12 -certpbe NONE -nomac -passout pass:right',
    )
    expect(ids('f.p12', 'wrong')).toEqual([['cert.passphrase-wrong', 'key']])
    expect(given('f.p12', 'wrong').certificates).toHaveLength(2)
  })

  for (const kind of ['rsa2048', 'rsapss', 'p384', 'p521', 'ed25519'] as const) {
    test(`a key of ${kind}`, context => {
      const other = make({ key: newKey(kind) })
      tools.write('other.pem', other.pem + other.keyPem)
      tools.need(context, 'openssl pkcs12 -export -in other.pem -out f.p12 -passout pass:right')
      expect(given('f.p12', 'right').keys[0]?.publicKeySha256).toBe(
        other.certificate.publicKeySha256,
      )
    })
  }

  test('a byte that has changed is not taken for a good file', context => {
    tools.need(context, 'openssl pkcs12 -export -in all.pem -out f.p12 -passout pass:right')
    const bytes = tools.read('f.p12')
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1
    const read = upload({ f: bytes }, 'right')
    expect(read.keys).toEqual([])
    expect(read.unread).toHaveLength(1)
  })

  test('a name with escape codes and right-to-left marks is shown harmlessly', context => {
    const made = tools.need(context, 'openssl version')
    expect(made).not.toBe('')
    const name = `\x1b[31mred\u202e\nline\u0007`
    const words = ['pkcs12', '-export', '-in', 'all.pem', '-out', 'f.p12']
    tools.runWith('openssl', [...words, '-name', name, '-passout', 'pass:x'])
    expect(given('f.p12', 'x').keys[0]?.name).toBe('red line')
  })
})

describe('as keytool writes it', () => {
  test('two keys in one file, each with its alias', context => {
    tools.need(context, 'keytool -help')
    const common = '-keystore s.p12 -storetype PKCS12 -storepass changeit'
    for (const [alias, alg] of [
      ['one', 'RSA -keysize 2048'],
      ['two', 'EC -groupname secp384r1'],
    ]) {
      tools.need(
        context,
        `keytool -genkeypair -alias ${alias} -keyalg ${alg} -dname CN=${alias}.example.com -validity 90 ${common}`,
      )
    }
    const read = given('s.p12', 'changeit')
    expect(read.unread).toEqual([])
    expect(read.keys.map(({ name }) => name).sort()).toEqual(['one', 'two'])
    expect(read.certificates).toHaveLength(2)
    expect(read.certificates.map(({ certificate }) => certificate.publicKeySha256).sort()).toEqual(
      read.keys.map(({ publicKeySha256 }) => publicKeySha256).sort(),
    )
  })

  for (const [type, name] of [
    ['JKS', 'JKS'],
    ['JCEKS', 'JCEKS'],
  ]) {
    test(`${type} is recognised, and the command that is shown converts it`, context => {
      tools.need(context, 'keytool -help')
      const common = `-keystore s.${type} -storetype ${type} -storepass changeit -keypass changeit`
      tools.need(
        context,
        `keytool -genkeypair -alias one -keyalg EC -dname CN=a.example.com ${common}`,
      )
      const [unread] = given(`s.${type}`).unread
      expect(unread?.finding.title).toBe(`s.${type} is a Java key store (${name}).`)
      const { fix = '' } = unread?.finding ?? {}
      tools.need(context, `${fix} -srcstorepass changeit -deststorepass changeit`)
      expect(given(`s.${type}.p12`, 'changeit')).toMatchObject({ keys: [{ name: 'one' }] })
    })
  }
})
