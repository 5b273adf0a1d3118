import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startTime, stillRuns } from '../../src/process/start-time.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { waitForOutlived } from '../../src/road/outlived.ts'
import { fakeWorld } from '../support/play.ts'
import { createScratch, until } from '../support/scratch.ts'

describe('a tool that outlived a killed run', () => {
  it('is ended where it never ends by itself: a port-forward, a watch', async () => {
    const { folder } = createScratch(onTestFinished)
    const paths = recordPaths(folder, 'prod')
    mkdirSync(paths.folder, { recursive: true })
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    const pid = await until(() => child.pid)
    const start = startTime(pid) ?? ''
    const line = { schema: 'secure-endpoint/journal@1', time: '', run: 'r', type: 'tool.started' }
    writeFileSync(paths.journal, `${JSON.stringify({ ...line, pid, start, lasting: true })}\n`)
    const { clock } = fakeWorld()
    const sleep = () => new Promise<void>(resolve => setTimeout(resolve, 10))
    await waitForOutlived(paths, { clock: { ...clock, sleep } }, new AbortController().signal)
    expect(stillRuns(pid, start)).toBe(false)
  })
})
