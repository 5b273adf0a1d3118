import type { FindingTable } from '../../findings.ts'

export const felderaFindings = {
  'feldera.no-release': {
    severity: 'blocks',
    title: 'There is no Helm release of this name.',
    why: 'HTTPS is switched on in the release that runs, or in one that is installed with it.',
  },
  'feldera.other-chart': {
    severity: 'blocks',
    title: 'The release is of another chart.',
    why: 'Its values mean something else.',
  },
  'feldera.foreign-secret': {
    severity: 'blocks',
    title: 'The release serves a certificate that is not recorded here.',
    why: 'Replacing it could take away what somebody else put there on purpose.',
  },
  'feldera.no-root': {
    severity: 'warns',
    title: 'The chain that was found does not end with its root.',
    why: 'The components trust the last certificate alone: with a leaf of an authority there, none of them trusts another.',
  },
  'feldera.namespaces': {
    severity: 'blocks',
    title: 'Each pipeline has a namespace of its own here.',
    why: 'Neither the Secret nor the wildcard name reaches pods in other namespaces.',
  },
  'feldera.other-tenants': {
    severity: 'blocks',
    title: 'Pipelines run that this API key does not see.',
    why: 'They belong to other tenants, keep what they serve until they are restarted, and would no longer be reached.',
  },
  'feldera.login': {
    severity: 'blocks',
    title: 'Feldera wants an API key.',
    why: 'Pipelines can be listed, stopped and started only with one.',
  },
  'feldera.api': {
    severity: 'blocks',
    title: 'The API of Feldera does not answer as it should.',
    why: 'Which pipelines run is not known.',
  },
  'feldera.no-checkpoint': {
    severity: 'blocks',
    title: 'A pipeline cannot be stopped with a checkpoint.',
    why: 'A forced stop loses what it did since its last one.',
  },
  'feldera.pipeline': {
    severity: 'blocks',
    title: 'A pipeline did not get where it should.',
    why: 'It must run again as it did before.',
  },
  'feldera.unhealthy': {
    severity: 'blocks',
    title: 'The components of Feldera do not reach each other.',
    why: 'They trust only the last certificate of the chain, and refuse a leaf that is marked as a CA.',
  },
  'feldera.incomplete': {
    severity: 'blocks',
    title: 'A new installation needs more answers.',
    why: 'The chart refuses to be installed without them.',
  },
} as const satisfies FindingTable
