import { isSignedBy } from '../certificate.ts'
import { caRoles, everyRole, type Rule, says, strictPython } from './rule.ts'

/** By which clients find the issuer of a certificate among several of one name. */
export const keyIdRules: readonly Rule[] = [
  {
    id: 'cert.key-id',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.1',
    refusedBy: strictPython,
    // only what its own key signed may do without, whatever it calls its issuer
    check: ({ certificate: { x509, publicKey, selfSigned }, anatomy: { authorityKeyId } }) =>
      says(
        !authorityKeyId && !selfSigned && !isSignedBy(x509, publicKey),
        'it does not say which key signed it (no AKI)',
      ),
  },
  {
    id: 'cert.key-id',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.1',
    refusedBy: strictPython,
    check: ({ anatomy: { authorityKeyId } }) =>
      says(authorityKeyId && !authorityKeyId.keyId, 'its AKI names no key'),
  },
  {
    id: 'cert.key-id',
    roles: everyRole,
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.2.11.1',
    check: ({ anatomy: { authorityKeyId } }) =>
      says(authorityKeyId?.issuer, 'its AKI names an issuer') ??
      says(authorityKeyId?.serial, 'its AKI names a serial number'),
  },
  {
    id: 'cert.key-id',
    roles: everyRole,
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.2.11.1',
    check: ({ certificate: { authorityKeyId }, issuer }) =>
      says(
        authorityKeyId !== undefined &&
          issuer?.subjectKeyId !== undefined &&
          authorityKeyId !== issuer.subjectKeyId,
        'its AKI is not the key id (SKI) of what signed it',
      ),
  },
  {
    id: 'cert.key-id',
    roles: caRoles,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.2',
    refusedBy: strictPython,
    check: ({ certificate: { subjectKeyId } }) =>
      says(!subjectKeyId, 'a CA, and it has no key id (SKI)'),
  },
]
