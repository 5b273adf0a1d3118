import type { FindingTable } from '../../findings.ts'

export const helmFindings = {
  'helm.pending': {
    severity: 'blocks',
    title: 'Helm says that an operation on the release is not finished.',
    why: 'Helm refuses every other change until it is; a killed helm leaves it so for good.',
  },
  'helm.absent': {
    severity: 'blocks',
    title: 'There is no release of this name.',
    why: 'What is recorded of it runs no more, or somewhere else.',
  },
  'helm.failed': {
    severity: 'blocks',
    title: 'The last operation on the release has failed.',
    why: 'What runs may be neither what was wanted nor what was there before.',
  },
  'helm.chart': {
    severity: 'blocks',
    title: 'The chart cannot be read.',
    why: 'Without the very chart that the release was made with, its version could jump.',
  },
  'helm.values': {
    severity: 'blocks',
    title: 'The chart does not take the values.',
    why: 'Helm has changed nothing.',
  },
  'helm.timed-out': {
    severity: 'blocks',
    title: 'Helm gave up waiting, and went back to what was there before.',
    why: 'The pods did not become ready with what was changed.',
  },
  'helm.not-back': {
    severity: 'blocks',
    title: 'Helm gave up waiting, and the pods of before did not become ready either.',
    why: 'What runs now is neither what was wanted nor what was there.',
  },
  'helm.not-honoured': {
    severity: 'blocks',
    title: 'Helm says that it is done, but the release does not have the value.',
    why: 'Helm 3 keeps old values in some ways of upgrading; what is served would not have changed.',
  },
} as const satisfies FindingTable
