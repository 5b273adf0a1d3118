import type { FindingTable } from '../../findings.ts'

/** What is wrong with the leaf. */
export const leafFindings = {
  'cert.leaf-is-ca': {
    severity: 'blocks',
    title: 'This is the certificate of an authority (CA), not one of a server.',
    why: 'rustls and Firefox refuse a CA certificate as that of a server (CaUsedAsEndEntity).',
  },
  'cert.key-type': {
    severity: 'blocks',
    title: 'The target cannot use a key of this type.',
    why: 'The server or its clients do not know this kind of key.',
  },
  'cert.weak-key': {
    severity: 'blocks',
    title: 'A key in the chain is too short.',
    why: 'RSA below 2,048 bits is refused by OpenSSL at its usual security level, by Go and by browsers.',
  },
  'cert.weak-signature': {
    severity: 'blocks',
    title: 'A certificate is signed with a broken hash function.',
    why: 'Signatures over MD5 and SHA-1 can be forged; current clients refuse them.',
  },
  'cert.name-only-cn': {
    severity: 'blocks',
    title: 'The name stands only in the common name (CN).',
    why: 'Clients read the list of names alone (SAN, subject alternative names; RFC 9525); the CN has not counted since 2017.',
  },
  'cert.name-missing': {
    severity: 'blocks',
    title: 'No name in the certificate covers what clients ask for.',
    why: 'Every client refuses a certificate that is for another name.',
  },
  'cert.expired': {
    severity: 'blocks',
    title: 'The certificate has expired.',
    why: 'Every client refuses it.',
  },
  'cert.not-yet-valid': {
    severity: 'blocks',
    title: 'The certificate is not valid yet.',
    why: 'Every client refuses it until then.',
  },
  'cert.name-wide': {
    severity: 'blocks',
    title: 'Its wildcard stands for all names of a public suffix.',
    why: 'Under a public suffix such as co.uk everybody can own a name, so clients do not take its wildcard.',
  },
  'cert.eku': {
    severity: 'blocks',
    title: 'The certificate is not meant for this use.',
    why: 'It names the uses that it allows (EKU), and one that is needed here is not among them.',
  },
  'cert.must-staple': {
    severity: 'blocks',
    title: 'The certificate asks for a stapled OCSP response.',
    why: 'The server does not staple, so clients that honour the request refuse it.',
  },
} as const satisfies FindingTable
