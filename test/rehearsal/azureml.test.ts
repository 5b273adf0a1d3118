import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { stageFaults } from '../../src/rehearsal/faults.ts'
import { azuremlFlow, usualAnswers } from '../support/azureml-flow.ts'
import { createSandbox } from '../support/sandbox.ts'

const example = (name: string) =>
  fileURLToPath(new URL(`../../examples/${name}.yaml`, import.meta.url))

describe('a rehearsal of Azure ML', () => {
  it.each(['azureml-aks-secret', 'azureml-aks-pem', 'azureml-arc'])(
    'of examples/%s.yaml passes, and calls neither az nor kubectl',
    async name => {
      const box = await createSandbox()
      try {
        const env = { PATH: '/usr/bin:/bin' }
        const run = await box.cli(['init', '--rehearse', '--answers', example(name)], { env })
        expect(run.exit, run.stdout + run.stderr).toBe(0)
        expect(run.stdout).toContain('proven in the rehearsal')
      } finally {
        await box.close()
      }
    },
  )

  it.each(['leaf', 'chain', 'name', 'plain-http', 'tls11'] as const)(
    'with %s broken fails in that probe alone, and goes back to HTTP',
    async fault => {
      const flow = await azuremlFlow(usualAnswers('  mode: secret'), fault)
      const { exit, events, outcome } = await flow.go('enable')
      await flow.close()
      expect([exit, outcome]).toEqual([1, 'rolled-back'])
      const failed = events.flatMap(each =>
        each.type === 'proof' && each.state === 'fail' ? [each.id] : [],
      )
      expect(failed).toEqual([stageFaults[fault]])
    },
  )
})
