import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Io } from '../../src/commands/io.ts'
import { resume } from '../../src/commands/resume.ts'
import { unicodeGlyphs } from '../../src/front/words/glyphs.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { readUnfinished } from '../../src/road/unfinished.ts'
import { type FelderaFlow, flowOf, text } from '../support/feldera-flow.ts'
import { startPty } from '../support/pty.ts'

const typed = 'apikey:typed-in-the-first-run'
const bin = new URL('../../bin/secure-endpoint.cjs', import.meta.url).pathname

/** A run whose API key was typed, stopped in the middle; Feldera wants that key at each call. */
async function stopped(): Promise<FelderaFlow> {
  const flow = await flowOf()
  flow.breakApi(({ headers = {} }) =>
    headers.authorization === `Bearer ${typed}`
      ? undefined
      : { status: 401, body: '{"message":"no valid API key"}' },
  )
  const run = await flow.run('enable', {
    abortAt: 'change.release',
    typed: { 'target.apiKey': typed },
  })
  expect(run.outcome).toBe('interrupted')
  return flow
}

/** Nobody at a terminal; what is printed is kept. */
function alone({ world }: FelderaFlow) {
  const printed: string[] = []
  const stream = { write: (said: string) => printed.push(said) } as unknown as NodeJS.WriteStream
  const io: Io = {
    world,
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
    glyphs: unicodeGlyphs,
    colour: { out: false, err: false },
    signal: new AbortController().signal,
    stop: () => {},
    meet: 'none',
  }
  return { io, printed: () => printed.join('') }
}

function put({ folder }: FelderaFlow, name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content, { mode: 0o600 })
  return path
}

describe('a run that is taken up after a secret was typed', () => {
  it('names what is missing where nobody can be asked, and changes nothing', async () => {
    const flow = await stopped()
    const before = flow.words().length
    for (const json of [false, true]) {
      const { io } = alone(flow)
      await expect(resume('prod', { json }, io)).rejects.toMatchObject({
        exit: 2,
        findings: [
          {
            id: 'answers.secret-missing',
            subject: 'target.apiKey',
            title: 'The API key that was typed when this run of prod began is needed again.',
            fix: expect.stringContaining('init --resume prod --answers FILE'),
          },
        ],
      })
    }
    expect(flow.words()).toHaveLength(before)
  })

  it('goes on with the secrets of an answers file', async () => {
    const flow = await stopped()
    const { world } = flow
    put(flow, 'key', `${typed}\n`)
    const answers = put(flow, 'b.yaml', text('  apiKey: {file: ./key}'))
    const { io, printed } = alone(flow)
    expect(await resume('prod', { answers }, io), printed()).toBe(0)
    expect(await readUnfinished(recordPaths(world.stateFolder, 'prod'))).toBeUndefined()
    expect(printed() + flow.journal() + flow.words().join()).not.toContain(typed)
  })

  it('takes none from the answers of another endpoint', async () => {
    const flow = await stopped()
    const answers = put(flow, 'b.yaml', text().replace('prod', 'other'))
    await expect(resume('prod', { answers }, alone(flow).io)).rejects.toMatchObject({
      exit: 2,
      message: `${answers} is for other (feldera), not for prod (feldera).`,
    })
  })

  it.each([
    ['drawn by Ink', ['init', '--resume', 'prod'], 'Which API key of Feldera?', '✖'],
    ['asked line by line', ['init', '--resume', 'prod', '--plain'], 'API key, hidden:', 'exit'],
  ])('is asked for it at a terminal, hidden, %s', async (_how, args, question, after) => {
    const flow = await stopped()
    const state = join(flow.folder, 'pty-state')
    cpSync(flow.world.stateFolder, join(state, 'secure-endpoint'), { recursive: true })
    // no tool is there: what is typed is taken, and the run ends at its first check
    const env = { XDG_STATE_HOME: state, HOME: flow.folder, PATH: flow.folder }
    const pty = startPty(process.execPath, [bin, ...args], { cwd: flow.folder, env })
    await pty.waitFor(question)
    pty.type(`${typed}\r`)
    await pty.waitFor(after)
    pty.press('ctrlC')
    await pty.ended
    expect(pty.written()).not.toContain(typed)
    expect(pty.written()).not.toContain('is needed again')
  })
})
