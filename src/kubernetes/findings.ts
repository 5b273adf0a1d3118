import type { FindingTable } from '../findings.ts'

export const kubernetesFindings = {
  'kube.no-context': {
    severity: 'blocks',
    title: 'kubectl knows no such context.',
    why: 'The cluster that is to be changed must be named; the current one is never taken.',
  },
  'kube.no-namespace': {
    severity: 'blocks',
    title: 'There is no such namespace.',
    why: 'Nothing can be read or put there.',
  },
  'kube.login': {
    severity: 'blocks',
    title: 'The cluster does not know who asks.',
    why: 'A login has run out, or the program that gives it has failed.',
  },
  'kube.forbidden': {
    severity: 'blocks',
    title: 'A permission in the cluster is missing.',
    why: 'A run that stops half way would leave the endpoint between two certificates.',
  },
  'kube.unreachable': {
    severity: 'blocks',
    title: 'The API server of the cluster does not answer.',
    why: 'What is there cannot be read, and nothing can be changed.',
  },
  'kube.node': {
    severity: 'blocks',
    title: 'The node of a pod does not answer the API server.',
    why: 'No way leads to the pod: what it serves cannot be seen, and it cannot be asked anything.',
  },
  'kube.not-running': {
    severity: 'blocks',
    title: 'A pod does not run now.',
    why: 'What it serves cannot be seen before it does.',
  },
  'kube.denied': {
    severity: 'blocks',
    title: 'The cluster refuses the change.',
    why: 'A quota or an admission policy stands against it.',
  },
  'kube.conflict': {
    severity: 'blocks',
    title: 'Somebody else manages what is to be changed.',
    why: 'Two owners of one object undo each other.',
  },
  'kube.foreign-secret': {
    severity: 'blocks',
    title: 'A Secret of this name belongs to somebody else.',
    why: 'Overwriting it could take a key away that something else serves with.',
  },
  'kube.secret-differs': {
    severity: 'blocks',
    title: 'The Secret does not hold what was put into it.',
    why: 'Something in the cluster changes Secrets on their way; the pods would serve that.',
  },
  'kube.rollout': {
    severity: 'blocks',
    title: 'The pods do not become ready.',
    why: 'The endpoint is not served as the plan promises.',
  },
  'kube.locked': {
    severity: 'blocks',
    title: 'Another run works on this endpoint.',
    why: 'Two runs on one target would undo each other.',
  },
  'kube.lease-lost': {
    severity: 'warns',
    title: 'Another run has taken this endpoint over.',
    why: 'This machine gave no sign of life for a minute; both may change the same things now.',
  },
  'kube.no-workload': {
    severity: 'blocks',
    title: 'A workload that must serve the certificate is not there.',
    why: 'What it would serve cannot be proven.',
  },
} as const satisfies FindingTable
