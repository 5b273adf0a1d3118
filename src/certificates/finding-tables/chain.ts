import type { FindingTable } from '../../findings.ts'

/** What is wrong between the leaf and its root, and with their dates. */
export const chainFindings = {
  'cert.link-broken': {
    severity: 'blocks',
    title: 'The chain is broken: a certificate was not signed by the one above it.',
    why: 'The name of the issuer is right, but clients check the signature and what a CA may do.',
  },
  'cert.intermediate-missing': {
    severity: 'blocks',
    title: 'A certificate of the chain is missing.',
    why: 'A server sends every certificate between its own and the root. Some browsers fetch what is missing; curl, Python and Go refuse the chain.',
  },
  'cert.link-expired': {
    severity: 'blocks',
    title: 'A certificate above the leaf is not valid now.',
    why: 'Clients refuse a chain when one certificate on their way to the root is out of date.',
  },
  'cert.root-untrusted': {
    severity: 'blocks',
    title: 'The chain does not lead to one of the roots that were named.',
    why: 'Clients that trust these roots alone refuse it.',
  },
  'cert.too-deep': {
    severity: 'blocks',
    title: 'There are more CAs between leaf and root than are allowed.',
    why: 'Clients with such a limit (max-depth) refuse the chain.',
  },
  'cert.revoked': {
    severity: 'blocks',
    title: 'A certificate of the chain has been revoked.',
    why: 'Its authority says that it must not be trusted any more; clients that look refuse it.',
  },
  'cert.crl-unusable': {
    severity: 'blocks',
    title: 'A list of revoked certificates cannot be relied on.',
    why: 'Without a list that is genuine and current nobody can say that a certificate is not revoked.',
  },
  'cert.critical-unknown': {
    severity: 'blocks',
    title: 'A certificate demands something that clients do not know.',
    why: 'An extension that is marked critical must be understood; who does not refuses the chain.',
  },
  'cert.root-needed': {
    severity: 'blocks',
    title: 'The root is missing, and this target needs it in the chain.',
    why: 'Parts of the target trust the last certificate of the chain file and nothing else.',
  },
  'cert.expires-soon': {
    severity: 'warns',
    title: 'Less than a third of its lifetime is left.',
    why: 'Rotation is due at a third: this certificate would be due from the first day.',
  },
  'cert.lifetime-long': {
    severity: 'warns',
    title: 'The certificate lives longer than browsers allow.',
    why: 'Browsers limit leaves of public roots by the day of issue: 398 days, from 2026-03-15 200, from 2027-03-15 100, from 2029-03-15 47 (CA/Browser Forum ballot SC-081v3).',
  },
  'cert.just-issued': {
    severity: 'warns',
    title: 'The certificate has only just become valid.',
    why: 'Clients whose clocks are slow refuse it until they get there.',
  },
} as const satisfies FindingTable
