import type { FindingTable } from '../../../findings.ts'

/** What keeps files from the hosts of nodes, where they go there by ssh. */
export const hostFindings = {
  'ssh.destination': {
    severity: 'blocks',
    title: 'The way to the host of a node cannot be told.',
    why: 'Without its files the node ends at its next start.',
  },
  'ssh.unreachable': {
    severity: 'blocks',
    title: 'The host of a node cannot be reached by ssh.',
    why: 'Without its files the node ends at its next start.',
  },
  'ssh.host-key': {
    severity: 'blocks',
    title: 'The key of a host is not the one that is known here.',
    why: 'Another machine could stand in for it and be given the private key: nobody but you can say that it is the right one.',
  },
  'ssh.denied': {
    severity: 'blocks',
    title: 'The host of a node lets us not in.',
    why: 'ssh is run without a terminal: only a key that needs no question is of use.',
  },
  'ssh.sudo': {
    severity: 'blocks',
    title: 'sudo on the host of a node wants a password, or refuses.',
    why: 'target.sudo says that the files are written with it, and nobody is asked there.',
  },
  'ssh.no-shell': {
    severity: 'blocks',
    title: 'The host of a node does not run what is sent to it.',
    why: 'Files are written there by a POSIX shell with dd, and sha256sum or openssl.',
  },
  'ssh.failed': {
    severity: 'blocks',
    title: 'ssh failed on the way to the host of a node.',
    why: 'Without its files the node ends at its next start.',
  },
  'ssh.folder': {
    severity: 'blocks',
    title: 'The folder of the certificate cannot be written on the host of a node.',
    why: 'Without its files the node ends at its next start.',
  },
  'ssh.full': {
    severity: 'blocks',
    title: 'The disk of a host of nodes is full.',
    why: 'No file is replaced by a part of one: without its files the node ends at its next start.',
  },
  'ssh.reader': {
    severity: 'blocks',
    title: 'aisnode could not read the key on its host.',
    why: 'A node that cannot read its key ends at its start.',
  },
  'ssh.cut': {
    severity: 'blocks',
    title: 'The connection to the host of a node broke off.',
    why: 'What has come is not whole, and was taken away again; the old file is there.',
  },
} as const satisfies FindingTable
