import { Problem } from '../../errors.ts'
import type { ExitCode } from '../../exit-codes.ts'
import { type Finding, finding } from '../../findings.ts'
import { oneLine } from '../../process/plain-text.ts'
import { toolProblem } from '../../process/tool-problem.ts'
import type { World } from '../../world.ts'
import type { AistoreAnswers } from './answers.ts'
import { aistoreFindings } from './findings.ts'

/** Milliseconds for one call that asks nobody else. */
const limitMs = 10_000
/** The version whose words and keys are known: that beside AIS 5.0, used with 4.9 as well (facts/aistore.md §2.1). */
const known = '1.32'

/**
 * Whether the settings of `ais` can follow, where they shall: without it a run would end after the
 * cluster was switched. Nothing where nobody asked for that.
 */
export async function discoverCli(
  { cli }: Pick<AistoreAnswers, 'cli'>,
  { run }: Pick<World, 'run'>,
): Promise<{ findings: Finding[]; exit?: ExitCode }> {
  if (cli !== 'set') return { findings: [] }
  const result = await run({ argv: ['ais', 'version'], limitMs })
  if (result.outcome !== 'ended') {
    const problem = toolProblem(result, limitMs)
    if (!(problem instanceof Problem)) throw problem
    const leave = 'or leave its settings to those who use it: target.cli: shown'
    const findings = problem.findings.map(each => ({ ...each, fix: `${each.fix}, ${leave}` }))
    return { findings, exit: problem.exit }
  }
  const [, version] = /\b(\d+\.\d+)\b/.exec(result.stdout) ?? []
  if (version === known) return { findings: [] }
  const evidence = oneLine(result.stdout || result.stderr).slice(0, 120)
  return {
    findings: [
      finding(aistoreFindings, 'aistore.cli-version', {
        subject: 'ais',
        evidence: evidence === '' ? `exit ${result.exit}, no version` : evidence,
        fix: `See that it knows them: ais config cli show; get ${known} from https://github.com/NVIDIA/aistore/releases; or write target.cli: shown`,
      }),
    ],
  }
}
