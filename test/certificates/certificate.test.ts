import { describe, expect, test } from 'vitest'
import { readCertificate } from '../../src/certificates/certificate.ts'
import * as der from '../../src/certificates/der.ts'
import { extension } from '../../src/certificates/extension-writers.ts'
import { keyTypeText } from '../../src/certificates/key-type.ts'
import { oids } from '../../src/certificates/oids.ts'
import {
  dayMs,
  family,
  make,
  md5WithRsa,
  newKey,
  now,
  sha1WithRsa,
} from '../support/certificates.ts'

test('reads what node:crypto shows and what it does not', () => {
  const { root, issuing } = family()
  const { certificate } = make({
    issuer: issuing,
    names: ['fraud.ml.example.com', '*.example.com', '10.0.0.5', '2001:db8::17'],
    subject: [[oids.organization, 'Example, Inc.']],
    mustStaple: true,
    eku: ['serverAuth', 'clientAuth'],
    keyUsage: ['digitalSignature', 'keyEncipherment'],
  })
  expect(certificate).toMatchObject({
    subject: 'O=Example\\, Inc., CN=fraud.ml.example.com',
    issuer: 'CN=Example Issuing CA 3',
    commonName: 'fraud.ml.example.com',
    dnsNames: ['fraud.ml.example.com', '*.example.com'],
    ipAddresses: ['10.0.0.5', '2001:db8::17'],
    isCa: false,
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsage: ['serverAuth', 'clientAuth'],
    mustStaple: true,
    keyType: 'ecdsa-p256',
    signatureHash: 'sha256',
    selfIssued: false,
    selfSigned: false,
    notBefore: now - 3 * dayMs,
    notAfter: now + 87 * dayMs,
    version: 3,
    authorityKeyId: issuing.certificate.subjectKeyId,
    critical: [oids.basicConstraints, oids.keyUsage],
  })
  expect(certificate.fingerprint).toBe(certificate.x509.fingerprint256)
  expect(certificate.publicKeySha256).toMatch(/^[0-9a-f]{64}$/)
  expect(certificate.pem).toMatch(/^-----BEGIN CERTIFICATE-----\n.{64}\n/)
  expect(issuing.certificate).toMatchObject({ isCa: true, pathLength: 0, selfSigned: false })
  expect(root.certificate).toMatchObject({ isCa: true, selfIssued: true, selfSigned: true })
  expect(root.certificate.pathLength).toBeUndefined()
})

test('names the types of keys and the hashes of signatures', () => {
  const types = {
    p256: ['ecdsa-p256', 'EC P-256'],
    p384: ['ecdsa-p384', 'EC P-384'],
    p521: ['ecdsa-p521', 'EC P-521'],
    rsa2048: ['rsa-2048', 'RSA 2048'],
    rsapss: ['rsa-pss-2048', 'RSA-PSS 2048'],
    ed25519: ['ed25519', 'Ed25519'],
  } as const
  const issuer = make({ ca: true })
  for (const [key, [type, text]] of Object.entries(types)) {
    const { certificate } = make({ key: key as keyof typeof types, issuer })
    expect(certificate.keyType).toBe(type)
    expect(keyTypeText(type)).toBe(text)
  }
  const key = newKey('rsa2048')
  const hashOf = (wish: Parameters<typeof make>[0]) => make(wish).certificate.signatureHash
  expect(hashOf({ key })).toBe('sha256')
  expect(hashOf({ key, algorithm: sha1WithRsa })).toBe('sha1')
  expect(hashOf({ key, algorithm: md5WithRsa })).toBe('md5')
  expect(hashOf({ key: 'p384' })).toBe('sha384')
  expect(hashOf({ key: 'ed25519' })).toBe('none')
})

test('reads a certificate of version 1, which has no extensions', () => {
  const { certificate } = make({ version1: true, cn: 'Old' })
  expect(certificate).toMatchObject({ version: 1, isCa: false, dnsNames: [], selfSigned: true })
  expect(certificate.keyUsage).toBeUndefined()
})

test('reads dates after 2049', () => {
  const { certificate } = make({ to: 20_000 })
  expect(certificate.notAfter).toBe(now + 20_000 * dayMs)
})

test('reads name constraints', () => {
  const { certificate } = make({ ca: true, constrainedTo: ['a.example.com', '10.0.0.5'] })
  expect(certificate.nameConstraints).toMatchObject({
    critical: true,
    permittedDns: ['a.example.com'],
    permittedIp: [{ address: Buffer.from([10, 0, 0, 5]), mask: Buffer.alloc(4, 0xff) }],
    excludedDns: [],
    excludedIp: [],
    others: false,
  })
})

describe('what cannot be read says why', () => {
  const reasonFor = (bytes: Buffer) => {
    const reading = readCertificate(bytes)
    return reading.ok ? 'read' : reading.reason
  }

  test('no certificate at all, or PEM instead of DER', () => {
    expect(reasonFor(Buffer.alloc(0))).toBe('its structure is damaged')
    expect(reasonFor(Buffer.from('hello'))).toBe('its structure is damaged')
    expect(reasonFor(Buffer.from(make().pem))).toBe('its structure is damaged')
  })

  test('an extension that does not have its shape', () => {
    const bad = (id: string, value: der.Der) => () =>
      make({ san: 'none', more: [extension(id, value)] })
    expect(bad(oids.tlsFeature, der.utf8('x'))).toThrow('a part of it is missing')
    expect(bad(oids.subjectAltName, Buffer.from([0x30, 0x05]))).toThrow('its structure is damaged')
    expect(bad(oids.subjectKeyId, der.octetString(Buffer.alloc(20)))).toThrow('twice')
    expect(bad('1.2.3.4', Buffer.from([0xff]))).not.toThrow()
  })

  test('bytes after its end do not matter, and are not kept', () => {
    const { certificate } = make()
    const reading = readCertificate(Buffer.concat([certificate.der, Buffer.from('tail')]))
    expect(reading.ok && reading.certificate.fingerprint).toBe(certificate.fingerprint)
  })
})
