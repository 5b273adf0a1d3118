import type { TargetAbout } from '../target.ts'
import { felderaQuestions } from './questions.ts'

export const felderaAbout: TargetAbout = {
  kind: 'feldera',
  title: 'Feldera on Kubernetes',
  questions: felderaQuestions,
  hasOutsideName: false,
  tools: ['kubectl', 'helm', 'curl', 'nslookup'],
}
