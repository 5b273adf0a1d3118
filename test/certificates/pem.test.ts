import { describe, expect, test } from 'vitest'
import { cutPem } from '../../src/certificates/pem.ts'
import { family } from '../support/certificates.ts'

const { root, issuing, leaf } = family()
const cut = (text: string | Buffer) => cutPem(Buffer.from(text))
const kinds = (text: string | Buffer) => cut(text).blocks.map(({ kind }) => kind)
const both = leaf.pem + leaf.keyPem

describe('finds the blocks', () => {
  const forms: Record<string, string | Buffer> = {
    plain: both,
    'with CRLF': both.replaceAll('\n', '\r\n'),
    'with CR alone': both.replaceAll('\n', '\r'),
    'after a byte order mark': `\ufeff${both}`,
    'in UTF-16LE': Buffer.from(`\ufeff${both}`, 'utf16le'),
    'in UTF-16BE': Buffer.from(`\ufeff${both}`, 'utf16le').swap16(),
    indented: both.replace(/^/gm, '    '),
    'one after the other on one line': both.replace(/\n(?=-----BEGIN)/, ''),
    'all on one line': both.replaceAll('\n', ' '),
    'with text around': `Bag Attributes\n  a: b\n${leaf.pem}\nand\n${leaf.keyPem}end`,
  }
  for (const [name, text] of Object.entries(forms)) {
    test(name, () => {
      const { blocks, damaged } = cut(text)
      expect(blocks.map(({ kind }) => kind)).toEqual(['certificate', 'private-key'])
      expect(blocks[0]?.der.equals(leaf.certificate.der)).toBe(true)
      expect(blocks[1]?.text).toBe(leaf.keyPem)
      expect(damaged).toEqual([])
    })
  }
})

test('says on which line a block begins, and how many lines of text are around', () => {
  const { blocks, textLines } = cut(`one\n\n${leaf.pem}two\nthree\n${issuing.pem}`)
  expect(textLines).toBe(3)
  expect(blocks[0]).toMatchObject({ line: 3 })
  expect(blocks[1]?.line).toBe(3 + leaf.pem.trim().split('\n').length + 2)
})

test('knows the kinds by their labels', () => {
  const block = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`
  const labels = {
    'X509 CERTIFICATE': 'certificate',
    'TRUSTED CERTIFICATE': 'certificate',
    'RSA PRIVATE KEY': 'private-key',
    'ENCRYPTED PRIVATE KEY': 'locked-key',
    'OPENSSH PRIVATE KEY': 'ssh-key',
    'CERTIFICATE REQUEST': 'request',
    'PUBLIC KEY': 'public-key',
    PKCS7: 'pkcs7',
    'X509 CRL': 'revocations',
    'EC PARAMETERS': 'parameters',
    'PGP MESSAGE': 'other',
  }
  for (const [label, kind] of Object.entries(labels)) expect(kinds(block(label))).toEqual([kind])
})

test('a key with headers that say so is a locked one', () => {
  const body = 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA'
  const text = `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----\n`
  expect(cut(text).blocks).toMatchObject([{ kind: 'locked-key', text }])
})

describe('damage', () => {
  test('cut off before the end, or before the next block', () => {
    expect(cut(leaf.pem.slice(0, -20)).damaged).toMatchObject([{ line: 1, label: 'CERTIFICATE' }])
    const { blocks, damaged } = cut(leaf.pem.slice(0, 200) + root.pem)
    expect(blocks).toHaveLength(1)
    expect(damaged).toMatchObject([{ reason: 'it is cut off before its END line' }])
  })

  test('no base64', () => {
    const text = leaf.pem.replace(/\n(.)/, '\n!')
    expect(cut(text).damaged).toMatchObject([{ reason: 'it holds something that is no base64' }])
    expect(cut('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----').damaged).toHaveLength(1)
  })

  test('another label at the end', () => {
    expect(cut(leaf.pem.replace('END CERTIFICATE', 'END CERT')).damaged).toHaveLength(1)
  })
})

test('stops after 100 blocks', () => {
  expect(cut(root.pem.repeat(100))).toMatchObject({ tooMany: false })
  expect(cut(root.pem.repeat(101))).toMatchObject({ tooMany: true })
  expect(cut('-----BEGIN A-----\n'.repeat(50_000))).toMatchObject({ tooMany: true })
})
