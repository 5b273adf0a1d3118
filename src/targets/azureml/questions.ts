import { checkChoice, checkPath } from '../../answers/checks.ts'
import type { Check, Choice, Condition, Question } from '../../answers/question.ts'
import { clusterQuestions } from '../../kubernetes/questions.ts'
import { findClusters, findExtensions, findSubscriptions } from './find.ts'

/** A name that Azure or Kubernetes gives: one line, no blanks, nothing that a shell would read. */
function checkName(what: string, pattern: RegExp, example: string): Check {
  return value => {
    const text = typeof value === 'string' ? value.trim() : ''
    return pattern.test(text)
      ? { value: text }
      : { wrong: `This is no name of ${what}.`, fix: `Write for example ${example}.` }
  }
}

const checkSubscription: Check = value => {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
    ? { value: text }
    : { wrong: 'This is no id of a subscription.', fix: 'See it: az account list -o table' }
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
const groupPattern = /^[-\w.()]{0,89}[-\w()]$/
const clusterPattern = /^[a-zA-Z0-9]([-\w.]{0,61}[a-zA-Z0-9])?$/
const extensionPattern = /^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/

const clusterTypes: Choice[] = [
  { value: 'aks', title: 'AKS', note: 'managedClusters' },
  { value: 'arc', title: 'Arc-enabled Kubernetes', note: 'connectedClusters' },
]

const modes: Choice[] = [
  {
    value: 'secret',
    title: 'A Secret (sslSecret)',
    note: 'a new one each time; always a way back',
  },
  {
    value: 'pem',
    title: 'Files (sslCertPemFile)',
    note: 'Azure keeps the pair and never shows it again',
  },
  {
    value: 'ingress',
    title: 'An Ingress before it',
    note: 'for NodePort and ClusterIP; TLS ends there',
  },
]

const serviceTypes: Choice[] = [
  { value: 'LoadBalancer', title: 'LoadBalancer' },
  { value: 'NodePort', title: 'NodePort', note: 'your own load balancer stands before it' },
  { value: 'ClusterIP', title: 'ClusterIP', note: 'only an Ingress reaches it' },
]

const yesNo: Choice[] = [
  { value: 'yes', title: 'Yes' },
  { value: 'no', title: 'No' },
]

const pem: Condition[] = [{ id: 'target.mode', is: ['pem'] }]

function yesOrNo(id: string, text: string, noun: string, help: string): Question {
  const asked = { id, text, noun, help, kind: 'choice', choices: yesNo, asked: false } as const
  return { ...asked, fallback: () => 'no', check: checkChoice(yesNo) }
}

function path(id: string, text: string, help: string, when?: Condition[]): Question {
  const asked = { id, text, noun: 'Path', help, kind: 'file', asked: false } as const
  return { ...asked, ...(when ? { when } : {}), fallback: () => undefined, check: checkPath }
}

export const azuremlQuestions: readonly Question[] = [
  {
    id: 'target.subscription',
    text: 'Which Azure subscription is the cluster in?',
    noun: 'Subscription',
    help: 'Its id. Written out, so that a run never goes to the one that az happens to stand at.',
    kind: 'text',
    asked: true,
    check: checkSubscription,
    find: findSubscriptions,
  },
  {
    id: 'target.cluster',
    text: 'Which cluster runs the endpoint?',
    noun: 'Cluster',
    help: 'An AKS or an Arc-enabled cluster, by its name in Azure.',
    kind: 'text',
    asked: true,
    check: checkName('a cluster', clusterPattern, 'aks-prod'),
    find: findClusters,
  },
  {
    id: 'target.resourceGroup',
    text: 'Which resource group is the cluster in?',
    noun: 'Resource group',
    help: 'The group of the cluster itself, not the MC_ one of its nodes.',
    kind: 'text',
    asked: true,
    check: checkName('a resource group', groupPattern, 'ml-prod'),
  },
  {
    id: 'target.clusterType',
    text: 'What kind of cluster is it?',
    noun: 'Cluster type',
    help: 'With the wrong one Azure says that there is no such cluster.',
    kind: 'choice',
    choices: clusterTypes,
    asked: true,
    check: checkChoice(clusterTypes),
  },
  ...clusterQuestions,
  {
    id: 'target.extension',
    text: 'What is the Azure ML extension called on the cluster?',
    noun: 'Extension',
    help: 'A cluster has at most one; where there is none yet, it is created under this name.',
    kind: 'text',
    fallback: () => 'azureml',
    asked: true,
    check: checkName('an extension', extensionPattern, 'azureml'),
    find: findExtensions,
  },
  {
    id: 'target.mode',
    text: 'How does the certificate get to the endpoint?',
    noun: 'Mode',
    help: 'Microsoft advises a Secret in the cluster. Files go to Azure as protected settings.',
    kind: 'choice',
    choices: modes,
    fallback: () => 'secret',
    asked: true,
    check: checkChoice(modes),
  },
  {
    id: 'target.serviceType',
    text: 'How is the inference router reached?',
    noun: 'Service type',
    help: 'Only for a new extension: a change later makes endpoints unavailable and moves their address.',
    kind: 'choice',
    choices: serviceTypes,
    fallback: () => 'LoadBalancer',
    asked: false,
    check: checkChoice(serviceTypes),
  },
  yesOrNo(
    'target.internal',
    'Shall the load balancer have an address of the virtual network only?',
    'Internal',
    'Only for a new extension on AKS.',
  ),
  yesOrNo(
    'target.highAvailability',
    'Shall a new extension run three replicas of the router?',
    'Three replicas',
    'It needs three nodes; a rotation loses no request then.',
  ),
  path(
    'target.protectedSettings',
    'Which file holds the other protected settings of the extension?',
    'JSON. Azure replaces all of them when the pair is sent, and never gives them back.',
    pem,
  ),
  path(
    'target.previousChain',
    'Which file holds the certificate that is in place now?',
    'Only for the first run on an extension that has a pair: without it there is no way back.',
    pem,
  ),
  path(
    'target.previousKey',
    'Which file holds the key that is in place now?',
    'With target.previousChain.',
    pem,
  ),
  yesOrNo(
    'target.recreate',
    'May the extension be deleted and created again, where no update leads to what is wanted?',
    'Create again',
    'From stored files to a Secret: endpoints are away for some 30 minutes.',
  ),
  {
    id: 'target.front',
    text: 'At which address do clients reach the endpoint?',
    noun: 'Address',
    help: 'Only where the cluster does not say it: HOST or HOST:PORT of the load balancer before it.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkName('a host', /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/, '10.0.0.7'),
  },
  {
    id: 'target.ingressClass',
    text: 'Which class of Ingress shall serve the endpoint?',
    noun: 'Ingress class',
    help: 'Without it the default class of the cluster.',
    kind: 'text',
    when: [{ id: 'target.mode', is: ['ingress'] }],
    fallback: () => undefined,
    asked: false,
    check: checkName('an Ingress class', extensionPattern, 'nginx'),
  },
  {
    id: 'target.workspace',
    text: 'Which workspace of Azure ML is the online endpoint in?',
    noun: 'Workspace',
    help: 'Only to read the scoring URI; in the same resource group as the cluster.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkName('a workspace', /^[a-zA-Z0-9][-\w]{1,254}$/, 'ml-prod'),
  },
  {
    id: 'target.onlineEndpoint',
    text: 'What is the online endpoint called in Azure ML?',
    noun: 'Online endpoint',
    help: 'Its scoring URI is read and shown, with target.workspace.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkName('an online endpoint', /^[a-zA-Z][-a-zA-Z0-9]{1,31}$/, 'fraud'),
  },
]
