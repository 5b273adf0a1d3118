import type { FindingTable } from '../../findings.ts'

/** What is repaired or only said. */
export const notesFindings = {
  'cert.key-readable': {
    severity: 'warns',
    title: 'Other users of this machine can read the key.',
    why: 'Whoever has the key can pose as this endpoint until the certificate expires.',
  },
  'cert.key-unlocked': {
    severity: 'notes',
    title: 'The key goes in without its passphrase.',
    why: 'A server that starts by itself cannot be asked for a passphrase. What is kept is readable by you alone.',
  },
  'cert.format': {
    severity: 'notes',
    title: 'A file is not PEM.',
    why: 'Servers load PEM. What goes in is written as PEM, with the same bytes of certificate and key.',
  },
  'cert.encoding': {
    severity: 'notes',
    title: 'A file is not plain text.',
    why: 'A byte order mark or UTF-16, as Windows writes it, makes servers miss the first block or all.',
  },
  'cert.passed-over': {
    severity: 'notes',
    title: 'There are other certificates or keys here, and one was chosen.',
    why: 'The one for the wanted name that has its key and lives longest is taken.',
  },
  'cert.root-private': {
    severity: 'notes',
    title: 'The chain leads to a root that this machine does not trust.',
    why: 'Only clients that are told to trust this root accept the certificate.',
  },
  'cert.chain-completed': {
    severity: 'notes',
    title: 'A certificate of the chain was not in the files; it is added.',
    why: 'Clients that do not have it already refuse the chain without it.',
  },
  'cert.order': {
    severity: 'notes',
    title: 'The certificates are not in the order in which a server sends them.',
    why: 'Servers take the first certificate for the leaf; strict clients refuse any other order.',
  },
  'cert.duplicate': {
    severity: 'notes',
    title: 'A certificate is there twice.',
    why: 'Sent twice it costs each handshake time, and strict clients refuse the chain.',
  },
  'cert.stranger': {
    severity: 'notes',
    title: 'A certificate does not belong to this chain.',
    why: 'It costs each handshake time, and strict clients refuse the chain.',
  },
  'cert.root-sent': {
    severity: 'notes',
    title: 'The root stands in the chain.',
    why: 'Clients have the roots that they trust; sending one only costs each handshake time.',
  },
  'cert.text-not-ascii': {
    severity: 'notes',
    title: 'The text around the certificates has letters beyond ASCII.',
    why: 'az reads such a file as ASCII and ends with UnicodeEncodeError.',
  },
  'cert.text-around': {
    severity: 'notes',
    title: 'There is other text around the certificates.',
    why: 'Some servers refuse a chain file with anything but PEM in it.',
  },
} as const satisfies FindingTable
