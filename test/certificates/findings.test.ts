import { expect, test } from 'vitest'
import * as der from '../../src/certificates/der.ts'
import * as write from '../../src/certificates/extension-writers.ts'
import type { CertificateFindingId } from '../../src/certificates/findings.ts'
import { certificateFindings } from '../../src/certificates/findings.ts'
import { judge } from '../../src/certificates/gate.ts'
import type { JudgeInput } from '../../src/certificates/judgement.ts'
import { oids } from '../../src/certificates/oids.ts'
import { readPublicSuffixes } from '../../src/certificates/public-suffix.ts'
import type { Upload } from '../../src/certificates/upload.ts'
import {
  dayMs,
  family,
  type Made,
  make,
  newKey,
  now,
  profile,
  sha1WithRsa,
  upload,
  type Wish,
} from '../support/certificates.ts'
import { field, makeCrl, withField } from '../support/odd-certificates.ts'

const { root, issuing, leaf } = family()
const good = { 'fullchain.pem': leaf.pem + issuing.pem, 'key.pem': leaf.keyPem }
const chain = good['fullchain.pem']
const second = 1 / 86_400

type Files = Record<string, string | Buffer>
type More = Partial<JudgeInput>

/** The ids of what is found. */
function look(files: Upload | Files, more: More = {}): string[] {
  const read = 'unread' in files ? (files as Upload) : upload(files as Files)
  const input = { ...read, profile: profile(), now, systemRoots: [root.pem], ...more }
  return judge(input).findings.map(({ id }) => id)
}

const files = (made: Made, above: Made[] = [issuing]): Files => ({
  'c.pem': made.pem + above.map(({ pem }) => pem).join(''),
  'k.pem': made.keyPem,
})
const withLeaf = (wish: Wish, more: More = {}) =>
  look(files(make({ issuer: issuing, ...wish })), more)
const withCa = (wish: Wish, more: More = {}) => {
  const ca = make({ ca: true, cn: 'CA', issuer: root, ...wish })
  return look(files(make({ issuer: ca }), [ca]), more)
}
const strict = { profile: profile({ strict: true, keys: ['ecdsa-p256', 'ecdsa-p521', 'ed25519'] }) }
const locked = leaf.key
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' })
  .toString()
const rsaCa = make({ ca: true, cn: 'RSA CA', issuer: root, key: 'rsa2048' })
const suffixes = () => readPublicSuffixes('// a comment\ncom\nuk\nco.uk\n*.ck\n!www.ck\n')
const wide = (name: string, wanted: string) =>
  withLeaf({ names: [name] }, { publicSuffixes: suffixes, profile: profile({ names: [wanted] }) })
const unknown = (critical: boolean) => write.extension('1.2.3.4.5', der.nothing(), critical)
const validity = (...times: der.Der[]) => der.sequence(...times)
const generalized = (text: string) =>
  Buffer.concat([Buffer.from([0x18, text.length]), Buffer.from(text)])
const other = make({ ca: true, cn: 'Other Root' })

/** For each id what hits it, and what only just does not. */
const cases: Record<CertificateFindingId, { hit: () => string[]; near: () => string[] }> = {
  'cert.too-large': {
    hit: () => look({ ...good, big: Buffer.alloc(1024 * 1024 + 1, 'a') }),
    near: () => look({ ...good, big: Buffer.alloc(1024 * 1024, 'a') }),
  },
  'cert.empty': {
    hit: () => look({ ...good, 'key.pem': ' \n' }),
    near: () => look({ ...good, 'key.pem': 'x' }),
  },
  'cert.unreadable': {
    hit: () => look({ ...good, 'fullchain.pem': chain.slice(0, -40) }),
    near: () => look({ ...good, 'fullchain.pem': chain.slice(0, -1) }),
  },
  'cert.key-encrypted': {
    hit: () => look(upload({ ...good, 'key.pem': locked })),
    near: () => look(upload({ ...good, 'key.pem': locked }, 'right')),
  },
  'cert.passphrase-wrong': {
    hit: () => look(upload({ ...good, 'key.pem': locked }, 'Right')),
    near: () => look(upload({ ...good, 'key.pem': locked }, 'right')),
  },
  'cert.leaf-missing': {
    hit: () => look({ 'c.pem': issuing.pem, 'k.pem': leaf.keyPem }),
    near: () => look({ 'c.pem': leaf.pem, 'k.pem': leaf.keyPem }),
  },
  'cert.key-missing': {
    hit: () => look({ 'c.pem': chain }),
    near: () => look({ 'c.pem': chain + leaf.keyPem }),
  },
  'cert.key-mismatch': {
    hit: () => look({ ...good, 'key.pem': issuing.keyPem }),
    near: () => look({ ...good, 'key.pem': issuing.keyPem + leaf.keyPem }),
  },
  'cert.leaf-is-ca': {
    hit: () => withLeaf({ ca: true, names: ['fraud.ml.example.com'] }),
    near: () => withLeaf({ without: [oids.basicConstraints] }),
  },
  'cert.key-type': {
    hit: () => withLeaf({ key: 'ed25519' }),
    near: () => withLeaf({ key: 'p384' }),
  },
  'cert.weak-key': {
    hit: () => withLeaf({ key: 'rsa1024' }),
    near: () => withLeaf({ key: 'rsa2048' }),
  },
  'cert.weak-signature': {
    hit: () => look(files(make({ issuer: rsaCa, algorithm: sha1WithRsa }), [rsaCa])),
    near: () => look(files(make({ issuer: rsaCa }), [rsaCa])),
  },
  'cert.name-only-cn': {
    hit: () => withLeaf({ cn: 'fraud.ml.example.com', san: 'none' }),
    near: () => withLeaf({ cn: 'fraud.ml.example.com', names: ['FRAUD.ml.example.com'] }),
  },
  'cert.name-missing': {
    hit: () => withLeaf({ names: ['*.example.com'] }),
    near: () => withLeaf({ names: ['*.ml.example.com'] }),
  },
  'cert.expired': {
    hit: () => withLeaf({ from: -90, to: -second }),
    near: () => withLeaf({ from: -90, to: 0 }),
  },
  'cert.not-yet-valid': {
    hit: () => withLeaf({ from: second }),
    near: () => withLeaf({ from: 0 }),
  },
  'cert.name-wide': {
    hit: () => wide('*.co.uk', 'shop.co.uk'),
    near: () => wide('*.shop.co.uk', 'www.shop.co.uk'),
  },
  'cert.eku': {
    hit: () => withLeaf({ eku: ['clientAuth'] }),
    near: () => withLeaf({ eku: ['clientAuth', 'serverAuth'] }),
  },
  'cert.must-staple': {
    hit: () => withLeaf({ mustStaple: true }),
    near: () => withLeaf({ mustStaple: true }, { profile: profile({ staples: true }) }),
  },
  'cert.link-broken': {
    hit: () => withLeaf({ signer: newKey() }),
    near: () => withLeaf({ signer: issuing.key }),
  },
  'cert.intermediate-missing': {
    hit: () => look({ 'c.pem': leaf.pem, 'k.pem': leaf.keyPem }),
    near: () => look({ 'c.pem': leaf.pem, 'k.pem': leaf.keyPem + issuing.pem }),
  },
  'cert.link-expired': {
    hit: () => withCa({ from: -900, to: -second }),
    near: () => withCa({ from: -900, to: 0 }),
  },
  'cert.root-untrusted': {
    hit: () => look({ ...good, r: root.pem }, { onlyRoots: true, roots: [other.certificate] }),
    near: () => look({ ...good, r: root.pem }, { onlyRoots: true, roots: [root.certificate] }),
  },
  'cert.too-deep': {
    hit: () => look(good, { maxDepth: 0 }),
    near: () => look(good, { maxDepth: 1 }),
  },
  'cert.revoked': {
    hit: () => look(good, { crls: [revoking(leaf.certificate.serial)] }),
    near: () => look(good, { crls: [revoking(`${leaf.certificate.serial}00`)] }),
  },
  'cert.crl-unusable': {
    hit: () => look(good, { crls: [makeCrl({ issuer: issuing, from: -9, to: -second }).crl] }),
    near: () => look(good, { crls: [makeCrl({ issuer: issuing, from: -9, to: 0 }).crl] }),
  },
  'cert.critical-unknown': {
    hit: () => withLeaf({ more: [unknown(true)] }),
    near: () => withLeaf({ more: [unknown(false)] }),
  },
  'cert.root-needed': {
    hit: () => look(good, { profile: profile({ root: 'needed' }) }),
    near: () => look({ ...good, 'r.pem': root.pem }, { profile: profile({ root: 'needed' }) }),
  },
  'cert.expires-soon': {
    hit: () => withLeaf({ from: -60, to: 30 - second }),
    near: () => withLeaf({ from: -60, to: 30 }),
  },
  'cert.lifetime-long': {
    hit: () => withLeaf({ from: -3, to: 197 }, { publicRoots: [root.pem] }),
    near: () => withLeaf({ from: -3, to: 197 - second }, { publicRoots: [root.pem] }),
  },
  'cert.just-issued': {
    hit: () => withLeaf({ from: -299 * second }),
    near: () => withLeaf({ from: -300 * second }),
  },
  'cert.key-usage': {
    hit: () => withLeaf({ keyUsage: ['keyEncipherment'] }),
    near: () => withLeaf({ keyUsage: ['digitalSignature'] }),
  },
  'cert.algorithm-form': {
    hit: () => odd(field.algorithm, der.sequence(der.oid('1.2.840.10045.4.3.3'))),
    near: () => odd(field.algorithm, der.sequence(der.oid('1.2.840.10045.4.3.2'))),
  },
  'cert.ca-form': {
    hit: () => withCa({ keyUsage: 'none' }),
    near: () => withCa({ keyUsage: ['keyCertSign'] }),
  },
  'cert.leaf-form': {
    hit: () => withLeaf({ keyUsage: ['digitalSignature', 'keyCertSign'] }),
    near: () => withLeaf({ keyUsage: ['digitalSignature', 'keyAgreement'] }),
  },
  'cert.key-id': {
    hit: () => withLeaf({ without: [oids.authorityKeyId] }),
    near: () => withLeaf({ without: [oids.subjectKeyId] }),
  },
  'cert.extension-critical': {
    hit: () => withCa({ without: [oids.basicConstraints], more: [bareCa(false)] }),
    near: () => withCa({ without: [oids.basicConstraints], more: [bareCa(true)] }),
  },
  'cert.extension-form': {
    hit: () => withLeaf({ eku: [] }),
    near: () => withLeaf({ eku: 'none' }),
  },
  'cert.constraints-form': {
    hit: () => withCa({ more: [write.extension(oids.nameConstraints, der.sequence(), true)] }),
    near: () => withCa({ constrainedTo: ['example.com'] }),
  },
  'cert.name-form': {
    hit: () => withLeaf({ san: sanOf('fraud.ml.example.com', '.example.com') }),
    near: () => withLeaf({ san: sanOf('fraud.ml.example.com', '_a.example.com') }),
  },
  'cert.cn-form': {
    hit: () => withLeaf({ cn: 'Fraud' }, strict),
    near: () => withLeaf({ cn: 'FRAUD.ml.example.com' }, strict),
  },
  'cert.eku-form': {
    hit: () => withLeaf({ eku: 'none' }, strict),
    near: () => withLeaf({ eku: ['serverAuth', 'clientAuth'] }, strict),
  },
  'cert.version': {
    hit: () => withLeaf({ version1: true }, strict),
    near: () => withLeaf({}, strict),
  },
  'cert.serial-number': {
    hit: () => odd(field.serial, der.integer(Buffer.alloc(21, 1))),
    near: () => odd(field.serial, der.integer(Buffer.alloc(20, 1))),
  },
  'cert.dates-form': {
    hit: () => odd(field.validity, validity(der.time(now - dayMs), generalized('20270301000000Z'))),
    near: () =>
      odd(field.validity, validity(der.time(now - dayMs), generalized('20500301000000Z'))),
  },
  'cert.key-form': {
    hit: () => withLeaf({ key: 'ed25519' }, strict),
    near: () => withLeaf({ key: 'p521' }, strict),
  },
  'cert.signature-form': {
    hit: () => withLeaf({ algorithm: ecdsaSha384 }, strict),
    near: () => withLeaf({}, strict),
  },
  'cert.key-readable': {
    hit: () => look(upload(good, undefined, 0o640)),
    near: () => look(upload(good, undefined, 0o600)),
  },
  'cert.key-unlocked': {
    hit: () => look(upload({ ...good, 'key.pem': locked }, 'right')),
    near: () => look(upload(good, 'right')),
  },
  'cert.root-private': {
    hit: () => look({ ...good, r: root.pem }, { systemRoots: [] }),
    near: () => look({ ...good, r: root.pem }),
  },
  'cert.chain-completed': {
    hit: () => look({ 'c.pem': leaf.pem, 'k.pem': leaf.keyPem }, { spare }),
    near: () => look(good, { spare }),
  },
  'cert.order': {
    hit: () => look({ ...good, 'fullchain.pem': issuing.pem + leaf.pem }),
    near: () => look({ ...good, 'fullchain.pem': leaf.pem + issuing.pem }),
  },
  'cert.duplicate': {
    hit: () => look({ ...good, 'more.pem': issuing.pem }),
    near: () => look({ 'c.pem': leaf.pem, 'more.pem': issuing.pem, 'k.pem': leaf.keyPem }),
  },
  'cert.stranger': {
    hit: () => look({ ...good, 'more.pem': make({ ca: true, cn: 'Far', issuer: root }).pem }),
    near: () => look({ ...good, 'more.pem': root.pem }),
  },
  'cert.root-sent': {
    hit: () => look({ ...good, 'more.pem': root.pem }),
    near: () => look({ ...good, 'more.pem': root.pem }, { profile: profile({ root: 'needed' }) }),
  },
  'cert.text-not-ascii': {
    hit: () => look({ ...good, 'fullchain.pem': Buffer.from(`Jürgen\n${chain}`) }),
    near: () => look({ ...good, 'fullchain.pem': `Jurgen\n${chain}` }),
  },
  'cert.text-around': {
    hit: () => look({ ...good, 'fullchain.pem': `subject=x\n${chain}` }),
    near: () => look({ ...good, 'fullchain.pem': `\r\n \t\n${chain}` }),
  },
}

const spare = [{ certificate: issuing.certificate, from: 'beside.pem' }]
const ecdsaSha384 = { identifier: der.sequence(der.oid('1.2.840.10045.4.3.3')), hash: 'sha384' }

function revoking(serial: string) {
  return makeCrl({ issuer: issuing, serials: [serial] }).crl
}

function odd(place: number, value: der.Der): string[] {
  return look(files(withField({ issuer: issuing }, place, value)))
}

function bareCa(critical: boolean): der.Der {
  return write.extension(oids.basicConstraints, der.sequence(der.bool(true)), critical)
}

function sanOf(...names: string[]): der.Der {
  const all = names.map(name => der.contextPrimitive(2, Buffer.from(name)))
  return write.extension(oids.subjectAltName, der.sequence(...all))
}

for (const [id, { hit, near }] of Object.entries(cases)) {
  test(`${id} is found, and only just not`, () => {
    expect(hit()).toContain(id)
    expect(near()).not.toContain(id)
  })
}

test('every id of the table is in these cases', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(certificateFindings).sort())
})
