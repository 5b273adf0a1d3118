import { describe, expect, it } from 'vitest'
import { flowOf } from '../../support/feldera-flow.ts'

/** A rotation, and how many of its calls match. */
async function rotated() {
  const flow = await flowOf()
  await flow.run('enable')
  const before = flow.words().length
  const run = await flow.run('rotate')
  const words = flow.words().slice(before)
  return { run, count: (of: RegExp) => words.filter(each => of.test(each)).length }
}

describe('a rotation', () => {
  it('asks once what several steps and the plan must know', async () => {
    const { run, count } = await rotated()
    expect(run.outcome).toBe('done')
    expect(count(/^kubectl .*version -o json/)).toBe(1)
    expect(count(/SelfSubjectAccessReview|create --validate=false -f - -o json/)).toBe(1)
    expect(count(/^helm version/)).toBe(1)
    expect(count(/^helm show chart/)).toBe(1)
    // for the plan, and under the Lease: the upgrade itself says what has become of it
    expect(count(/^helm .* get all /)).toBe(2)
    expect(count(/ get events /)).toBe(0)
  })

  it('says what each check has seen, asked now or a moment ago', async () => {
    const { run } = await rotated()
    const seen = run.events.flatMap(event =>
      event.type === 'step.done' ? [[event.id, event.seen]] : [],
    )
    expect(Object.fromEntries(seen)).toMatchObject({
      'check.cluster': 'v1.34.1',
      'check.helm': 'v3.19.5',
      'check.chart': expect.stringContaining('version: 0.337.0'),
      'check.release': expect.stringContaining('deployed'),
    })
  })

  it('looks under the Lease whether the release is pending, however recently the plan did', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    let held = false
    flow.breakTool(({ argv, stdin }) => {
      held ||= stdin?.includes('"Lease"') === true
      const isLook = argv[0] === 'helm' && argv.includes('get')
      const pending = {
        status: 'pending-upgrade',
        revision: 9,
        chart: 'feldera-chart',
        version: '0.337.0',
        values: { httpsSecretRef: 'x' },
      }
      return held && isLook ? { stdout: JSON.stringify(pending) } : undefined
    })
    const run = await flow.run('rotate')
    expect(run.exit).toBe(75)
    expect(run.problem?.findings[0]?.id).toBe('helm.pending')
    expect(run.acted.some(id => id.startsWith('change.'))).toBe(false)
    expect(await flow.pipelineRuns()).toBe(true)
  })
})
