import { make, profile, upload } from '../../support/certificates.ts'
import { type Cases, good, issuing, leaf, look, other, root } from './look.ts'

const chain = good['fullchain.pem']
const locked = leaf.key
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' })
  .toString()
const spare = [{ certificate: issuing.certificate, from: 'beside.pem' }]

/** What files hold, how they hold it, and what is repaired. */
export const fileCases = {
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
  'cert.key-readable': {
    hit: () => look(upload(good, undefined, 0o640)),
    near: () => look(upload(good, undefined, 0o600)),
  },
  'cert.key-unlock': {
    hit: () => look(upload({ ...good, 'key.pem': locked }, 'right')),
    near: () => look(upload({ ...good, 'key.pem': locked }, 'right'), { agreed: ['unlock'] }),
  },
  'cert.key-unlocked': {
    hit: () => look(upload({ ...good, 'key.pem': locked }, 'right'), { agreed: ['unlock'] }),
    near: () => look(upload(good, 'right'), { agreed: ['unlock'] }),
  },
  'cert.format': {
    hit: () => look({ ...good, 'key.pem': leaf.key.export({ type: 'pkcs8', format: 'der' }) }),
    near: () => look({ ...good, 'more.der': other.certificate.der }),
  },
  'cert.encoding': {
    hit: () => look({ ...good, 'fullchain.pem': `\ufeff${chain}` }),
    near: () => look({ ...good, 'fullchain.pem': chain.replaceAll('\n', '\r\n') }),
  },
  'cert.passed-over': {
    hit: () => look({ ...good, 'more.pem': issuing.keyPem }),
    near: () => look({ ...good, 'more.pem': leaf.keyPem }),
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
} satisfies Partial<Cases>
