import type { Interrupted } from '../../errors.ts'
import { Problem } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { oneLine, plainText } from '../../process/plain-text.ts'
import { quoteCommand } from '../../process/quote.ts'
import type { ToolResult } from '../../process/tool.ts'
import type { Place } from '../place.ts'
import { kubernetesProblem } from '../problems.ts'
import { helmArgv } from './argv.ts'
import { helmFindings } from './findings.ts'

type Id = keyof typeof helmFindings

/** Words of Helm 3 (cmd/helm, pkg/action) that mean a known problem; first match wins. */
const known: readonly { regex: RegExp; id: Id; exit: ExitCode }[] = [
  {
    regex: /another operation \(install\/upgrade\/rollback\) is in progress/,
    id: 'helm.pending',
    exit: exitCodes.later,
  },
  {
    regex:
      /failed to (download|fetch)|manifest unknown|chart .* not found|path ".*" not found|repo .* not found|failed to (do|perform) request|no such host.*(oci|chart)|improper constraint|Chart\.yaml file is missing/i,
    id: 'helm.chart',
    exit: exitCodes.unavailable,
  },
  {
    regex:
      /execution error at|template: .*executing|parse error|YAML parse|values don't meet|error converting YAML|unable to build kubernetes objects|error unmarshaling|failed to parse/i,
    id: 'helm.values',
    exit: exitCodes.data,
  },
  {
    regex: /error occurred while rolling back/,
    id: 'helm.not-back',
    exit: exitCodes.failed,
  },
  {
    regex: /context deadline exceeded|timed out waiting/,
    id: 'helm.timed-out',
    exit: exitCodes.failed,
  },
]

/** A call of helm that went wrong, as the finding that it means. Only stderr is read. */
export function helmProblem(
  result: ToolResult,
  place: Place,
  release: string,
  limitMs: number,
): Problem | Interrupted {
  const said = plainText(result.stderr)
  const match = result.outcome === 'ended' && known.find(({ regex }) => regex.test(said))
  if (!match) return kubernetesProblem(result, place, limitMs)
  return helmFinding(match.id, match.exit, {
    subject: release,
    evidence: lastLines(said),
    fix: fixes[match.id](place, release),
  })
}

const fixes: Record<Id, (place: Place, release: string) => string> = {
  'helm.pending': (place, release) =>
    `If nobody is at it, repair it: ${quoteCommand(helmArgv(place, 'rollback', release))} (a first installation: ${quoteCommand(helmArgv(place, 'uninstall', release))})`,
  'helm.absent': (place, release) =>
    `See which there are: ${quoteCommand(helmArgv(place, 'list', '--all'))}; it is wanted as ${release}.`,
  'helm.failed': (place, release) =>
    `See why: ${quoteCommand(helmArgv(place, 'history', release))}; the next init or rotate upgrades it again.`,
  'helm.chart': () =>
    'Put chart and version right: target.chart, target.version; see: helm show chart CHART',
  'helm.values': () => 'Put the values right that it names; nothing was changed.',
  'helm.timed-out': (place, release) =>
    `See more: ${quoteCommand(helmArgv(place, 'history', release))}`,
  'helm.not-back': (place, release) =>
    `Put right what the pods say, then run the same command again; see: ${quoteCommand(helmArgv(place, 'history', release))}`,
  'helm.not-honoured': (place, release) =>
    `See them: ${quoteCommand(helmArgv(place, 'get', 'values', release))}`,
}

export function helmFinding(
  id: Id,
  exit: ExitCode,
  occurrence: { subject: string; evidence: string; fix?: string; title?: string; place?: Place },
): Problem {
  const { place, ...rest } = occurrence
  const fix = occurrence.fix ?? (place ? fixes[id](place, occurrence.subject) : '')
  return new Problem(exit, [finding(helmFindings, id, { ...rest, fix })])
}

function lastLines(text: string): string {
  return text.split('\n').map(oneLine).filter(Boolean).slice(-6).join('\n').slice(0, 1500)
}
