import type { FindingTable } from '../../findings.ts'

/** What lies in the files: whether they can be read, and whether there is a pair in them. */
export const filesFindings = {
  'cert.too-large': {
    severity: 'blocks',
    title: 'A file is too large for a certificate or key.',
    why: 'Files over 1 MiB or with more than 100 blocks are not read: a chain has two to five certificates.',
  },
  'cert.empty': {
    severity: 'blocks',
    title: 'A file is empty.',
    why: 'An empty file is what a failed copy or download leaves behind.',
  },
  'cert.unreadable': {
    severity: 'blocks',
    title: 'A file holds something that cannot be read as a certificate or key.',
    why: 'What cannot be read cannot be checked, and no server could load it.',
  },
  'cert.key-encrypted': {
    severity: 'blocks',
    title: 'The key is locked, and no passphrase was given.',
    why: 'A locked key cannot be held against the certificate.',
  },
  'cert.passphrase-wrong': {
    severity: 'blocks',
    title: 'This passphrase does not open the key.',
    why: 'A locked key cannot be held against the certificate. The file is whole.',
  },
  'cert.key-unlock': {
    severity: 'blocks',
    title: 'The key must go in without its passphrase, and nobody has agreed to that.',
    why: 'A server that starts by itself cannot be asked for a passphrase. What is kept is a copy of mode 0600.',
  },
  'cert.leaf-missing': {
    severity: 'blocks',
    title: 'There is no certificate for a server in these files.',
    why: 'A server proves its name with a certificate of its own, the leaf; that of a CA only vouches for others.',
  },
  'cert.key-missing': {
    severity: 'blocks',
    title: 'There is no private key in these files.',
    why: 'A server can use a certificate only together with its key.',
  },
  'cert.key-mismatch': {
    severity: 'blocks',
    title: 'The key does not belong to this certificate.',
    why: 'Certificate and key are two halves of one thing; a server cannot speak TLS with halves of two.',
  },
} as const satisfies FindingTable
