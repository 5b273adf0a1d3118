import type { FindingTable } from '../findings.ts'

export const azureFindings = {
  'azure.login': {
    severity: 'blocks',
    title: 'az is not logged in, or its login has run out.',
    why: 'Azure answers only those who are logged in.',
  },
  'azure.forbidden': {
    severity: 'blocks',
    title: 'Azure refuses this to the user who is logged in.',
    why: 'The extension can be read and changed only with a role for it.',
  },
  'azure.no-k8s-extension': {
    severity: 'blocks',
    title: 'az lacks its extension k8s-extension, or has one that is too old.',
    why: 'Before 1.4.1 an update passed sslSecret on wrongly.',
  },
  'azure.no-subscription': {
    severity: 'blocks',
    title: 'There is no such subscription for this login.',
    why: 'The cluster is looked for in this subscription alone.',
  },
  'azure.not-found': {
    severity: 'blocks',
    title: 'Azure knows no such resource.',
    why: 'A wrong name, group, type or subscription looks the same.',
  },
  'azure.in-progress': {
    severity: 'blocks',
    title: 'Azure is at another operation on this extension.',
    why: 'It takes one at a time; after a failed one its name may stay taken for an hour.',
  },
  'azure.throttled': {
    severity: 'blocks',
    title: 'Azure throttles this subscription, also after the retries of az.',
    why: 'Nothing was changed by this call.',
  },
  'azure.server': {
    severity: 'blocks',
    title: 'Azure answers with an error of its own, also after the retries of az.',
    why: 'It may only need time.',
  },
  'azure.lost': {
    severity: 'blocks',
    title: 'The answer of Azure was lost.',
    why: 'Whether the work was done is not known before the state is read.',
  },
  'azure.relay': {
    severity: 'blocks',
    title: 'The extension has no settings for Azure Relay.',
    why: 'az needs them before it sends any protected setting.',
  },
  'azure.operation-failed': {
    severity: 'blocks',
    title: 'The extension could not be changed.',
    why: 'What was served before is still served; the settings that failed stay stored.',
  },
  'azure.failed': {
    severity: 'blocks',
    title: 'az failed.',
    why: 'The step is not done.',
  },
} as const satisfies FindingTable
