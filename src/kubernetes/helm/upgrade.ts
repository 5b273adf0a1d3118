import { missingSecret } from '../../answers/secret.ts'
import { exitCodes } from '../../exit-codes.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { forget } from '../../plan/recent.ts'
import { quoteCommand } from '../../process/quote.ts'
import { succeeded } from '../../process/tool.ts'
import { recentNamespace } from '../namespace.ts'
import { type Argv, type Place, placeOf, shellPlace } from '../place.ts'
import type { ServedBy } from '../pods-proof.ts'
import { isUnreachable } from '../problems.ts'
import { reachAhead } from '../reach-ahead.ts'
import { followRollout } from '../rollout.ts'
import { helmArgv } from './argv.ts'
import { helmFinding, helmProblem } from './problems.ts'
import { freshRelease, keepRelease, recentRelease, runLabel } from './release.ts'
import { saidRelease } from './said-release.ts'
import { settle } from './settle.ts'

/** What `helm.upgrade` is given. */
interface UpgradeInput {
  place: Place
  release: string
  chart: string
  /** The chart's version: the one that the release has, so that it never jumps. */
  version: string
  /** Values files, later ones win. */
  values: string[]
  /** A template whose values are secrets: rendered and handed over by stdin alone. */
  hidden?: { template: string; values: Record<string, string>; secrets: Record<string, string> }
  workloads: string[]
  /** Which of their ports later steps ask, each as often as it stands here. */
  asked?: ServedBy[]
  /** The value that the release must have afterwards; '' is none. */
  wants: { at: string; value: string }
  waitMs: number
}

/**
 * `helm upgrade --install`, atomic, with the chart's version and the present values, and a look at the
 * pods while it waits. Helm itself goes back when they do not become ready; the pods' words are kept.
 *
 * `--reset-then-reuse-values` (Helm 3.14): with `--reuse-values` a null is stored and the old value is
 * still rendered (helm/helm#30765).
 */
export const upgradeOp: Op = {
  changes: true,
  forgets: true,
  async run(input, ctx): Promise<Json> {
    const { place: at, release, wants, ...rest } = input as unknown as UpgradeInput
    const place = placeOf(at as unknown as Json)
    const waitMs = cappedMs(rest.waitMs, ctx)
    const before = await recentRelease(place, release, ctx, [])
    const stdin = rest.hidden ? await hiddenValues(rest.hidden, ctx) : undefined
    const argv = helmArgv(
      place,
      ...upgradeWords({ release, wants, ...rest, waitMs }, before.revision + 1),
    )
    const { workloads, asked = [] } = rest
    const calling = { place, release, argv, workloads, asked, waitMs }
    const stdout = await upgrade({ ...calling, ...(stdin === undefined ? {} : { stdin }) }, ctx)
    const said = saidRelease(stdout, [wants.at])
    if (said) keepRelease(place, release, said, ctx)
    const [after] = await Promise.all([
      said ?? freshRelease(place, release, ctx, [wants.at]),
      // what helm has rolled out is asked for next
      recentNamespace(place, ctx).catch(() => undefined),
    ])
    const value = after.values[wants.at] ?? ''
    if (value !== wants.value) throw notHonoured(release, place, wants, value)
    return { revision: after.revision, seen: `revision ${after.revision}` }
  },
  printed(input, show) {
    const { place, release, values, hidden, ...rest } = input as unknown as UpgradeInput
    const shown = { ...rest, release, values: values.map(show), ...(hidden ? { hidden } : {}) }
    const argv = helmArgv(placeOf(place as unknown as Json), ...upgradeWords(shown))
    return [quoteCommand(argv)]
  },
  shell(input, sh) {
    const { place, release, chart, version, values, hidden, waitMs } =
      input as unknown as UpgradeInput
    const words = [release, chart, version, Math.ceil(waitMs / 1000)].map(sh.word).join(' ')
    const files = (values as unknown[]).map(sh.word).join(' ')
    const more = hidden
      ? ` <(${hidden.template.replace(/[^a-z]/g, '_')} ${Object.values(hidden.values).map(sh.word).join(' ')})`
      : ''
    return [`helm_upgrade ${shellPlace(place, sh)} ${words} ${files}${more}`]
  },
}

interface Upgrade
  extends Pick<UpgradeInput, 'place' | 'release' | 'workloads' | 'asked' | 'waitMs'> {
  argv: Argv
  stdin?: string
}

/**
 * Runs helm and tells what the pods say meanwhile. Where the API server went away under it, it is
 * waited for, what helm left half done goes back, and the upgrade is made once more.
 *
 * @returns what helm has said of the release
 */
async function upgrade(wanted: Upgrade, ctx: Performing, isLast = false): Promise<string> {
  const { place, release, argv, workloads, asked, waitMs, stdin } = wanted
  // an atomic helm waits once for the change and once for the way back
  const limitMs = 2 * waitMs + 120_000
  forget(ctx.recent)
  // helm looks every 2 s: what serves already is read and reached meanwhile
  let reached: Promise<void> | undefined
  const onDone = () => {
    reached = reachAhead(place, asked ?? [], ctx)
  }
  const following = followRollout(place, workloads, ctx, { release, onDone })
  let problem: ReturnType<typeof helmProblem>
  try {
    const helm = ctx.run({
      argv,
      limitMs,
      signal: ctx.signal,
      cwd: ctx.userFolder,
      ...(stdin === undefined ? {} : { stdin }),
    })
    await following.during(helm)
    const result = await helm
    if (succeeded(result)) return result.stdout
    problem = withWords(helmProblem(result, place, release, limitMs), following.worst())
    if (result.outcome !== 'ended' || (!isUnreachable(problem) && !following.wasAway()))
      throw problem
  } finally {
    await following.close()
    await reached
  }
  if (isLast) throw problem
  ctx.say('the API server went away under helm: sees what is left of it')
  await settle({ place, release, workloads, waitMs }, ctx)
  return upgrade(wanted, ctx, true)
}

type Words = Pick<UpgradeInput, 'release' | 'chart' | 'version' | 'values' | 'waitMs' | 'wants'> &
  Pick<Partial<UpgradeInput>, 'hidden'>

function upgradeWords(
  { release, chart, version, values, hidden, waitMs }: Words,
  revision?: number,
): string[] {
  return [
    'upgrade',
    '--install',
    release,
    chart,
    ...(version === '' ? [] : ['--version', version]),
    '--reset-then-reuse-values',
    '--atomic',
    '--timeout',
    `${Math.ceil(waitMs / 1000)}s`,
    ...(revision === undefined ? [] : ['--labels', `${runLabel}=${revision}`]),
    ...values.flatMap(path => ['--values', path]),
    ...(hidden ? ['--values', '-'] : []),
    '--output',
    'json',
  ]
}

/** Values that are secrets, as YAML with quoted scalars; parsed again before helm sees them. */
async function hiddenValues(
  { template, values, secrets }: NonNullable<UpgradeInput['hidden']>,
  { secrets: known, world }: Performing,
): Promise<string> {
  const found = Object.entries(secrets).map(([key, id]) => {
    const secret = known[id]
    // what was typed is not there any more when another process takes the run up
    if (secret === undefined) throw missingSecret(id, `What goes to helm as ${key}`)
    return [key, secret]
  })
  const all = { ...values, ...Object.fromEntries(found) } as Record<string, string>
  const { renderYaml } = await import('../../plan/template.ts')
  return JSON.stringify(await renderYaml(template, all, world))
}

function withWords(problem: ReturnType<typeof helmProblem>, words: readonly string[]) {
  if (!('findings' in problem) || words.length === 0) return problem
  const [first] = problem.findings
  const isKnown = first?.id === 'helm.timed-out' || first?.id === 'helm.not-back'
  if (!first || !(isKnown || first.id === 'tool.helm.failed')) return problem
  const evidence = [...words, first.evidence].join('\n').slice(0, 2000)
  const id = first.id === 'helm.not-back' ? first.id : 'helm.timed-out'
  return helmFinding(id, exitCodes.failed, { ...first, evidence })
}

function notHonoured(
  release: string,
  place: Place,
  { at, value }: UpgradeInput['wants'],
  seen: string,
) {
  return helmFinding('helm.not-honoured', exitCodes.failed, {
    subject: release,
    evidence: `${at} is ${JSON.stringify(seen)}, wanted ${JSON.stringify(value)}`,
    place,
  })
}
