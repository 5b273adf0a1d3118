import { oids } from '../../../src/certificates/oids.ts'
import { publicSuffixesFor } from '../../../src/certificates/public-suffix.ts'
import { make, newKey, profile, sha1WithRsa } from '../../support/certificates.ts'
import { makeCrl } from '../../support/odd-certificates.ts'
import {
  type Cases,
  files,
  good,
  issuing,
  leaf,
  look,
  other,
  root,
  second,
  withCa,
  withLeaf,
} from './look.ts'

const rsaCa = make({ ca: true, cn: 'RSA CA', issuer: root, key: 'rsa2048' })
const suffixes = await publicSuffixesFor([{ certificate: { dnsNames: ['*.example.com'] } }])
const wide = (name: string, wanted: string) =>
  withLeaf({ names: [name] }, { ...suffixes, profile: profile({ names: [wanted] }) })

/** What a client asks of a leaf and of the chain above it. */
export const linkCases = {
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
  'cert.root-private': {
    hit: () => look({ ...good, r: root.pem }, { systemRoots: [] }),
    near: () => look({ ...good, r: root.pem }),
  },
} satisfies Partial<Cases>

function revoking(serial: string) {
  return makeCrl({ issuer: issuing, serials: [serial] }).crl
}
