import type { Answers } from '../../answers/answers.ts'
import { recentlyMissing } from '../../kubernetes/access.ts'
import { kubectl, tryKubectl } from '../../kubernetes/kubectl.ts'
import type { Calling, Place } from '../../kubernetes/place.ts'
import { atPath } from '../../plan/predicate.ts'
import { askAhead, type Recent } from '../../plan/recent.ts'
import { type RunTool, succeeded, type ToolCall, type ToolResult } from '../../process/tool.ts'
import type { World } from '../../world.ts'
import { type FelderaAnswers, felderaAnswers, placeOfAnswers } from './answers.ts'
import type { FelderaPresent } from './present.ts'
import { accessRules, chartVersion, helmVersion, showChart } from './steps/checks.ts'

/** Milliseconds for what a check would ask again. */
const aheadMs = 20_000

/** What is read is remembered for the steps of the plan. */
export type Reading = Calling & { world: World; recent: Recent }

/** The version of Kubernetes. */
export async function askVersion(own: FelderaAnswers, reading: Reading): Promise<string> {
  const run: RunTool = call => askAhead(call, reading.run, reading)
  const cluster = { context: own.context, ...kubeconfigOf(own) }
  const { stdout } = await kubectl(cluster, ['version', '-o', 'json'], { ...reading, run })
  return String(atPath(JSON.parse(stdout), 'serverVersion.gitVersion') ?? '')
}

/** Whether the namespace is there; a user who may not read namespaces may well work in one. */
export async function isThere(place: Place, reading: Reading): Promise<boolean> {
  const words = ['get', 'namespace', place.namespace, '--ignore-not-found', '-o', 'name']
  const found = await tryKubectl(place, words, reading)
  return !succeeded(found) || found.stdout.trim() !== ''
}

/**
 * What the plan's checks ask of a release that was there before, where most of them go well: what does
 * not, they say themselves.
 */
export async function askChecks(answers: Answers, reading: Reading): Promise<void> {
  const there = { release: { status: 'deployed' }, namespace: true }
  await Promise.allSettled([
    ask(helmVersion, reading),
    recentlyMissing(placeOfAnswers(felderaAnswers(answers)), accessRules(there), reading),
  ])
}

/** The same of its chart. */
export async function askChart(
  answers: Answers,
  present: FelderaPresent,
  reading: Reading,
): Promise<void> {
  const { chart } = felderaAnswers(answers)
  await Promise.allSettled([ask(showChart(chart, chartVersion(answers, present)), reading)])
}

function ask(argv: ToolCall['argv'], reading: Reading): Promise<ToolResult> {
  const { run, signal, userFolder } = reading
  return askAhead({ argv, limitMs: aheadMs, signal, cwd: userFolder }, run, reading)
}

function kubeconfigOf({ kubeconfig }: FelderaAnswers): { kubeconfig?: string } {
  return kubeconfig === undefined ? {} : { kubeconfig }
}
