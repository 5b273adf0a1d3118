import { afterEach, describe, expect, it } from 'vitest'
import type { ToolResult } from '../../../src/process/tool.ts'
import { azWords } from '../../support/azure.ts'
import { azuremlFlow, type Between, type Flow, usualAnswers } from '../../support/azureml-flow.ts'

let flow: Flow

afterEach(() => flow.close())

/** az says these words to the first so many changes; then the stage answers. */
function failing(words: string, times = 1, done = false): Between {
  let left = times
  return async (said, stage) => {
    if (!/^az k8s-extension (update|create)/.test(said) || left === 0) return stage()
    left -= 1
    if (done) await stage()
    const result: ToolResult = {
      argv: said.split(' ') as [string],
      outcome: 'ended',
      exit: 1,
      stdout: '',
      stderr: words,
      tookMs: 0,
    }
    return result
  }
}

it('in ingress mode is enabled, rotated, brought back and disabled, each proven', async () => {
  flow = await azuremlFlow(usualAnswers('  mode: ingress\n  ingressClass: nginx'))
  expect(await flow.go('enable')).toMatchObject({ exit: 0, failed: [] })
  expect(flow.changes()).toEqual([])
  const first = flow.leaf()
  expect(await flow.go('rotate')).toMatchObject({ exit: 0, failed: [] })
  expect(flow.leaf()).not.toBe(first)
  expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ exit: 0, failed: [] })
  expect(flow.leaf()).toBe(first)
  expect(await flow.go('disable')).toMatchObject({ exit: 0, failed: [] })
})

it('a pair of somebody else is refused, or adopted and brought back as generation 0', async () => {
  flow = await azuremlFlow(usualAnswers('  mode: secret'))
  await flow.go('enable')
  const theirs = flow.leaf()
  flow.forget()
  await expect(flow.go('enable')).rejects.toMatchObject({
    exit: 65,
    findings: [{ id: 'azureml.foreign-pair' }],
  })
  flow.answer(usualAnswers('  mode: secret\n  onConflict: rename'))
  await expect(flow.go('enable')).rejects.toMatchObject({
    exit: 65,
    findings: [
      {
        id: 'azureml.foreign-pair',
        fix: expect.stringMatching(/^An extension has one certificate.*onConflict: adopt/),
      },
    ],
  })
  flow.answer(usualAnswers('  mode: secret\n  onConflict: adopt'))
  expect(await flow.go('enable')).toMatchObject({ exit: 0, failed: [] })
  expect(flow.leaf()).not.toBe(theirs)
  expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ exit: 0, failed: [] })
  expect(flow.leaf()).toBe(theirs)
})

it('stored files give way to a Secret only where the extension may be made anew', async () => {
  flow = await azuremlFlow(usualAnswers('  mode: pem'))
  await flow.go('enable')
  flow.answer(usualAnswers('  mode: secret'))
  await expect(flow.go('rotate')).rejects.toMatchObject({
    exit: 65,
    findings: [{ id: 'azureml.pem-wins' }],
  })
  flow.answer(usualAnswers('  mode: secret\n  recreate: "yes"'))
  expect(await flow.go('rotate')).toMatchObject({ exit: 0, failed: [] })
  expect(
    flow
      .changes()
      .slice(-2)
      .map(words => words.split(' ')[2]),
  ).toEqual(['delete', 'create'])
})

it('a change to stored files of which no pair is known says that there is no way back', async () => {
  flow = await azuremlFlow(usualAnswers('  mode: pem'))
  await flow.go('enable')
  flow.forget()
  flow.answer(usualAnswers('  mode: pem\n  onConflict: adopt'))
  const went = await flow.go('rotate', { between: failing(azWords.healthcheck) })
  expect(went).toMatchObject({ exit: 1, outcome: 'failed' })
  expect(went.events).toContainEqual(
    expect.objectContaining({
      type: 'step.started',
      id: 'change.extension',
      price: expect.objectContaining({ text: expect.stringContaining('no way back') }),
    }),
  )
})

describe('from a Secret to stored files, which no update takes away again', () => {
  const recorded = async () => {
    flow = await azuremlFlow(usualAnswers('  mode: secret'))
    await flow.go('enable')
    flow.answer(usualAnswers('  mode: pem'))
  }
  const found = async () => {
    flow = await azuremlFlow(usualAnswers('  mode: secret'))
    await flow.go('enable')
    flow.forget()
    flow.answer(usualAnswers('  mode: pem\n  onConflict: adopt'))
  }
  const lastChange = () => flow.changes().at(-1) ?? ''

  it.each([
    ['ours', recorded],
    ['one that is adopted', found],
  ])('a failed change serves the pair of before again, from files: %s', async (_what, begin) => {
    await begin()
    const between = failing(azWords.healthcheck, 1, true)
    const went = await flow.go('rotate', { between })
    expect(went).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect(went.events).toContainEqual(
      expect.objectContaining({
        type: 'step.started',
        id: 'change.extension',
        price: expect.objectContaining({
          text: expect.stringMatching(/pair of the Secret as files, too; .*target\.recreate: yes/),
        }),
      }),
    )
    expect(lastChange()).toMatch(/ update .*--config-protected sslCertPemFile=chain\.pem/)
    expect(went.events).toContainEqual(
      expect.objectContaining({ type: 'proof', step: 'undo.proof', id: 'tls.leaf', state: 'pass' }),
    )
    flow.answer(usualAnswers('  mode: secret\n  onConflict: adopt'))
    await expect(flow.go('rotate')).rejects.toMatchObject({
      exit: 65,
      findings: [{ id: 'azureml.pem-wins' }],
    })
  })

  it('nothing is sent where the extension still points at its Secret', async () => {
    await recorded()
    const before = flow.changes().length
    const went = await flow.go('rotate', { between: failing(azWords.healthcheck) })
    expect(went).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect(flow.changes()).toHaveLength(before + 1)
    flow.answer(usualAnswers('  mode: secret'))
    expect(await flow.go('rotate')).toMatchObject({ exit: 0, failed: [] })
  })

  it('says beforehand that there is no way back but another extension, where the Secret is gone', async () => {
    await found()
    const [, secret] = /sslSecret=(\S+)/.exec(lastChange()) ?? []
    await flow.kubectl(['delete', 'secrets', `--field-selector=metadata.name=${secret}`])
    const went = await flow.go('rotate', { between: failing(azWords.healthcheck, 9) })
    expect(went).toMatchObject({ exit: 1, outcome: 'failed' })
    expect(went.events).toContainEqual(
      expect.objectContaining({
        type: 'step.started',
        id: 'change.extension',
        price: expect.objectContaining({
          text: expect.stringContaining('there is no way back but deleting the extension'),
        }),
      }),
    )
    expect(went.events).toContainEqual(
      expect.objectContaining({ type: 'finding', id: 'azureml.no-way-back' }),
    )
  })
})

it('a disable says beforehand and at the end that Azure keeps a stored pair, and how it goes', async () => {
  flow = await azuremlFlow(usualAnswers('  mode: pem'))
  await flow.go('enable')
  const { events } = await flow.go('disable')
  const command = 'az k8s-extension delete -n azureml'
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'step.started',
      id: 'change.extension',
      price: expect.objectContaining({ text: expect.stringContaining(command) }),
    }),
  )
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'finding',
      id: 'azureml.pair-stays',
      fix: expect.stringContaining(command),
    }),
  )
  flow.answer(usualAnswers('  mode: secret\n  recreate: "yes"'))
  await flow.go('enable')
  const later = (await flow.go('disable')).events
  expect(later.filter(({ type }) => type === 'finding')).toEqual([])
})

describe.each(['secret', 'pem'])('an Azure ML endpoint in %s mode', mode => {
  const answers = usualAnswers(`  mode: ${mode}`)

  it('is enabled, rotated, brought back and disabled, each proven', async () => {
    flow = await azuremlFlow(answers)
    expect(await flow.go('enable')).toMatchObject({ exit: 0, failed: [] })
    const first = flow.leaf()
    const done = flow.changes().length
    expect(await flow.go('enable')).toMatchObject({ exit: 0, failed: [] })
    expect(flow.changes()).toHaveLength(done)
    expect(await flow.go('rotate')).toMatchObject({ exit: 0 })
    expect(flow.leaf()).not.toBe(first)
    expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ exit: 0, failed: [] })
    expect(flow.leaf()).toBe(first)
    expect(await flow.go('disable')).toMatchObject({ exit: 0, failed: [] })
    expect(await flow.go('enable')).toMatchObject({ exit: 0, failed: [] })
    expect(flow.changes().at(-1)).toContain('allowInsecureConnections=False')
  })

  it('goes back to what was where the health check refuses the change', async () => {
    flow = await azuremlFlow(answers)
    await flow.go('enable')
    const before = flow.leaf()
    const went = await flow.go('rotate', { between: failing(azWords.healthcheck) })
    expect(went).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect(went.failed).toContain('azure.operation-failed')
    expect(flow.leaf()).toBe(before)
    const proven = went.events.filter(({ type }) => type === 'proof')
    expect(proven).toContainEqual(expect.objectContaining({ id: 'tls.leaf', state: 'pass' }))
  })

  it.each([
    ['403', 77],
    ['429', 75],
    ['500', 75],
  ] as const)('takes nothing back where Azure refuses with %s', async (words, exit) => {
    flow = await azuremlFlow(answers)
    await flow.go('enable')
    const said = azWords[words as never] as string
    const went = await flow.go('rotate', { between: failing(said, 9) })
    expect(went).toMatchObject({ exit, outcome: 'failed' })
    expect(went.events.some(({ type }) => type === 'step.undone')).toBe(false)
    expect(await flow.go('rotate')).toMatchObject({ exit: 0, failed: [] })
  })

  it.each(['409', 'drop'])(
    'sends a rotation again where Azure did not take it: %s',
    async words => {
      flow = await azuremlFlow(answers)
      await flow.go('enable')
      const before = flow.leaf()
      const between = failing(azWords[words as never])
      expect(await flow.go('rotate', { between })).toMatchObject({ exit: 0, failed: [] })
      expect(flow.leaf()).not.toBe(before)
    },
  )

  it('goes on where the answer was lost after the work was done', async () => {
    flow = await azuremlFlow(answers)
    const went = await flow.go('enable', { between: failing(azWords.drop, 1, true) })
    expect(went).toMatchObject({ exit: 0, failed: [] })
    expect(flow.changes()).toHaveLength(1)
  })
})
