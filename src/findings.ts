type Severity = 'blocks' | 'warns' | 'notes'

/** What a check found out. `id` is stable; `title` is one sentence; `evidence` is what was seen. */
export interface Finding {
  id: string
  severity: Severity
  title: string
  subject: string
  evidence: string
  why: string
  fix: string
  /** Which certificate it is about, where it is about one. */
  certificate?: CertificateId
}

/** What a certificate is known by; all text is safe. */
export interface CertificateId {
  subject: string
  issuer: string
  /** Upper-case hex. */
  serial: string
  /** SHA-256, upper-case hex in pairs joined by colons. */
  fingerprint: string
}

/** The constant part of a finding: what `docs/findings.md` lists. */
interface FindingKind {
  severity: Severity
  title: string
  why: string
}

export type FindingTable = Readonly<Record<string, FindingKind>>

/** What differs from one occurrence to the next; the table's words stand where nothing is given. */
export interface Occurrence extends Partial<FindingKind> {
  subject: string
  evidence: string
  fix: string
  certificate?: CertificateId
}

/** Makes a finding of a kind that a table knows. */
export function finding<T extends FindingTable>(
  table: T,
  id: keyof T & string,
  occurrence: Occurrence,
): Finding {
  const { severity, title, why } = table[id] as FindingKind
  return { id, severity, title, why, ...occurrence }
}
