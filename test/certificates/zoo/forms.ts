import { randomBytes } from 'node:crypto'
import { lockedKeyPem, pemBlock } from '../../../src/certificates/lock-key.ts'
import { writePkcs7 } from '../../../src/certificates/pkcs7.ts'
import { writePkcs12 } from '../../../src/certificates/pkcs12-write.ts'
import { chain, issuing, leaf, type Zoo } from './uploads.ts'

const key = { 'k.pem': leaf.keyPem }
const certificates = [leaf.certificate, issuing.certificate]
const pkcs7 = writePkcs7(certificates.map(({ der }) => der))
const pkcs12 = writePkcs12(
  { certificates, key: leaf.key, passphrase: 'right', name: 'web' },
  randomBytes,
)
const lock = { cipher: 'aes-256-cbc', passphrase: 'right' }
const pass = { pass: 'right\n' }
const opens = { flags: { passphraseFile: 'pass' } }
const goesInAsPem = {
  verdict: 'repaired' as const,
  ids: ['cert.format' as const],
  repairs: ['format' as const],
}
const goesInOpen = {
  verdict: 'repaired' as const,
  ids: ['cert.key-unlocked' as const],
  repairs: ['unlock' as const],
}
const alone = 'openssl asks for the passphrase of a PKCS#12 file at the terminal'
const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64')
const secret = (data: object) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', data })

/** The same chain and key in other forms than PEM, and locked in every way. */
export const formZoo: Zoo = {
  'a leaf in DER, its CA beside it': {
    files: { 'c.pem': leaf.certificate.der, 'ca.crt': issuing.certificate.der, ...key },
    verdict: 'repaired',
    ids: ['cert.chain-completed', 'cert.format'],
    repairs: ['format', 'intermediate'],
    kubectl: 'refuses',
  },
  'a leaf in DER, cut off': {
    files: { 'c.pem': leaf.certificate.der.subarray(0, 300), ...key },
    ...{ verdict: 'blocked', ids: ['cert.unreadable'], kubectl: 'refuses' },
  },
  'PKCS#7 in DER': { files: { 'c.pem': pkcs7, ...key }, ...goesInAsPem, kubectl: 'refuses' },
  'PKCS#7 in PEM': { files: { 'c.pem': pemBlock('PKCS7', pkcs7), ...key }, ...goesInAsPem },
  'PKCS#7 in base64 without BEGIN': { files: { 'c.pem': base64(pkcs7), ...key }, ...goesInAsPem },
  'PKCS#7 without certificates': {
    files: { 'c.pem': writePkcs7([]), ...key },
    ...{ verdict: 'blocked', ids: ['cert.unreadable'] },
  },
  'PKCS#12 with its passphrase': {
    files: { 'c.pem': pkcs12, ...pass },
    ...{ ...opens, verdict: 'repaired', ids: ['cert.format', 'cert.key-unlocked'], alone },
    repairs: ['format', 'unlock'],
  },
  'PKCS#12 without a passphrase': {
    files: { 'c.pem': pkcs12 },
    ...{ verdict: 'blocked', ids: ['cert.key-encrypted'], alone },
  },
  'PKCS#12 with another passphrase': {
    files: { 'c.pem': pkcs12, pass: 'wrong\n' },
    ...{ ...opens, verdict: 'blocked', ids: ['cert.passphrase-wrong'], alone },
  },
  'PKCS#12 of certificates alone, and a key in PEM': {
    files: {
      'c.pem': writePkcs12({ certificates, passphrase: 'right', name: 'web' }, randomBytes),
      ...key,
      ...pass,
    },
    ...{ ...opens, ...goesInAsPem, alone },
  },
  'a Kubernetes Secret': {
    files: { 'c.pem': secret({ 'tls.crt': base64(chain), 'tls.key': base64(leaf.keyPem) }) },
    ...goesInAsPem,
  },
  'a Kubernetes Secret without its key': {
    files: { 'c.pem': secret({ 'tls.crt': base64(chain) }) },
    ...{ verdict: 'repaired', ids: ['cert.format', 'cert.key-missing'], repairs: ['format'] },
  },
  'a key in DER, PKCS#8': {
    files: { 'c.pem': chain, 'k.pem': leaf.key.export({ type: 'pkcs8', format: 'der' }) },
    ...{ ...goesInAsPem, kubectl: 'refuses' },
  },
  'a key in DER, SEC1': {
    files: { 'c.pem': chain, 'k.pem': leaf.key.export({ type: 'sec1', format: 'der' }) },
    ...{ ...goesInAsPem, kubectl: 'refuses' },
  },
  'a locked key in DER': {
    files: {
      'c.pem': chain,
      'k.pem': leaf.key.export({ type: 'pkcs8', format: 'der', ...lock }),
      ...pass,
    },
    ...{ ...opens, verdict: 'repaired', ids: ['cert.format', 'cert.key-unlocked'] },
    repairs: ['format', 'unlock'],
  },
  'a key locked with 600,000 rounds': {
    files: { 'c.pem': chain, 'k.pem': lockedKeyPem(leaf.key, 'right', randomBytes), ...pass },
    ...{ ...opens, ...goesInOpen },
  },
  'a key locked in the old form of OpenSSL': {
    files: {
      'c.pem': chain,
      'k.pem': leaf.key.export({ type: 'sec1', format: 'pem', ...lock }).toString(),
      ...pass,
    },
    ...{ ...opens, ...goesInOpen },
  },
}
