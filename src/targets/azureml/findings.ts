import type { FindingTable } from '../../findings.ts'

export const azuremlFindings = {
  'azureml.other-cluster': {
    severity: 'blocks',
    title: 'az and kubectl mean two different clusters.',
    why: 'The Secret would go into one cluster and the setting that names it into another.',
  },
  'azureml.cluster-unsure': {
    severity: 'blocks',
    title: 'The cluster does not say which Azure resource it is.',
    why: 'The Secret could go into another cluster than the setting that names it.',
  },
  'azureml.other-extension': {
    severity: 'blocks',
    title: 'The Azure ML extension has another name on this cluster.',
    why: 'A cluster takes only one of its kind.',
  },
  'azureml.foreign-pair': {
    severity: 'blocks',
    title: 'The extension has a certificate that is not recorded here.',
    why: 'Replacing it could take away what somebody else put there on purpose.',
  },
  'azureml.foreign-ingress': {
    severity: 'blocks',
    title: 'An Ingress of this name belongs to somebody else.',
    why: 'Overwriting it would take away what somebody else serves through it.',
  },
  'azureml.ingress-stays': {
    severity: 'warns',
    title: 'The Ingress is not taken back: somebody else has changed it meanwhile.',
    why: 'What stands there now is not what this run has applied.',
  },
  'azureml.no-way-back': {
    severity: 'warns',
    title: 'There is no way back from a failed change to the pair in place.',
    why: 'Azure never gives a protected setting back, and each change replaces all of them.',
  },
  'azureml.protected-lost': {
    severity: 'blocks',
    title: 'The change would delete protected settings of the extension.',
    why: 'Azure replaces protected settings as a whole and never gives their values back.',
  },
  'azureml.pem-wins': {
    severity: 'blocks',
    title: 'The stored pair stands above a Secret, and no update removes it.',
    why: 'Protected settings can be replaced, but not be taken away; the old pair would go on being served.',
  },
  'azureml.pair-stays': {
    severity: 'warns',
    title: 'The pair stays stored in the protected settings of the extension.',
    why: 'An update replaces protected settings but takes none away: the key leaves Azure only with the extension.',
  },
  'azureml.no-address': {
    severity: 'blocks',
    title: 'The cluster does not say where clients reach the endpoint.',
    why: 'A Service of this type has no address outside: all would be changed, proven nowhere and taken back.',
  },
  'azureml.domain': {
    severity: 'blocks',
    title: 'Azure ML needs a DNS name for the endpoint.',
    why: 'The extension checks that the certificate is for sslCname, which is a host name.',
  },
  'azureml.key-type': {
    severity: 'notes',
    title: 'Microsoft documents RSA keys only for azureml-fe.',
    why: 'Other keys work where the proof passes; nothing says for how long.',
  },
  'azureml.unsettled': {
    severity: 'blocks',
    title: 'Azure stored other settings than were sent.',
    why: 'What azureml-fe does with them is not what the plan promises.',
  },
} as const satisfies FindingTable
