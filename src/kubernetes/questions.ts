import { checkPath } from '../answers/checks.ts'
import type { Question } from '../answers/question.ts'
import { findContexts } from './contexts.ts'

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
