import type { Question } from '../../answers/question.ts'
import {
  checkLabel,
  clusterQuestions,
  namespaceQuestion,
  podsWaitQuestion,
} from '../../kubernetes/questions.ts'
import { tokenQuestion } from '../aistore/token.ts'

export const operatorQuestions: readonly Question[] = [
  ...clusterQuestions,
  namespaceQuestion,
  {
    id: 'target.resource',
    text: 'Which AIStore resource does the operator run?',
    noun: 'Resource',
    help: 'See which there are: kubectl get aistores.ais.nvidia.com --all-namespaces',
    kind: 'text',
    fallback: () => 'ais',
    asked: true,
    check: checkLabel('ais'),
  },
  {
    id: 'target.secret',
    text: 'Which Secret shall its pods mount?',
    noun: 'Secret',
    help: 'spec.tls.secretName; a rotation changes its content, so that no pod restarts.',
    kind: 'text',
    fallback: () => 'ais-tls',
    asked: false,
    check: checkLabel('ais-tls'),
  },
  podsWaitQuestion,
  tokenQuestion,
]
