import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, type TestContext } from 'vitest'

/** A folder for files that tools of this machine read and write; it goes with the test file. */
export function toolFolder(files: Record<string, string | Buffer> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'formats-'))
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
  }
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const run = (words: string) => {
    const [tool = '', ...args] = words.split(' ')
    return runWith(tool, args)
  }
  const runWith = (tool: string, args: readonly string[]) => {
    const ended = spawnSync(tool, args, { cwd: folder, encoding: 'utf8', input: '' })
    return { status: ended.status, said: `${ended.stdout}${ended.stderr}`, stdout: ended.stdout }
  }
  return {
    folder,
    runWith,
    write: (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content),
    read: (name: string) => readFileSync(join(folder, name)),
    /** Runs a tool that must be there and succeed; skips the test where it is not, or cannot do this. */
    need(context: TestContext, words: string): string {
      const { status, said, stdout } = run(words)
      if (status !== 0) {
        const [tool] = words.split(' ')
        context.skip(`${tool} is not here or cannot do this: ${said.trim().split('\n').at(-1)}`)
      }
      return stdout
    },
  }
}
