import type { Answers } from '../answers/answers.ts'
import type { Input, Step, Text } from '../plan/plan.ts'
import type { ClientSetup } from './target.ts'

/** What a target says of its endpoint once *served* has passed. */
export interface Served {
  https: boolean
  /** Where clients reach it. */
  url: Text
  addresses: Text[]
  /** What the target needs to find it again. */
  live: Record<string, Text>
  clients: ClientSetup<Text>[]
}

/** The step that records what is proven; `current` moves to the new generation in it. */
export function recordStep({ endpoint, domain, target }: Answers, served: Served): Step {
  const { https, url, addresses, live } = served
  const clients = served.clients.map(each => ({ ...each })) as unknown as Input
  return {
    id: 'serve.record',
    phase: 'serve',
    title: 'Record what is served',
    act: {
      do: 'op:record.served',
      input: { name: endpoint, target: target.kind, domain, https, url, addresses, live, clients },
      limit: '1m',
    },
    needs: ['serve.proof'],
    onFail: 'stop',
  }
}

/** Takes the record away where a run leaves nothing of the endpoint's own to be served. */
export const removeRecordStep: Step = {
  id: 'serve.record',
  phase: 'serve',
  title: 'Record that nothing of its own is served',
  act: { do: 'op:record.removed', input: {}, limit: '1m' },
  needs: ['serve.proof'],
  onFail: 'stop',
}
