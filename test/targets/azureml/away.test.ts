import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/plan/events.ts'
import { azuremlFlow, type Between, usualAnswers } from '../../support/azureml-flow.ts'

const refused =
  'The connection to the server aks1:443 was refused - did you specify the right host or port?'

/** The API server goes away when a step begins, and does not come back in this run. */
function awayFrom(step: string): { between: Between; onEvent: (event: Event) => void } {
  let isAway = false
  return {
    onEvent(event) {
      if (event.type === 'step.started' && event.id === step) isAway = true
    },
    between: async (_words, stage, { argv }) =>
      isAway && argv[0] === 'kubectl'
        ? { argv, outcome: 'ended', exit: 1, stdout: '', stderr: refused, tookMs: 0 }
        : stage(),
  }
}

describe.concurrent('an API server that goes away under a run of Azure ML', () => {
  it.for([
    ['secret', 'change.secret'],
    ['secret', 'serve.rollout'],
    ['pem', 'serve.pods'],
    ['ingress', 'change.ingress'],
    ['ingress', 'serve.address'],
  ] as const)(
    'in %s mode at %s ends it with 75, takes nothing back, and the next run goes on',
    async ([mode, step], { onTestFinished }) => {
      const flow = await azuremlFlow(usualAnswers(`  mode: ${mode}`))
      onTestFinished(() => flow.close())
      const went = await flow.go('enable', awayFrom(step))
      expect(went).toMatchObject({
        exit: 75,
        outcome: 'failed',
        failed: [step, 'kube.unreachable'],
      })
      const ids = went.events.flatMap(event => ('id' in event ? [event.id] : []))
      expect(ids.filter(id => id.startsWith('undo.'))).toEqual([])
      expect(await flow.resume()).toMatchObject({ exit: 0, outcome: 'done', failed: [] })
      expect(await flow.status()).toMatchObject({ alerts: [] })
    },
  )

  it('under a disable, too', async ({ onTestFinished }) => {
    const flow = await azuremlFlow(usualAnswers('  mode: secret'))
    onTestFinished(() => flow.close())
    await flow.go('enable')
    const went = await flow.go('disable', awayFrom('serve.rollout'))
    expect(went).toMatchObject({ exit: 75, outcome: 'failed' })
    expect(await flow.resume()).toMatchObject({ exit: 0, outcome: 'done', failed: [] })
    expect((await flow.status()).alerts).toEqual(['plain-http'])
  })
})
