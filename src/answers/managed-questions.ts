import { checkChoice } from './checks.ts'
import type { Choice, Condition, Question } from './question.ts'

const notOrdered = {
  reason: 'This version does not order certificates.',
  fix: 'Order one with certbot or lego, then choose uploaded and take its files.',
}

const ways: Choice[] = [
  { value: 'cert-manager', title: 'cert-manager', note: 'an issuer in the cluster signs it' },
  { value: 'acme', title: 'ACME', impossible: notOrdered },
  { value: 'microsoft', title: 'Microsoft', impossible: notOrdered },
]

const issuerKinds: Choice[] = [
  { value: 'ClusterIssuer', title: 'ClusterIssuer', note: 'for all namespaces' },
  { value: 'Issuer', title: 'Issuer', note: 'of the namespace of the endpoint' },
]

const managed: Condition[] = [{ id: 'certificate.source', is: ['managed'] }]

/** What is asked of a certificate that somebody else makes and renews. */
export const managedQuestions: readonly Question[] = [
  {
    id: 'certificate.via',
    text: 'Who makes it, and renews it?',
    noun: 'Managed by',
    help: 'Its key never comes to this machine.',
    kind: 'choice',
    choices: ways,
    when: managed,
    fallback: () => 'cert-manager',
    asked: false,
    check: checkChoice(ways),
  },
  {
    id: 'certificate.issuer',
    text: 'Which issuer of cert-manager signs it?',
    noun: 'Issuer',
    help: 'See which there are: kubectl get clusterissuers,issuers --all-namespaces',
    kind: 'text',
    when: managed,
    asked: true,
    check: value => {
      const text = typeof value === 'string' ? value.trim() : ''
      // RFC 1123, as Kubernetes has it
      return /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text)
        ? { value: text }
        : { wrong: 'This is no name of an issuer.', fix: 'Write for example ca-issuer.' }
    },
  },
  {
    id: 'certificate.issuerKind',
    text: 'Of which kind is the issuer?',
    noun: 'Issuer kind',
    help: 'A ClusterIssuer signs for every namespace.',
    kind: 'choice',
    choices: issuerKinds,
    when: managed,
    fallback: () => 'ClusterIssuer',
    asked: false,
    check: checkChoice(issuerKinds),
  },
]
