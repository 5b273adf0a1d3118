import { checkDuration } from '../../answers/checks.ts'
import type { Check, Question } from '../../answers/question.ts'
import { findNamespaces } from '../../kubernetes/contexts.ts'
import { clusterQuestions } from '../../kubernetes/questions.ts'

/** RFC 1123, as Kubernetes names things. */
function checkName(example: string): Check {
  return value => {
    const text = typeof value === 'string' ? value.trim() : ''
    return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)
      ? { value: text }
      : {
          wrong: 'A name here holds small letters, digits and "-", at most 63 of them.',
          fix: `Write for example ${example}.`,
        }
  }
}

export const operatorQuestions: readonly Question[] = [
  ...clusterQuestions,
  {
    id: 'target.namespace',
    text: 'In which namespace?',
    noun: 'Namespace',
    help: 'The names in the certificate hang on it: *.NAMESPACE.svc.cluster.local.',
    kind: 'text',
    asked: true,
    check: checkName('ais'),
    find: findNamespaces,
  },
  {
    id: 'target.resource',
    text: 'Which AIStore resource does the operator run?',
    noun: 'Resource',
    help: 'See which there are: kubectl get aistores.ais.nvidia.com --all-namespaces',
    kind: 'text',
    fallback: () => 'ais',
    asked: true,
    check: checkName('ais'),
  },
  {
    id: 'target.secret',
    text: 'Which Secret shall its pods mount?',
    noun: 'Secret',
    help: 'spec.tls.secretName; a rotation changes its content, so that no pod restarts.',
    kind: 'text',
    fallback: () => 'ais-tls',
    asked: false,
    check: checkName('ais-tls'),
  },
  {
    id: 'target.wait',
    text: 'How long may pods take to start, or to see a changed Secret?',
    noun: 'Wait',
    help: 'At its limit the run goes back to what was there before.',
    kind: 'duration',
    fallback: () => '10m',
    asked: false,
    check: checkDuration,
  },
]
