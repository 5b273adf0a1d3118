import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answers, createSandbox, ended, type Sandbox } from '../support/sandbox.ts'

let box: Sandbox

beforeEach(async () => {
  box = await createSandbox()
})

afterEach(() => box.close())

const init = () => box.cli(['init', '--answers', 'a.yaml', '--yes'])

describe('other answers after a run that failed', () => {
  it('are simply run where it had only looked', async () => {
    box.file('a.yaml', answers(box))
    box.setDouble(state => {
      state.version = '0.9.0'
    })
    expect(await init()).toMatchObject({ exit: 69 })
    box.setDouble(state => {
      delete state.version
    })
    box.file('a.yaml', answers(box, { certificate: '{source: self-signed, authority: none}' }))
    const run = await init()
    expect(run.exit, run.stderr).toBe(0)
  })

  it('are not run where it has touched the target: that one is finished first', async () => {
    box.file('a.yaml', answers(box))
    const killed = box.start(['init', '--answers', 'a.yaml', '--yes'])
    const gone = ended(killed)
    await vi.waitFor(() => expect(box.changes()).not.toEqual([]), { timeout: 30_000 })
    killed.kill('SIGKILL')
    await gone
    box.file('a.yaml', answers(box, { certificate: '{source: self-signed, authority: none}' }))
    const refused = await init()
    expect(refused.stderr).toContain('init --resume svc-a')
    expect(refused.exit).toBe(75)
    expect(await box.cli(['init', '--resume', 'svc-a'])).toMatchObject({ exit: 0 })
  })
})
