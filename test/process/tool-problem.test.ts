import { describe, expect, it } from 'vitest'
import { Interrupted, Problem } from '../../src/errors.ts'
import type { ToolResult } from '../../src/process/tool.ts'
import { toolProblem } from '../../src/process/tool-problem.ts'

const base: ToolResult = {
  argv: ['sky', 'serve', 'up', "it's"],
  outcome: 'ended',
  stdout: '',
  stderr: '',
  tookMs: 1,
}

function asked(more: Partial<ToolResult>) {
  const found = toolProblem({ ...base, ...more }, 90_000)
  if (!(found instanceof Problem)) throw new Error('an interrupt is no problem')
  return { exit: found.exit, ...found.findings[0] }
}

describe('a tool that did not do its work', () => {
  it.each([
    [{ outcome: 'missing' }, 69, 'tool.sky.missing', 'pip install'],
    [{ outcome: 'not-executable' }, 69, 'tool.sky.not-executable', 'chmod +x'],
    [{ outcome: 'timed-out' }, 124, 'tool.sky.hangs', "sky serve up 'it'\\''s'"],
    [{ outcome: 'killed', signal: 'SIGKILL' }, 75, 'tool.sky.killed', 'same command again'],
    [{ exit: 3 }, 1, 'tool.sky.failed', "sky serve up 'it'\\''s'"],
  ] as const)('%j is exit %i with the next thing to type', (more, exit, id, fix) => {
    const found = asked(more as Partial<ToolResult>)
    expect(found).toMatchObject({ exit, id, severity: 'blocks' })
    expect(found.fix).toContain(fix)
  })

  it('names the limit and the signal', () => {
    expect(asked({ outcome: 'timed-out' }).title).toBe('sky did not end within 90 s.')
    expect(asked({ outcome: 'killed', signal: 'SIGSEGV' }).title).toContain('(SIGSEGV)')
  })

  it('shows the end of what it said, harmless', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n')
    const { evidence } = asked({ exit: 1, stdout: lines, stderr: '\u001b[31mred\u202e\n\u0007' })
    expect(evidence?.split('\n')).toHaveLength(12)
    expect(evidence).toMatch(/^line 19\n[\s\S]*line 29\nred$/)
  })

  it('is the user who stopped where it was aborted', () => {
    expect(toolProblem({ ...base, outcome: 'aborted' }, 1)).toBeInstanceOf(Interrupted)
  })
})
