import * as der from '../../../src/certificates/der.ts'
import * as write from '../../../src/certificates/extension-writers.ts'
import { oids } from '../../../src/certificates/oids.ts'
import { make, now } from '../../support/certificates.ts'
import { field, withField } from '../../support/odd-certificates.ts'
import { files, issuing, withLeaf, type Zoo } from './uploads.ts'

const noKeyUsage = 'certtool --verify does not look at what the key of a leaf may be used for.'
const unknown = write.extension('1.2.3.4.5', der.nothing(), true)

/** Leaves that clients refuse, and some that only look like it. */
export const leafZoo: Zoo = {
  'expired in 2020': {
    files: withLeaf({ from: -2500, to: -2410 }),
    ...{ verdict: 'blocked', ids: ['cert.expired'], kubectl: 'accepts' },
  },
  'valid next month': {
    files: withLeaf({ from: 30, to: 120 }),
    ...{ verdict: 'blocked', ids: ['cert.not-yet-valid'] },
  },
  'valid next month, seen then': {
    files: withLeaf({ from: 30, to: 120 }),
    flags: { at: new Date(now + 31 * 86_400_000).toISOString() },
    ...{ verdict: 'ok', ids: [] },
  },
  'about to expire': {
    files: withLeaf({ from: -80, to: 10 }),
    ...{ verdict: 'ok', ids: ['cert.expires-soon'] },
  },
  'no SAN': {
    files: withLeaf({ san: 'none' }),
    ...{ verdict: 'blocked', ids: ['cert.name-only-cn'], kubectl: 'accepts' },
    openssl:
      'openssl still reads the common name; curl, Go, Python and browsers do not (RFC 9525).',
  },
  'wrong host and clientAuth only': {
    files: withLeaf({ names: ['other.example.com'], eku: ['clientAuth'] }),
    ...{ verdict: 'blocked', ids: ['cert.eku', 'cert.name-missing'], kubectl: 'accepts' },
  },
  'a wildcard that covers it': {
    ...{ files: withLeaf({ names: ['*.ml.example.com'] }), verdict: 'ok', ids: [] },
  },
  'a wildcard one level too high': {
    files: withLeaf({ names: ['*.example.com'] }),
    ...{ verdict: 'blocked', ids: ['cert.name-missing'] },
  },
  'an address': {
    files: withLeaf({ names: ['10.0.0.5'] }),
    flags: { domain: '10.0.0.5' },
    ...{ verdict: 'ok', ids: [] },
  },
  'an address as a DNS name': {
    files: withLeaf({ san: sanOf('10.0.0.5'), cn: 'x' }),
    flags: { domain: '10.0.0.5' },
    ...{ verdict: 'blocked', ids: ['cert.name-form', 'cert.name-missing'] },
  },
  'an umlaut domain': {
    files: withLeaf({ names: ['xn--bcher-kva.example.com'] }),
    flags: { domain: 'bücher.example.com' },
    ...{ verdict: 'ok', ids: [] },
  },
  'a NUL in the name': {
    files: withLeaf({ san: sanOf('fraud.ml.example.com\0.evil.example') }),
    ...{ verdict: 'blocked', ids: ['cert.name-form', 'cert.name-only-cn'] },
  },
  'a CA as the leaf': {
    files: withLeaf({ ca: true, names: ['fraud.ml.example.com'], cn: 'fraud.ml.example.com' }),
    ...{ verdict: 'blocked', ids: ['cert.key-usage', 'cert.leaf-is-ca'] },
    certtool: noKeyUsage,
  },
  'no extended key usage': { files: withLeaf({ eku: 'none' }), verdict: 'ok', ids: [] },
  'no extended key usage, strictly': {
    files: withLeaf({ eku: 'none' }),
    flags: { profile: 'webpki' },
    ...{ verdict: 'blocked', ids: ['cert.eku-form'] },
    openssl: 'The BR, 7.1.2.7.10, demand one; openssl takes none for any.',
  },
  'any extended key usage': {
    files: withLeaf({ eku: ['any'] }),
    ...{ verdict: 'blocked', ids: ['cert.eku'] },
    certtool: 'GnuTLS takes anyExtendedKeyUsage for every use, OpenSSL for a server does not.',
  },
  'keyEncipherment only': {
    files: withLeaf({ keyUsage: ['keyEncipherment'] }),
    ...{ verdict: 'ok', ids: ['cert.key-usage'] },
  },
  'a key usage without any for TLS': {
    files: withLeaf({ keyUsage: ['nonRepudiation'] }),
    ...{ verdict: 'blocked', ids: ['cert.key-usage'] },
    certtool: noKeyUsage,
  },
  'must-staple': {
    files: withLeaf({ mustStaple: true }),
    ...{ verdict: 'ok', ids: ['cert.must-staple'] },
  },
  'must-staple for SkyServe': {
    files: withLeaf({ mustStaple: true }),
    flags: { target: 'skyserve' },
    ...{ verdict: 'blocked', ids: ['cert.must-staple'] },
    openssl: 'It is the server that must staple; openssl verify sees no server.',
  },
  'an unknown critical extension': {
    files: withLeaf({ more: [unknown] }),
    ...{ verdict: 'blocked', ids: ['cert.critical-unknown'] },
  },
  'a serial number of 21 bytes': {
    files: files(withField({ issuer: issuing }, field.serial, der.integer(Buffer.alloc(21, 1)))),
    ...{ verdict: 'ok', ids: ['cert.serial-number'] },
  },
  'a common name beside the SAN': {
    ...{ files: withLeaf({ cn: 'Fraud detection' }), verdict: 'ok', ids: [] },
  },
  'a self-signed leaf': selfSigned(false),
  'a self-signed CA as openssl req makes it': selfSigned(true),
}

function selfSigned(ca: boolean): Zoo[string] {
  const names = ['fraud.ml.example.com']
  const made = make({ ca, names, cn: 'fraud.ml.example.com', eku: 'none', keyUsage: 'none' })
  const given = { files: { ...files(made, []), 'own.pem': made.pem }, flags: { roots: 'own.pem' } }
  if (!ca) return { ...given, verdict: 'ok', ids: [] }
  return {
    ...given,
    ...{ verdict: 'blocked', ids: ['cert.leaf-is-ca'] },
    openssl: 'rustls and Firefox refuse a CA as a server (CaUsedAsEndEntity); openssl does not.',
  }
}

function sanOf(name: string): der.Der {
  const names = der.sequence(der.contextPrimitive(2, Buffer.from(name)))
  return write.extension(oids.subjectAltName, names)
}
