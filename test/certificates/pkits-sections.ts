/**
 * The sections of NIST's Public Key Interoperability Test Suite (PKITS 1.0.1), by what their end entity
 * certificates are called without `Valid`, `Invalid` and the number of the test.
 */
interface Section {
  title: string
  names: RegExp
  /** Why the gate has no word in it. */
  leftOut?: string
}

const policies =
  'No server is asked for a policy: OpenSSL and browsers build no policy tree unless a caller wants one. Go does from 1.24 on, for chains that demand one, which no CA for servers issues.'

/** By its number. */
export const sections: Readonly<Record<string, Section>> = {
  '4.1': {
    title: 'Signature Verification',
    names: /^(CertificatePath|CASignature|EESignature|DSA\w+)$/,
  },
  '4.2': { title: 'Validity Periods', names: /not(Before|After)Date$/ },
  '4.3': {
    title: 'Verifying Name Chaining',
    names: /^(NameChaining\w*|NameUIDs|RFC3280\w+|RolloverfromPrintable\w+|UTF8String\w+)$/,
  },
  '4.4': {
    title: 'Basic Certificate Revocation Tests',
    names:
      /^(MissingCRL|Revoked(CA|EE)|BadCRL\w+|WrongCRL|TwoCRLs|UnknownCRL\w+|(Old|pre2000|GeneralizedTime)CRLnextUpdate|(Negative|Long)SerialNumber|SeparateCertificateandCRLKeys)$/,
  },
  '4.5': { title: 'Verifying Paths with Self-Issued Certificates', names: /^BasicSelfIssued/ },
  '4.6': {
    title: 'Verifying Basic Constraints',
    names: /^(MissingbasicConstraints|cAFalse|basicConstraints|(SelfIssued)?pathLenConstraint)/,
  },
  '4.7': { title: 'Key Usage', names: /^keyUsage/ },
  '4.8': {
    title: 'Certificate Policies',
    names: /Policies$|^(AnyPolicy|UserNotice\w+|CPSPointer\w+|AllCertificates\w+)$/,
    leftOut: policies,
  },
  '4.9': {
    title: 'Require Explicit Policy',
    names: /requireExplicitPolicy$/,
    leftOut: policies,
  },
  '4.10': { title: 'Policy Mappings', names: /^(Policy)?Mapping/, leftOut: policies },
  '4.11': { title: 'Inhibit Policy Mapping', names: /inhibitPolicyMapping$/, leftOut: policies },
  '4.12': { title: 'Inhibit Any Policy', names: /inhibitAnyPolicy$/, leftOut: policies },
  '4.13': { title: 'Name Constraints', names: /nameConstraints$/ },
  '4.14': {
    title: 'Distribution Points',
    names:
      /^(No)?(issuing)?distributionPoint$|^onlyContains|^onlySomeReasons|^IDPwith|^cRLIssuer$/i,
    leftOut:
      'Lists for some certificates or reasons alone, or of another issuer (2.5.29.28): --crls refuses such a list as one that cannot be relied on, instead of putting several together.',
  },
  '4.15': {
    title: 'Delta-CRLs',
    names: /^deltaCRL/,
    leftOut:
      'Lists of changes alone (2.5.29.27): --crls refuses such a list, and wants the whole one.',
  },
  '4.16': { title: 'Private Certificate Extensions', names: /CriticalCertificateExtension$/ },
}

const noList =
  'Nobody is made to have lists: public authorities give none out that clients would fetch. Where no list of the issuer is named, nothing is revoked.'
const otherKey =
  'The list is signed by another key than all on the way to the root: it counts as one of another CA of that name, and says nothing.'
const partial =
  'A list for some certificates alone (2.5.29.28) is refused as one that cannot be relied on: that is the safe side.'

/** Tests that come out otherwise here, and why that is right or not better known. */
export const differences: Readonly<Record<string, string>> = {
  ValidDSASignaturesTest4:
    'DSA with 1024 bits and SHA-1: no server and no client of ours takes it (TLS 1.3 has no DSA).',
  ValidDSAParameterInheritanceTest5:
    'DSA again, and Node cannot open a key that has its parameters from its issuer.',
  InvalidMissingCRLTest1: noList,
  InvalidBadCRLIssuerNameTest5: noList,
  InvalidWrongCRLTest6: noList,
  InvalidSeparateCertificateandCRLKeysTest20: otherKey,
  InvalidSeparateCertificateandCRLKeysTest21: otherKey,
  ValidBasicSelfIssuedCRLSigningKeyTest6: partial,
  ValidBasicSelfIssuedNewWithOldTest3: partial,
  ValidBasicSelfIssuedNewWithOldTest4: partial,
}
