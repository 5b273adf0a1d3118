import type { KeyObject } from 'node:crypto'
import { type CertificateId, type Finding, finding, type Occurrence } from '../findings.ts'
import type { Anchors } from './anchors.ts'
import type { Certificate } from './certificate.ts'
import type { Crl } from './crl.ts'
import { type CertificateFindingId, certificateFindings } from './findings.ts'
import type { CertificateProfile } from './profile.ts'
import type { IsPublicSuffix } from './public-suffix.ts'
import type { RepairKind } from './repair-kinds.ts'
import type { Upload } from './upload.ts'

/** What the gate is asked to judge: what `readUpload` gave, and what it is held against. */
export interface JudgeInput
  extends Pick<Upload, 'certificates' | 'keys'>,
    Partial<Pick<Upload, 'unread' | 'textAround' | 'forms'>> {
  profile: CertificateProfile
  /** Milliseconds since 1970. */
  now: number
  /** What the clients of this endpoint trust, beside the system's roots. */
  roots?: readonly Certificate[]
  /** Whether the chain must lead to one of `roots`, whatever else is trusted. */
  onlyRoots?: boolean
  /** Whether a chain may end below a private root that no file holds: then that is a note. */
  rootOptional?: boolean
  /** Whether there may be no key: then that is a note. */
  keyOptional?: boolean
  /** By the Public Suffix List; without it only top levels are known. */
  isPublicSuffix?: IsPublicSuffix
  /** Files among which the leaf is looked for first; what else there is stands above it. */
  leafFiles?: readonly string[]
  /** Certificates that were not handed in, and may complete the chain. */
  spare?: readonly Spare[]
  /** CAs that may stand between leaf and root; self-issued ones do not count. */
  maxDepth?: number
  /** Lists of revoked certificates, DER. */
  crls?: readonly Crl[]
  /** PEM blocks of what this machine trusts. */
  systemRoots?: readonly string[]
  /** Made of the roots above beforehand, where many certificates are judged. */
  anchors?: Anchors
  /** What rules say of certificates that were judged before, likewise. */
  known?: Map<string, Finding[]>
  /** PEM blocks of what browsers trust; by default the list that Node brings. */
  publicRoots?: readonly string[]
  /** What other files near by hold, for the advice which to take instead. */
  nearby?: readonly Nearby[]
  /** Kinds of repairs that somebody agreed to. */
  agreed?: readonly string[]
}

/** The halves of key pairs in a file that was not handed in; SHA-256 over SPKI. */
export interface Nearby {
  path: string
  leafKeys: readonly string[]
  privateKeys: readonly string[]
}

/** A certificate that can be taken where one is missing. */
export interface Spare {
  certificate: Certificate
  /** Where it comes from: a file, or an address. Safe text. */
  from: string
}

/** Something that goes in otherwise than it was handed in. The user's files are never changed. */
export interface Repair {
  id: CertificateFindingId
  kind: RepairKind
  /** What it is about: a certificate's label, `12 lines of other text`. */
  subject: string
  /** What is done: `put first`, `left out: not needed`. */
  text: string
  /** Where it was; without one it is added. */
  file?: string
}

/** One line of the comparison of what goes in with what was handed in. */
export interface DiffLine {
  sign: '+' | '-' | ' '
  subject: string
  /** Its place in what goes in, from 1; without one it is left out. */
  goes?: number
  /** Its place in its file, from 1. */
  was?: number
  file?: string
  text?: string
  id?: CertificateFindingId
}

export interface Judgement {
  verdict: 'ok' | 'repaired' | 'blocked'
  /**
   * What blocks first, then warnings, then notes; causes before what follows from them. What was
   * repaired is a note here, too, with the id of its repair.
   */
  findings: Finding[]
  repairs: Repair[]
  /** All that goes in and all that does not; empty when nothing is repaired. */
  diff: DiffLine[]
  /** Leaf first, as it goes in; empty when it is blocked. */
  chain: Certificate[]
  /** Where the chain leads: what clients must trust. */
  root?: Certificate
  openKey?: () => KeyObject
  /** Where a certificate that is missing could be fetched, if somebody agreed to that. */
  offeredAt?: OfferedAt
}

/** An address that a certificate names, in safe text. */
export interface OfferedAt {
  host: string
  url: string
  /** It lies in a private network, and was not asked: a clause that says so. */
  private?: string
}

export type Found = (id: CertificateFindingId, occurrence: Occurrence) => Finding

export const found: Found = (id, occurrence) => finding(certificateFindings, id, occurrence)

/** What a certificate is known by, for the `certificate` of a finding. */
export function idOf({ subject, issuer, serial, fingerprint }: Certificate): CertificateId {
  return { subject, issuer, serial, fingerprint }
}

const severities = ['blocks', 'warns', 'notes']
const causes = Object.keys(certificateFindings)

/** Sorts findings for the eye, the same whatever order they were found in. */
export function sorted(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity, id }: Finding) =>
    severities.indexOf(severity) * 1000 + causes.indexOf(id)
  const text = ({ subject, evidence }: Finding) => `${subject}\n${evidence}`
  return [...findings].sort((a, b) => rank(a) - rank(b) || (text(a) < text(b) ? -1 : 1))
}
