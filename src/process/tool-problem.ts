import { formatLimit } from '../duration.ts'
import { Interrupted, Problem } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type FindingTable, finding } from '../findings.ts'
import { plainText } from './plain-text.ts'
import { quoteCommand } from './quote.ts'
import type { ToolResult } from './tool.ts'
import { toolInfo } from './tools.ts'

export const toolFindings = {
  'tool.missing': {
    severity: 'blocks',
    title: 'A tool is not installed, or not on PATH.',
    why: 'Nothing can be done with the target without it.',
  },
  'tool.not-executable': {
    severity: 'blocks',
    title: 'A tool is there, but it cannot be started.',
    why: 'Nothing can be done with the target without it.',
  },
  'tool.too-old': {
    severity: 'blocks',
    title: 'A tool is too old.',
    why: 'It does not know what the plan needs of it.',
  },
  'tool.hangs': {
    severity: 'blocks',
    title: 'A tool did not end in time.',
    why: 'It was ended with all of its children; what it had begun may go on at the target.',
  },
  'tool.killed': {
    severity: 'blocks',
    title: 'A tool was ended from outside.',
    why: 'What it had begun may go on at the target.',
  },
  'tool.failed': {
    severity: 'blocks',
    title: 'A tool failed.',
    why: 'The step is not done.',
  },
  'tool.rubbish': {
    severity: 'blocks',
    title: 'A tool answered something that cannot be understood.',
    why: 'Guessing what it means could change the wrong thing.',
  },
  'tool.login': {
    severity: 'blocks',
    title: 'A login is missing or has run out.',
    why: 'The target answers only those who are logged in.',
  },
  'tool.forbidden': {
    severity: 'blocks',
    title: 'A permission is missing.',
    why: 'The target refuses this to the user who is logged in.',
  },
} as const satisfies FindingTable

type Id = keyof typeof toolFindings

/** How a run of a tool that is no success becomes a problem with the next command to type. */
export function toolProblem(result: ToolResult, limitMs: number): Problem | Interrupted {
  const name = result.argv[0] ?? ''
  const { get } = toolInfo(name)
  const command = quoteCommand(result.argv)
  switch (result.outcome) {
    case 'missing':
      return missingTool(name)
    case 'not-executable':
      return toolFinding(
        exitCodes.unavailable,
        'tool.not-executable',
        name,
        `${name} is there, but it cannot be started.`,
        'no permission to execute',
        `Type: chmod +x "$(command -v ${name})", or: ${get}`,
      )
    case 'timed-out':
      return toolFinding(
        exitCodes.waited,
        'tool.hangs',
        name,
        `${name} did not end within ${formatLimit(limitMs)}.`,
        tail(result),
        `See what it does: ${command}`,
      )
    case 'killed':
      return toolFinding(
        exitCodes.later,
        'tool.killed',
        name,
        `${name} was ended from outside (${result.signal}).`,
        tail(result),
        'Run the same command again: it looks first what is done already.',
      )
    case 'aborted':
      return new Interrupted()
    default:
      return toolFinding(
        exitCodes.failed,
        'tool.failed',
        name,
        `${name} failed with exit ${result.exit}.`,
        tail(result),
        `See it yourself: ${command}`,
      )
  }
}

/** A tool that is not there. */
export function missingTool(name: string): Problem {
  return toolFinding(
    exitCodes.unavailable,
    'tool.missing',
    name,
    `${name} is not installed, or not on PATH.`,
    `no ${name} on PATH`,
    `Type: ${toolInfo(name).get}`,
  )
}

/** A problem with a tool. The id names the tool: `tool.missing` becomes `tool.sky.missing`. */
export function toolFinding(
  exit: ExitCode,
  id: Id,
  name: string,
  title: string,
  evidence: string,
  fix: string,
): Problem {
  const occurrence = { title, subject: name, evidence, fix }
  const found = finding(toolFindings, id, occurrence)
  return new Problem(exit, [{ ...found, id: id.replace('tool.', `tool.${name}.`) }])
}

/** The last lines that a tool wrote, safe for a terminal. */
export function tail(result: Pick<ToolResult, 'stdout' | 'stderr'>, lines = 12): string {
  return plainText(`${result.stdout}\n${result.stderr}`)
    .split('\n')
    .filter(line => line.trim() !== '')
    .slice(-lines)
    .join('\n')
}
