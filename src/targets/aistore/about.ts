import type { TargetAbout } from '../target.ts'
import { aistoreQuestions } from './questions.ts'

export const aistoreAbout: TargetAbout = {
  kind: 'aistore',
  title: 'AIStore cluster',
  questions: aistoreQuestions,
  hasOutsideName: true,
  // `/` is the S3 API of a gateway and answers 400
  healthPath: '/v1/health',
  tools: ['curl', 'nslookup'],
}
