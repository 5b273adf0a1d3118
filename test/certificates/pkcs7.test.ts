import { describe, expect, test } from 'vitest'
import * as der from '../../src/certificates/der.ts'
import { writePkcs7 } from '../../src/certificates/pkcs7.ts'
import { family, make, upload } from '../support/certificates.ts'
import { toolFolder } from '../support/tool-folder.ts'

const { root, issuing, leaf } = family()
const tools = toolFolder({
  'all.pem': leaf.pem + issuing.pem + root.pem,
  'key.pem': leaf.keyPem,
  'leaf.pem': leaf.pem,
  'more.pem': issuing.pem + root.pem,
})
const names = (files: Record<string, string | Buffer>) => {
  const read = upload(files)
  expect(read.unread).toEqual([])
  return read.certificates.map(({ certificate }) => certificate.commonName).sort()
}
const all = ['Example Issuing CA 3', 'Example Root CA', 'fraud.ml.example.com']

describe('PKCS#7', () => {
  for (const form of ['PEM', 'DER']) {
    test(`as openssl writes it in ${form}`, context => {
      const words = 'openssl crl2pkcs7 -nocrl -certfile all.pem'
      tools.need(context, `${words} -outform ${form} -out f.p7b`)
      expect(names({ 'f.p7b': tools.read('f.p7b') })).toEqual(all)
      expect(upload({ f: tools.read('f.p7b') }).forms).toEqual([{ file: 'f', form: 'PKCS#7' }])
    })
  }

  test('with open lengths, as streaming writers leave them', context => {
    tools.write('text', 'hello')
    tools.need(
      context,
      'openssl cms -sign -stream -indef -nodetach -signer leaf.pem -inkey key.pem -certfile more.pem -outform DER -in text -out f.der',
    )
    const bytes = tools.read('f.der')
    expect(bytes.subarray(0, 2).toString('hex')).toBe('3080')
    expect(names({ f: bytes })).toEqual(all)
  })

  test('as it is written here, openssl reads it', context => {
    const certificates = [leaf, issuing, root].map(each => each.certificate.der)
    tools.write('ours.p7b', writePkcs7(certificates))
    const said = tools.need(context, 'openssl pkcs7 -inform DER -in ours.p7b -print_certs')
    expect(said.match(/BEGIN CERTIFICATE/g)).toHaveLength(3)
    expect(names({ f: tools.read('ours.p7b') })).toEqual(all)
  })

  test('one without certificates, and one of something else, are said to be so', () => {
    const evidence = (bytes: Buffer) => upload({ f: bytes }).unread[0]?.finding.evidence
    expect(evidence(writePkcs7([]))).toBe('PKCS#7: it holds no certificate')
    const data = der.sequence(
      der.oid('1.2.840.113549.1.7.1'),
      der.context(0, der.octetString(Buffer.alloc(9))),
    )
    expect(evidence(data)).toBe('PKCS#7: it holds something else than certificates')
  })

  test('more certificates than a chain can have are refused', () => {
    const many = Array.from({ length: 101 }, () => leaf.certificate.der)
    expect(upload({ f: writePkcs7(many) })).toMatchObject({
      certificates: [],
      unread: [{ finding: { id: 'cert.too-large', evidence: 'more than 100 certificates' } }],
    })
    expect(upload({ f: writePkcs7(many.slice(1)) }).certificates).toHaveLength(100)
  })
})

describe('DER and what is like it', () => {
  test('a certificate and keys in DER', () => {
    expect(upload({ c: leaf.certificate.der }).certificates).toHaveLength(1)
    for (const type of ['pkcs8', 'sec1'] as const) {
      const bytes = leaf.key.export({ type, format: 'der' })
      expect(upload({ k: bytes }).keys).toMatchObject([{ wasLocked: false }])
    }
  })

  test('base64 without its lines, as base64 and a Secret have it', () => {
    const wrapped = [leaf.certificate.der, Buffer.from(leaf.pem)].map(each =>
      each.toString('base64'),
    )
    for (const text of wrapped) {
      const read = upload({ f: `${text}\n` })
      expect(read.certificates).toHaveLength(1)
      expect(read.forms[0]).toEqual({ file: 'f', form: 'Base64' })
    }
    expect(upload({ f: 'aGVsbG8=' }).unread).toHaveLength(1)
  })

  test('text of Windows: UTF-16 with and without a mark, and a byte order mark', () => {
    const text = `${leaf.pem}${leaf.keyPem}`.replace(/\n/g, '\r\n')
    const little = Buffer.from(text, 'utf16le')
    const forms = {
      'with a mark': Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
      'big-endian': Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(little).swap16()]),
      'without a mark': little,
      'UTF-8': Buffer.from(`\ufeff${text}`),
    }
    for (const [name, bytes] of Object.entries(forms)) {
      const read = upload({ f: bytes })
      expect(read, name).toMatchObject({
        certificates: [{}],
        keys: [{}],
        unread: [],
        textAround: [],
      })
      expect(read.forms).toEqual([
        { file: 'f', form: name === 'UTF-8' ? 'byte order mark' : 'UTF-16' },
      ])
    }
    expect(upload({ f: text }).forms).toEqual([])
  })

  test('a request, a revocation list and a public key in DER are called by name', context => {
    tools.need(
      context,
      'openssl req -new -key key.pem -subj /CN=a.example.com -outform DER -out r.der',
    )
    tools.need(context, 'openssl pkey -in key.pem -pubout -outform DER -out p.der')
    tools.write(
      'ca.cnf',
      '[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ndefault_md=sha256\ncrlnumber=number\n',
    )
    tools.write('index.txt', '')
    tools.write('number', '01')
    const self = make({ ca: true })
    tools.write('self.pem', self.pem)
    tools.write('self-key.pem', self.keyPem)
    tools.need(
      context,
      'openssl ca -gencrl -config ca.cnf -cert self.pem -keyfile self-key.pem -crldays 3 -out c.pem',
    )
    tools.need(context, 'openssl crl -in c.pem -outform DER -out c.der')
    const title = (name: string) => upload({ [name]: tools.read(name) }).unread[0]?.finding.title
    expect(title('r.der')).toMatch(/is a certificate request/)
    expect(title('p.der')).toMatch(/is a public key/)
    expect(title('c.der')).toMatch(/is a revocation list/)
    expect(title('c.pem')).toMatch(/is a revocation list/)
  })
})
