import { checkDuration, checkPath } from '../answers/checks.ts'
import type { Check, Question } from '../answers/question.ts'
import { findContexts, findNamespaces } from './contexts.ts'

/** What every target on Kubernetes asks: several targets ask it under the same id, so it is asked once. */
export const clusterQuestions: readonly Question[] = [
  {
    id: 'target.context',
    text: 'Which context of kubectl leads to the cluster?',
    noun: 'Context',
    help: 'Always named: a run never takes the context that is current by then.',
    kind: 'text',
    asked: true,
    check: value => {
      const text = typeof value === 'string' ? value.trim() : ''
      // kubectl would take one with a dash in front for a flag
      return /^[^\s-][^\n\r\0]{0,252}$/.test(text)
        ? { value: text }
        : { wrong: 'This is no name of a context.', fix: 'Write for example aks-prod.' }
    },
    find: findContexts,
  },
  {
    id: 'target.kubeconfig',
    text: 'Which kubeconfig file holds the context?',
    noun: 'Kubeconfig',
    help: 'Without it kubectl looks where it always does: $KUBECONFIG, then ~/.kube/config.',
    kind: 'file',
    fallback: () => undefined,
    asked: false,
    check: checkPath,
  },
]

/**
 * A name as Kubernetes and Helm give it: a label of RFC 1123.
 *
 * @param most characters; a label has 63, a release of Helm 53
 */
export function checkLabel(example: string, most = 63): Check {
  return value => {
    const text = typeof value === 'string' ? value.trim() : ''
    return text.length <= most && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)
      ? { value: text }
      : {
          wrong: `A name here holds small letters, digits and "-", at most ${most} of them.`,
          fix: `Write for example ${example}.`,
        }
  }
}

/** Where all of the target's names lie below the namespace. */
export const namespaceQuestion: Question = {
  id: 'target.namespace',
  text: 'In which namespace?',
  noun: 'Namespace',
  help: 'The names in the certificate hang on it: *.NAMESPACE.svc.cluster.local.',
  kind: 'text',
  asked: true,
  check: checkLabel('ml-serving'),
  find: findNamespaces,
}

export const podsWaitQuestion: Question = {
  id: 'target.wait',
  text: 'How long may the pods take to become ready, or to see a changed Secret?',
  noun: 'Wait',
  help: 'At its limit what was there before comes back.',
  kind: 'duration',
  fallback: () => '10m',
  asked: false,
  check: checkDuration,
}
