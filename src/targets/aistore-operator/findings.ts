import type { FindingTable } from '../../findings.ts'

export const operatorFindings = {
  'ais-operator.no-resource': {
    severity: 'blocks',
    title: 'There is no such AIStore resource, or no operator that knows the kind.',
    why: 'The operator makes the cluster of it; nothing else is changed here.',
  },
  'ais-operator.refused-field': {
    severity: 'blocks',
    title: 'The resource has a field that the operator refuses beside spec.tls.',
    why: 'Paths of certificates are its own, and the names of 2.x are gone since 3.0.',
  },
  'ais-operator.foreign-tls': {
    severity: 'blocks',
    title: 'The resource serves a certificate that is not recorded here.',
    why: 'Replacing it could take away what somebody else put there on purpose.',
  },
  'ais-operator.foreign-secret': {
    severity: 'blocks',
    title: 'A Secret of that name belongs to somebody else.',
    why: 'Its content would be lost.',
  },
  'ais-operator.not-loaded': {
    severity: 'blocks',
    title: 'Not every pod serves the new certificate.',
    why: 'A changed Secret comes to a pod a minute later, and is loaded on request or within 6 h.',
  },
} as const satisfies FindingTable
