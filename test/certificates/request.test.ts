import { describe, expect, test } from 'vitest'
import { generateKey } from '../../src/certificates/issue.ts'
import { keyTypes } from '../../src/certificates/profile.ts'
import { certificateRequest } from '../../src/certificates/request.ts'
import { parseSubject } from '../../src/certificates/subject.ts'
import { runTool } from '../support/certificates.ts'
import { createScratch, type Scratch, skipped } from '../support/scratch.ts'

const names = [
  'fraud.ml.example.com',
  '*.x.example.com',
  '10.0.0.5',
  '2001:db8::17',
  'bücher.example',
]
const subject = parseSubject('C=de, O=Example\\, GmbH & Söhne, OU=ML')

async function requestIn(scratch: Scratch, keyType: (typeof keyTypes)[number]): Promise<string> {
  const content = { names, subject, extendedKeyUsage: ['serverAuth'] as const }
  return scratch.file('a.csr', certificateRequest(content, await generateKey(keyType)))
}

describe('a request', () => {
  test.for(keyTypes)(
    'for %s is whole for openssl, and asks for what is wanted',
    { timeout: 120_000 },
    async (keyType, { onTestFinished }) => {
      const path = await requestIn(createScratch(onTestFinished), keyType)
      const args = [
        'req',
        '-in',
        path,
        '-noout',
        '-verify',
        '-text',
        '-nameopt',
        'utf8,sep_comma_plus',
      ]
      const { status, said } = runTool('openssl', args)
      if (status === null) return skipped('openssl is not here')
      expect(status).toBe(0)
      expect(said).toContain('verify OK')
      expect(said).toContain('C=DE,O=Example, GmbH & Söhne,OU=ML,CN=fraud.ml.example.com')
      expect(said).toContain(
        'DNS:fraud.ml.example.com, DNS:*.x.example.com, IP Address:10.0.0.5, IP Address:2001:DB8:0:0:0:0:0:17, DNS:xn--bcher-kva.example',
      )
      expect(said).toMatch(/Basic Constraints: critical\s+CA:FALSE/)
      expect(said).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication/)
      expect(said.includes('Key Encipherment')).toBe(keyType.startsWith('rsa'))
    },
  )

  test('is read by Java, Python and Go alike', async ({ onTestFinished }) => {
    const scratch = createScratch(onTestFinished)
    const path = await requestIn(scratch, 'ecdsa-p256')
    const java = runTool('keytool', ['-printcertreq', '-file', path])
    if (java.status === null) skipped('keytool is not here')
    else {
      expect(java.said).toContain('CN=fraud.ml.example.com')
      expect(java.said).toContain('IPAddress: 10.0.0.5')
    }
    const script = `
from cryptography import x509
r = x509.load_pem_x509_csr(open('${path}','rb').read())
s = r.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
print(r.is_signature_valid, r.subject.rfc4514_string(), [str(n.value) for n in s])`
    const python = runTool('python3', ['-c', script])
    if (python.status !== 0) skipped(`no pyca/cryptography: ${python.said}`)
    else expect(python.said).toMatch(/^True CN=fraud\.ml\.example\.com,.*'xn--bcher-kva\.example'/)
    scratch.file(
      'csr.go',
      `package main
import ("crypto/x509";"encoding/pem";"fmt";"os")
func main() {
  bytes, _ := os.ReadFile(os.Args[1])
  block, _ := pem.Decode(bytes)
  r, err := x509.ParseCertificateRequest(block.Bytes)
  if err != nil { panic(err) }
  fmt.Println(r.CheckSignature(), r.DNSNames, r.IPAddresses)
}
`,
    )
    const go = runTool('go', ['run', `${scratch.folder}/csr.go`, path])
    if (go.status === null) skipped('go is not here')
    else
      expect(go.stdout.trim()).toBe(
        '<nil> [fraud.ml.example.com *.x.example.com xn--bcher-kva.example] [10.0.0.5 2001:db8::17]',
      )
  }, 300_000)

  test('for addresses alone has no common name', async ({ onTestFinished }) => {
    const key = await generateKey('ecdsa-p256')
    const content = { names: ['10.0.0.5'], subject: [], extendedKeyUsage: ['serverAuth'] as const }
    const path = createScratch(onTestFinished).file('a.csr', certificateRequest(content, key))
    const { status, said } = runTool('openssl', [
      'req',
      '-in',
      path,
      '-noout',
      '-subject',
      '-verify',
    ])
    if (status === null) return skipped('openssl is not here')
    expect(said).toMatch(/subject=\s*$/m)
  })
})

describe('a subject', () => {
  test('is read in both ways of writing it', () => {
    const parts = [
      ['C', 'DE'],
      ['O', 'A, B'],
      ['emailAddress', 'a@b.c'],
    ]
    expect(parseSubject('C=de,O=A\\, B , EMAILADDRESS=a@b.c')).toEqual(parts)
    expect(parseSubject('/C=DE/O=A, B/emailAddress=a@b.c')).toEqual(parts)
  })

  test.for([
    ['X=1', 'is no part of a subject'],
    ['Example GmbH', 'is no part of a subject'],
    ['O=', 'has no value'],
    ['O=a\u001b[31m', 'control characters'],
    ['C=Germany', 'two letters'],
    [`OU=${'x'.repeat(65)}`, 'more than 64 characters'],
  ])('%s is refused', ([text = '', says = '']) => {
    expect(() => parseSubject(text)).toThrow(says)
  })
})
