import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startHttpService } from '../support/http-service.ts'
import { answers, createSandbox, ended, type Sandbox } from '../support/sandbox.ts'

interface Line {
  type: string
  id?: string
  argv?: string[]
  pid?: number
}

function journal(box: Sandbox): Line[] {
  const path = join(box.state, 'endpoints/svc-a/journal.ndjson')
  if (!existsSync(path)) return []
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return whole.map(line => JSON.parse(line) as Line)
}

/** Runs the command in a world of its own and lets `when` end it from outside. */
async function killedThenAgain(when: (box: Sandbox, kill: () => void) => Promise<void>) {
  const box = await createSandbox()
  try {
    await startHttpService(box)
    box.file('a.yaml', answers(box))
    const command = ['init', '--answers', 'a.yaml', '--yes']
    const first = box.start(command)
    const end = ended(first)
    await Promise.race([when(box, () => first.kill('SIGKILL')), end])
    await end
    const second = await box.cli(command)
    expect(second.exit, second.stdout + second.stderr).toBe(0)
    const before = box.changes().length
    const third = await box.cli(command)
    expect(third.exit, third.stdout + third.stderr).toBe(0)
    expect(box.changes().length).toBe(before)
    expect(Object.keys(box.double().services)).toEqual(['svc-a'])
    expect(box.double().services['svc-a']).toMatchObject({ tls: true })
  } finally {
    await box.close()
  }
}

/** More lines than a run of this plan writes; those beyond its end are runs that nothing kills. */
const lines = Array.from({ length: 48 }, (_, index) => index + 1)

describe.concurrent('a run that is killed from outside', () => {
  it.each(lines)(
    'after line %i of its journal converges with the next run',
    { timeout: 240_000 },
    async count => {
      await killedThenAgain(async (box, kill) => {
        while (journal(box).length < count) await sleep(3)
        kill()
      })
    },
  )

  const moments = Array.from({ length: 20 }, (_, index) => index)

  it.each(moments)(
    'inside a tool, moment %i of 20, converges with the next run',
    { timeout: 240_000 },
    async index => {
      const tool = ['up', 'down'][index % 2]
      const toolDies = index % 4 >= 2
      // spread over what the double needs for a request, so that each moment is another one
      const delay = (index * 37) % 400
      await killedThenAgain(async (box, kill) => {
        const started = () =>
          journal(box).find(({ type, argv }) => type === 'tool.started' && argv?.[2] === tool)
        while (!started()) await sleep(2)
        await sleep(delay)
        const pid = started()?.pid
        kill()
        if (toolDies && pid) {
          try {
            process.kill(-pid, 'SIGKILL')
          } catch {
            // it had ended by itself
          }
        }
      })
    },
  )
})
