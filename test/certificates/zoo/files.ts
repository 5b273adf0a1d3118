import { chain, issuing, leaf, other, root, type Zoo } from './uploads.ts'

const key = { 'k.pem': leaf.keyPem }
const bom = Buffer.from([0xef, 0xbb, 0xbf])

/** One good chain with its key, in all the ways in which files get spoiled. */
export const fileZoo: Zoo = {
  'leaf and intermediate': {
    ...{ files: { 'c.pem': chain, ...key }, verdict: 'ok', ids: [], kubectl: 'accepts' },
  },
  'key in the same file': { files: { 'c.pem': chain + leaf.keyPem }, verdict: 'ok', ids: [] },
  'key before the chain': { files: { 'c.pem': leaf.keyPem + chain }, verdict: 'ok', ids: [] },
  'files called the other way round': {
    ...{ files: { 'k.pem': chain, 'c.pem': leaf.keyPem }, verdict: 'ok', ids: [] },
  },
  'CRLF line ends': {
    files: { 'c.pem': chain.replaceAll('\n', '\r\n'), ...key },
    ...{ verdict: 'ok', ids: [], kubectl: 'accepts' },
  },
  'old Macintosh line ends': {
    files: { 'c.pem': chain.replaceAll('\n', '\r'), ...key },
    ...{ verdict: 'ok', ids: [] },
  },
  'byte order mark': {
    files: { 'c.pem': Buffer.concat([bom, Buffer.from(chain)]), ...key },
    ...{ verdict: 'repaired', ids: ['cert.encoding'], repairs: ['encoding'], kubectl: 'refuses' },
  },
  'UTF-16': {
    files: { 'c.pem': Buffer.from(`\ufeff${chain}`, 'utf16le'), ...key },
    ...{ verdict: 'repaired', ids: ['cert.encoding'], repairs: ['encoding'] },
  },
  'no newline at the end': { files: { 'c.pem': chain.trim(), ...key }, verdict: 'ok', ids: [] },
  'blocks without a line between': {
    files: {
      'c.pem': chain.replace('----------', '----------').replace('-----\n-----', '----------'),
      ...key,
    },
    ...{ verdict: 'ok', ids: [] },
  },
  indented: {
    files: { 'c.pem': chain.replace(/^/gm, '    '), ...key },
    ...{ verdict: 'ok', ids: [] },
  },
  'reversed chain': {
    files: { 'c.pem': issuing.pem + leaf.pem, ...key },
    ...{ verdict: 'repaired', ids: ['cert.order'], repairs: ['order'], kubectl: 'refuses' },
  },
  'root first': {
    files: { 'c.pem': root.pem + issuing.pem + leaf.pem, ...key },
    ...{ verdict: 'repaired', ids: ['cert.order', 'cert.root-sent'], repairs: ['order', 'root'] },
  },
  'root at the end': {
    files: { 'c.pem': chain + root.pem, ...key },
    ...{ verdict: 'repaired', ids: ['cert.root-sent'], repairs: ['root'], kubectl: 'accepts' },
  },
  'leaf twice': {
    files: { 'c.pem': leaf.pem + chain, ...key },
    ...{ verdict: 'repaired', ids: ['cert.duplicate'], repairs: ['duplicate'] },
  },
  'a stranger among them': {
    files: { 'c.pem': leaf.pem + other.pem + issuing.pem, ...key },
    ...{ verdict: 'repaired', ids: ['cert.stranger'], repairs: ['stranger'] },
  },
  'Bag Attributes': {
    files: { 'c.pem': `Bag Attributes\n    friendlyName: web\n${chain}`, ...key },
    ...{ verdict: 'repaired', ids: ['cert.text-around'], repairs: ['text-around'] },
  },
  'Bag Attributes with an umlaut': {
    files: { 'c.pem': `Bag Attributes\n    friendlyName: Jürgen\n${chain}`, ...key },
    ...{ verdict: 'repaired', ids: ['cert.text-not-ascii'], repairs: ['text-around'] },
  },
  'garbage behind': {
    files: { 'c.pem': `${chain}garbage\n`, ...key },
    ...{
      verdict: 'repaired',
      ids: ['cert.text-around'],
      repairs: ['text-around'],
      kubectl: 'accepts',
    },
  },
  'an escape code in the text around': {
    files: { 'c.pem': `\u001b]0;pwned\u0007\n${chain}`, ...key },
    ...{ verdict: 'repaired', ids: ['cert.text-around'], repairs: ['text-around'] },
  },
  'a CRL beside the chain': {
    files: { 'c.pem': `${chain}-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n`, ...key },
    ...{ verdict: 'repaired', ids: ['cert.text-around'], repairs: ['text-around'] },
  },
  'cut off in the leaf': {
    files: { 'c.pem': leaf.pem.slice(0, 400), ...key },
    ...{ verdict: 'blocked', ids: ['cert.unreadable'], kubectl: 'refuses' },
  },
  'cut off in the intermediate': {
    files: { 'c.pem': chain.slice(0, -100), ...key },
    ...{ verdict: 'blocked', ids: ['cert.unreadable'] },
  },
  'a letter changed in the intermediate': {
    files: { 'c.pem': leaf.pem + issuing.pem.replace(/\n(.{20})./, '\n$1!'), ...key },
    ...{ verdict: 'blocked', ids: ['cert.unreadable'] },
  },
  'an empty chain': {
    files: { 'c.pem': '', ...key },
    ...{ verdict: 'blocked', ids: ['cert.empty'], kubectl: 'refuses' },
  },
  'an empty key': {
    files: { 'c.pem': chain, 'k.pem': '\n' },
    ...{ verdict: 'blocked', ids: ['cert.empty'], kubectl: 'refuses' },
    openssl: 'The certificate is good; its key is what is missing.',
  },
  'no certificate but text': {
    files: { 'c.pem': 'see attachment\n', ...key },
    ...{ verdict: 'blocked', ids: ['cert.unreadable'], kubectl: 'refuses' },
  },
  'a file of 2 MiB': {
    files: { 'c.pem': chain + '\n'.repeat(2 * 1024 * 1024), ...key },
    ...{ verdict: 'blocked', ids: ['cert.too-large'] },
    alone: 'openssl reads two million empty lines for minutes',
  },
}
