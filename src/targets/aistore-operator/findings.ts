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
  'ais-operator.other-way': {
    severity: 'blocks',
    title: 'The resource gets its certificate another way than the answers say.',
    why: 'cert-manager writes over the Secret that the pods mount: the pair of before could not be put back.',
  },
  'ais-operator.other-root': {
    severity: 'blocks',
    title: 'The nodes would stop trusting each other.',
    why: 'They read the root at their start alone, cert-manager writes the new one over the old, and the operator starts one pod after the other: those that have the one refuse those that have the other.',
  },
  'ais-operator.other-pair': {
    severity: 'blocks',
    title: 'The pods mount another pair than the recorded one.',
    why: 'For another root all pods start once more with the recorded pair, one after the other: nodes that somebody has started with the other one would refuse it, and the key of that one would be lost.',
  },
  'ais-operator.not-startable': {
    severity: 'blocks',
    title: 'No node would start with the pair that is served now.',
    why: 'For another root all pods start once more with that pair and both roots, so that none refuses another; a node with a certificate that is not valid ends at once.',
  },
  'ais-operator.no-address': {
    severity: 'blocks',
    title: 'cert-manager is asked for DNS names alone here.',
    why: 'spec.tls.certificate has additionalDNSNames, and no addresses.',
  },
  'ais-operator.not-issued': {
    severity: 'blocks',
    title: 'cert-manager has not issued the certificate.',
    why: 'The pods mount the Secret that it writes, and do not start before it is there.',
  },
  'ais-operator.not-taken': {
    severity: 'blocks',
    title: 'The operator has not begun to start the pods again.',
    why: 'Nodes that started with one root alone would refuse the new pair.',
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
