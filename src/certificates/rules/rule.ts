import type { Anatomy } from '../anatomy.ts'
import type { Certificate } from '../certificate.ts'
import type { CertificateFindingId } from '../findings.ts'

export type Role = 'leaf' | 'intermediate' | 'root'

/** One certificate of a chain, as a rule looks at it. */
export interface RuleView {
  certificate: Certificate
  anatomy: Anatomy
  role: Role
  /** What signed it; itself where it is self-signed; unknown above a root that is not. */
  issuer?: Certificate
  purpose: 'serverAuth' | 'clientAuth'
}

/** Clients that differ in what they refuse. */
export type Client = 'strict-python' | 'openssl' | 'go' | 'rustls' | 'chrome'

/** Something that a standard demands of a certificate. */
export interface Rule {
  id: CertificateFindingId
  roles: readonly Role[]
  /** The CA/Browser Forum's rules bind authorities of public roots, RFC 5280 all. */
  set: 'rfc' | 'cab'
  /** Where it is written. */
  source: string
  /** Clients that are known to refuse what breaks it. */
  refusedBy?: readonly Client[]
  /** What is seen where it is broken: a clause without a full stop. */
  check(view: RuleView): string | undefined
}

export const everyRole: readonly Role[] = ['leaf', 'intermediate', 'root']
export const caRoles: readonly Role[] = ['intermediate', 'root']
export const leafOnly: readonly Role[] = ['leaf']

/** Python 3.13's ssl.create_default_context sets VERIFY_X509_STRICT. */
export const strictPython: readonly Client[] = ['strict-python']

/** The clause, where something holds. */
export function says(holds: boolean | undefined, clause: string): string | undefined {
  return holds ? clause : undefined
}
