import type { TargetAbout } from '../target.ts'
import { operatorQuestions } from './questions.ts'

export const aistoreOperatorAbout: TargetAbout = {
  kind: 'aistore-operator',
  title: 'AIStore on Kubernetes',
  questions: operatorQuestions,
  hasOutsideName: false,
  healthPath: '/v1/health',
  tools: ['kubectl', 'curl', 'nslookup'],
  managedBy: ['cert-manager'],
}
