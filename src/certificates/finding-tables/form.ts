import type { FindingTable } from '../../findings.ts'

/** What RFC 5280 or the CA/Browser Forum do not allow, and some clients refuse. */
export const formFindings = {
  'cert.key-usage': {
    severity: 'warns',
    title: 'The certificate does not allow its key to sign.',
    why: 'In TLS 1.3 the server proves itself with a signature: Chrome and Firefox insist on digitalSignature.',
  },
  'cert.algorithm-form': {
    severity: 'warns',
    title: 'A certificate names its signature algorithm in two ways.',
    why: 'Who reads the other one comes to another result.',
  },
  'cert.ca-form': {
    severity: 'warns',
    title: 'A CA in the chain is not made as a CA must be.',
    why: 'Strict clients do not take it for a CA.',
  },
  'cert.leaf-form': {
    severity: 'warns',
    title: 'The leaf says of itself what only a CA may say.',
    why: 'Strict clients refuse a certificate that contradicts itself.',
  },
  'cert.key-id': {
    severity: 'warns',
    title: 'A certificate does not say by which key it was signed, or which key it has.',
    why: 'By these ids clients find the issuer; strict ones insist on them.',
  },
  'cert.extension-critical': {
    severity: 'warns',
    title: 'An extension has the wrong critical flag.',
    why: 'The flag decides whether a client that does not know the extension goes on.',
  },
  'cert.extension-form': {
    severity: 'warns',
    title: 'An extension does not say what it must.',
    why: 'Strict clients refuse what they cannot read as it is meant.',
  },
  'cert.constraints-form': {
    severity: 'warns',
    title: 'The name constraints of a CA are not written as they must be.',
    why: 'Clients read them in different ways, and some refuse them.',
  },
  'cert.name-form': {
    severity: 'warns',
    title: 'A name in the SAN is not written as it must be.',
    why: 'No client finds such a name, and strict ones refuse the certificate.',
  },
  'cert.cn-form': {
    severity: 'warns',
    title: 'The common name is none of the names in the SAN.',
    why: 'Clients do not read it, but authorities of public roots may not issue this.',
  },
  'cert.eku-form': {
    severity: 'warns',
    title: 'The certificate is not for servers alone.',
    why: 'Authorities of public roots must name serverAuth and leave out other uses.',
  },
  'cert.version': {
    severity: 'warns',
    title: 'A certificate is not of version 3.',
    why: 'Older versions have no extensions: no names, no uses, no limits.',
  },
  'cert.serial-number': {
    severity: 'warns',
    title: 'A serial number is not as it must be.',
    why: 'Lists of revoked certificates name certificates by it: 1 to 20 bytes, more than nought.',
  },
  'cert.dates-form': {
    severity: 'warns',
    title: 'The dates of a certificate are not written as they must be.',
    why: 'Clients read such dates differently, or not at all.',
  },
  'cert.key-form': {
    severity: 'warns',
    title: 'A key in the chain is of a kind that public clients do not take.',
    why: 'They take RSA from 2,048 bits on and the named curves P-256, P-384 and P-521.',
  },
  'cert.signature-form': {
    severity: 'warns',
    title: 'A signature is made in a way that public clients do not take.',
    why: 'They take SHA-256, SHA-384 and SHA-512, on a curve the one of its size.',
  },
} as const satisfies FindingTable
