import type { Certificate } from '../certificate.ts'
import * as der from '../der.ts'
import { oids } from '../oids.ts'
import { caRoles, everyRole, leafOnly, type Role, type Rule, says, strictPython } from './rule.ts'

/** What RFC 5280 and the BR say of the critical flag. */
const flags: readonly {
  id: string
  name: string
  critical: boolean
  source: string
  roles?: readonly Role[]
  set?: Rule['set']
  refusedBy?: Rule['refusedBy']
}[] = [
  {
    ...{ id: oids.authorityKeyId, name: 'authorityKeyIdentifier', critical: false },
    ...{ source: 'RFC 5280, 4.2.1.1', refusedBy: ['openssl'] },
  },
  {
    ...{ id: oids.subjectKeyId, name: 'subjectKeyIdentifier', critical: false },
    ...{ source: 'RFC 5280, 4.2.1.2', refusedBy: ['openssl'] },
  },
  {
    ...{ id: oids.authorityInfo, name: 'authorityInfoAccess', critical: false },
    ...{ source: 'RFC 5280, 4.2.2.1', refusedBy: ['openssl'] },
  },
  {
    ...{ id: oids.subjectInfo, name: 'subjectInfoAccess', critical: false },
    ...{ source: 'RFC 5280, 4.2.2.2', refusedBy: ['openssl'] },
  },
  {
    ...{ id: oids.subjectDirectory, name: 'subjectDirectoryAttributes', critical: false },
    source: 'RFC 5280, 4.2.1.8',
  },
  {
    ...{ id: oids.freshestCrl, name: 'freshestCRL', critical: false },
    source: 'RFC 5280, 4.2.1.15',
  },
  {
    ...{ id: oids.nameConstraints, name: 'nameConstraints', critical: true },
    source: 'RFC 5280, 4.2.1.10',
  },
  {
    ...{ id: oids.policyConstraints, name: 'policyConstraints', critical: true },
    source: 'RFC 5280, 4.2.1.11',
  },
  {
    ...{ id: oids.inhibitAnyPolicy, name: 'inhibitAnyPolicy', critical: true },
    source: 'RFC 5280, 4.2.1.14',
  },
  {
    ...{ id: oids.basicConstraints, name: 'basicConstraints', critical: true },
    ...{ source: 'RFC 5280, 4.2.1.9', roles: caRoles, refusedBy: strictPython },
  },
  {
    ...{ id: oids.extendedKeyUsage, name: 'extendedKeyUsage', critical: false },
    ...{ source: 'CA/Browser Forum BR, 7.1.2.7.6', roles: leafOnly, set: 'cab' },
  },
  {
    ...{ id: oids.crlDistributionPoints, name: 'cRLDistributionPoints', critical: false },
    ...{ source: 'CA/Browser Forum BR, 7.1.2.11.2', set: 'cab' },
  },
  {
    ...{ id: oids.certificatePolicies, name: 'certificatePolicies', critical: false },
    ...{ source: 'CA/Browser Forum BR, 7.1.2.7.9', roles: leafOnly, set: 'cab' },
  },
]

const flagRules: readonly Rule[] = flags.map(({ id, name, critical, ...flag }) => ({
  id: 'cert.extension-critical',
  roles: flag.roles ?? everyRole,
  set: flag.set ?? 'rfc',
  source: flag.source,
  ...(flag.refusedBy ? { refusedBy: flag.refusedBy } : {}),
  check: ({ certificate: { extensions } }) => {
    const found = extensions.get(id)
    return says(
      found !== undefined && found.critical !== critical,
      `${name} is marked ${critical ? 'not critical' : 'critical'}`,
    )
  },
}))

/** Extensions that are lists with one entry at least. */
const lists: Readonly<Record<string, string>> = {
  [oids.extendedKeyUsage]: 'extendedKeyUsage',
  [oids.subjectAltName]: 'subjectAltName',
  [oids.authorityInfo]: 'authorityInfoAccess',
  [oids.certificatePolicies]: 'certificatePolicies',
  [oids.policyMappings]: 'policyMappings',
  [oids.policyConstraints]: 'policyConstraints',
  [oids.crlDistributionPoints]: 'cRLDistributionPoints',
}

/**
 * What OpenSSL handles when it is critical (X509_supported_extension, crypto/x509/v3_purp.c); those
 * that must not be critical have rules of their own above.
 */
const handled: readonly string[] = [
  ...[oids.keyUsage, oids.subjectAltName, oids.basicConstraints, oids.certificatePolicies],
  ...[oids.crlDistributionPoints, oids.extendedKeyUsage, oids.policyConstraints],
  ...[oids.nameConstraints, oids.policyMappings, oids.inhibitAnyPolicy],
  '2.16.840.1.113730.1.1', // netscapeCertType
  '1.3.6.1.5.5.7.1.7', // address blocks of RFC 3779
  '1.3.6.1.5.5.7.1.8',
  '1.3.6.1.5.5.7.1.14', // proxyCertInfo
  '1.3.6.1.5.5.7.48.1.5', // OCSP noCheck
  ...flags.filter(({ critical }) => !critical).map(({ id }) => id),
]

/** What extensions must say, and how they must be marked (RFC 5280, 4.2). */
export const extensionRules: readonly Rule[] = [
  ...flagRules,
  {
    id: 'cert.critical-unknown',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2',
    refusedBy: ['openssl', 'go', 'rustls', 'chrome'],
    check: ({ certificate: { critical } }) => {
      const unknown = critical.find(id => !handled.includes(id))
      return unknown && `extension ${unknown} is marked critical`
    },
  },
  {
    id: 'cert.extension-critical',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.6',
    refusedBy: strictPython,
    check: ({ certificate, anatomy }) =>
      says(
        anatomy.emptySubject && isCritical(certificate, oids.subjectAltName) === false,
        'the subject is empty, and the SAN is not marked critical',
      ),
  },
  {
    id: 'cert.extension-critical',
    roles: leafOnly,
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.2.7.12',
    check: ({ certificate, anatomy }) =>
      says(
        !anatomy.emptySubject && isCritical(certificate, oids.subjectAltName) === true,
        'the SAN is marked critical beside a subject',
      ),
  },
  {
    id: 'cert.extension-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1',
    check: ({ certificate: { extensions } }) => {
      const empty = Object.entries(lists).find(([id]) => isEmpty(extensions.get(id)?.value))
      return empty && `${empty[1]} is empty`
    },
  },
  {
    id: 'cert.extension-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.3',
    check: ({ certificate: { keyUsage } }) =>
      says(keyUsage?.length === 0, 'keyUsage allows nothing'),
  },
  {
    id: 'cert.extension-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.4',
    check: ({ certificate: { extensions } }) => {
      const policies = readPolicies(extensions.get(oids.certificatePolicies)?.value)
      return says(new Set(policies).size < policies.length, 'a policy stands there twice')
    },
  },
  {
    id: 'cert.constraints-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.10',
    refusedBy: ['go'],
    check: ({ certificate: { constrainedNames } }) =>
      constrainedNames?.faults[0] && `nameConstraints: ${constrainedNames.faults[0]}`,
  },
  {
    id: 'cert.constraints-form',
    roles: leafOnly,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.10',
    check: ({ certificate: { constrainedNames, isCa } }) =>
      says(constrainedNames !== undefined && !isCa, 'it is no CA and has nameConstraints'),
  },
]

function isCritical({ extensions }: Certificate, id: string): boolean | undefined {
  return extensions.get(id)?.critical
}

function isEmpty(value: Buffer | undefined): boolean {
  // 30 00, and whatever is no list at all
  return value !== undefined && (value[0] !== 0x30 || value.length <= 2)
}

function readPolicies(value: Buffer | undefined): string[] {
  if (!value) return []
  try {
    return der.parts(der.parse(value)).map(each => der.readOid(der.parts(each)[0]))
  } catch {
    return []
  }
}
