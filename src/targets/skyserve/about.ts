import type { TargetAbout } from '../target.ts'
import { skyserveQuestions } from './questions.ts'

export const skyserveAbout: TargetAbout = {
  kind: 'skyserve',
  title: 'SkyServe service',
  questions: skyserveQuestions,
  hasOutsideName: true,
  tools: ['sky', 'curl', 'nslookup'],
}
