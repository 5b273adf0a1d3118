import { caRoles, leafOnly, type Rule, says, strictPython } from './rule.ts'

/** What makes a certificate a CA (RFC 5280, 4.2.1.3 and 4.2.1.9), and what a leaf may not have of it. */
export const caRules: readonly Rule[] = [
  {
    id: 'cert.ca-form',
    roles: caRoles,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.9',
    check: ({ certificate: { isCa } }) =>
      says(!isCa, 'basicConstraints does not say that it is a CA'),
  },
  {
    id: 'cert.ca-form',
    roles: caRoles,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.3',
    refusedBy: strictPython,
    check: ({ certificate: { keyUsage } }) => says(!keyUsage, 'a CA without keyUsage'),
  },
  {
    id: 'cert.ca-form',
    roles: caRoles,
    set: 'rfc',
    source: 'RFC 5280, 4.1.2.6',
    refusedBy: strictPython,
    check: ({ anatomy }) => says(anatomy.emptySubject, 'a CA whose subject is empty'),
  },
  {
    id: 'cert.ca-form',
    roles: ['root'],
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.2.1.2',
    check: ({ certificate: { extendedKeyUsage, selfSigned } }) =>
      says(selfSigned && extendedKeyUsage !== undefined, 'a root with extendedKeyUsage'),
  },
  {
    id: 'cert.ca-form',
    roles: ['intermediate'],
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.2.10.6',
    check: ({ certificate: { extendedKeyUsage } }) =>
      says(extendedKeyUsage?.includes('any'), 'a CA for any use (anyExtendedKeyUsage)'),
  },
  {
    id: 'cert.leaf-form',
    roles: leafOnly,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.3',
    refusedBy: strictPython,
    check: ({ certificate: { isCa, keyUsage } }) =>
      says(!isCa && keyUsage?.includes('keyCertSign'), 'no CA, and its keyUsage has keyCertSign'),
  },
  {
    id: 'cert.leaf-form',
    roles: leafOnly,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.9',
    refusedBy: strictPython,
    check: ({ certificate: { hasPathLength, isCa } }) =>
      says(!isCa && hasPathLength, 'no CA, and it says how many CAs may follow (pathlen)'),
  },
]
