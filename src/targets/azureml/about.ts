import type { TargetAbout } from '../target.ts'
import { azuremlQuestions } from './questions.ts'

export const azuremlAbout: TargetAbout = {
  kind: 'azureml',
  title: 'Azure ML endpoint on AKS or Arc',
  questions: azuremlQuestions,
  hasOutsideName: true,
  tools: ['az', 'kubectl', 'curl', 'nslookup'],
}
