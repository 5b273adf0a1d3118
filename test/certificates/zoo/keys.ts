import { make, newKey } from '../../support/certificates.ts'
import { chain, issuing, leaf, withLeaf, type Zoo } from './uploads.ts'

const lock = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' } as const
const locked = leaf.key.export(lock).toString()
const selfMade = make({ ca: true, cn: 'www.example.com' })
const certificateIsGood = 'The certificate is good; openssl verify does not look at the key.'

/** Keys that fit and keys that do not. */
export const keyZoo: Zoo = {
  'the key of another certificate': {
    files: { 'c.pem': chain, 'k.pem': make().keyPem },
    ...{ verdict: 'blocked', ids: ['cert.key-mismatch'], kubectl: 'refuses' },
    openssl: certificateIsGood,
  },
  'the key of the CA': {
    files: { 'c.pem': chain, 'k.pem': issuing.keyPem },
    ...{ verdict: 'blocked', ids: ['cert.key-mismatch'], kubectl: 'refuses' },
    openssl: certificateIsGood,
  },
  'a CA that is named like a server, with another key': {
    files: { 'c.pem': selfMade.pem, 'k.pem': make().keyPem },
    flags: { roots: undefined as never },
    verdict: 'blocked',
    ids: [
      'cert.key-mismatch',
      'cert.key-usage',
      'cert.leaf-is-ca',
      'cert.name-missing',
      'cert.root-private',
    ],
    kubectl: 'refuses',
  },
  'a CA alone, with another key': {
    files: { 'c.pem': issuing.pem, 'k.pem': make().keyPem },
    ...{ verdict: 'blocked', ids: ['cert.key-mismatch', 'cert.leaf-missing'], kubectl: 'refuses' },
  },
  'two keys of which one fits': {
    files: { 'c.pem': chain, 'k.pem': make().keyPem + leaf.keyPem },
    ...{ verdict: 'ok', ids: ['cert.passed-over'] },
  },
  'no key': {
    files: { 'c.pem': chain },
    flags: { key: 'c.pem' },
    ...{ verdict: 'blocked', ids: ['cert.key-missing'] },
    openssl: certificateIsGood,
  },
  'no key, and none named': {
    files: { 'c.pem': chain },
    ...{ verdict: 'ok', ids: ['cert.key-missing'] },
  },
  'a locked key': {
    files: { 'c.pem': chain, 'k.pem': locked },
    ...{ verdict: 'blocked', ids: ['cert.key-encrypted'], kubectl: 'refuses' },
    openssl: certificateIsGood,
  },
  'a locked key with its passphrase': {
    files: { 'c.pem': chain, 'k.pem': locked, pass: 'right\n' },
    flags: { passphraseFile: 'pass' },
    ...{ verdict: 'repaired', ids: ['cert.key-unlocked'], repairs: ['unlock'] },
  },
  'a locked key with another passphrase': {
    files: { 'c.pem': chain, 'k.pem': locked, pass: 'wrong\n' },
    flags: { passphraseFile: 'pass' },
    ...{ verdict: 'blocked', ids: ['cert.passphrase-wrong'] },
    openssl: certificateIsGood,
  },
  'a public key': {
    files: {
      'c.pem': chain,
      'k.pem': '-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n',
    },
    ...{ verdict: 'blocked', ids: ['cert.unreadable'], kubectl: 'refuses' },
    openssl: certificateIsGood,
  },
  'a key cut off': {
    files: { 'c.pem': chain, 'k.pem': leaf.keyPem.slice(0, 120) },
    ...{ verdict: 'blocked', ids: ['cert.unreadable'], kubectl: 'refuses' },
    openssl: certificateIsGood,
  },
  'RSA 2048': { files: withLeaf({ key: 'rsa2048' }), verdict: 'ok', ids: [], kubectl: 'accepts' },
  'RSA 1024': {
    files: withLeaf({ key: 'rsa1024' }),
    ...{ verdict: 'blocked', ids: ['cert.weak-key'], kubectl: 'accepts' },
    openssl:
      'openssl verify looks at lengths only with -auth_level 2, servers and clients at 112 bits.',
  },
  'RSA in PKCS#1': rsaPkcs1(),
  'EC in SEC1': {
    files: {
      'c.pem': chain,
      'k.pem': leaf.key.export({ type: 'sec1', format: 'pem' }).toString(),
    },
    ...{ verdict: 'ok', ids: [] },
  },
  'P-384': { files: withLeaf({ key: 'p384' }), verdict: 'ok', ids: [], kubectl: 'accepts' },
  Ed25519: { files: withLeaf({ key: 'ed25519' }), verdict: 'ok', ids: [] },
}

function rsaPkcs1() {
  const key = newKey('rsa2048')
  const files = withLeaf({ key })
  const pkcs1 = key.export({ type: 'pkcs1', format: 'pem' }).toString()
  return { files: { ...files, 'k.pem': pkcs1 }, verdict: 'ok' as const, ids: [] }
}
