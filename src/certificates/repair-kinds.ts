import type { CertificateFindingId } from './findings.ts'

interface RepairKindOf {
  /** Findings that it takes away. */
  findings: readonly CertificateFindingId[]
  title: string
  /** Whether somebody must agree to it: at the wizard, or by `repair` in an answers file. */
  asked: boolean
}

/** Every repair, by the name with which answers agree to it. Only what goes in is repaired. */
export const repairKinds = {
  order: { findings: ['cert.order'], title: 'Put the certificates into order', asked: false },
  duplicate: { findings: ['cert.duplicate'], title: 'Leave duplicates out', asked: false },
  stranger: {
    findings: ['cert.stranger'],
    title: 'Leave out what is not of this chain',
    asked: false,
  },
  root: {
    findings: ['cert.root-sent', 'cert.root-needed'],
    title: 'Add the root, or leave it out',
    asked: false,
  },
  'text-around': {
    findings: ['cert.text-around', 'cert.text-not-ascii'],
    title: 'Leave out other text, such as Bag Attributes',
    asked: false,
  },
  intermediate: {
    findings: ['cert.chain-completed'],
    title: 'Add a missing certificate that lies beside; where this is named, fetch it (AIA)',
    asked: false,
  },
  'private-network': {
    findings: [],
    title: 'Fetch it also from an authority whose address is of a private network',
    asked: true,
  },
  encoding: {
    findings: ['cert.encoding'],
    title: 'Write plain text, without a byte order mark and not as UTF-16',
    asked: false,
  },
  format: {
    findings: ['cert.format'],
    title: 'Write PEM in place of DER, PKCS#7, PKCS#12 or a Secret',
    asked: false,
  },
  unlock: {
    findings: ['cert.key-unlocked'],
    title: 'Keep the key without its passphrase, readable by you alone',
    asked: true,
  },
} as const satisfies Readonly<Record<string, RepairKindOf>>

/** Kinds of repairs, as answers agree to them. */
export type RepairKind = keyof typeof repairKinds

/** The repair that takes a finding away. */
export function repairOf(id: CertificateFindingId): RepairKind | undefined {
  const kinds = Object.entries(repairKinds) as [RepairKind, RepairKindOf][]
  return kinds.find(([, { findings }]) => findings.includes(id))?.[0]
}
