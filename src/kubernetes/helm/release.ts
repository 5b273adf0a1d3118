import { exitCodes } from '../../exit-codes.ts'
import { canonicalJson } from '../../plan/digest.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { type Recalling, recently } from '../../plan/recent.ts'
import { quoteCommand } from '../../process/quote.ts'
import { succeeded } from '../../process/tool.ts'
import { toolFinding } from '../../process/tool-problem.ts'
import { tryKubectl } from '../kubectl.ts'
import { type Calling, type Place, placeOf, shellPlace } from '../place.ts'
import type { ServedBy } from '../pods-proof.ts'
import { reachAhead } from '../reach-ahead.ts'
import { helmArgv } from './argv.ts'
import { helmProblem } from './problems.ts'
import { runHelm } from './run-helm.ts'

/** A release as Helm has it. Only the values that are asked for are read: others may be secrets. */
export interface Release {
  /** `deployed`, `failed`, `pending-upgrade` …; `absent` where there is none. */
  status: string
  revision: number
  chart: string
  version: string
  /** What was asked for, by its dotted path, as it is rendered; '' where it is not set. */
  values: Readonly<Record<string, string>>
}

const limitMs = 60_000

/** Reads a release (its newest revision by default) and some of its values, in one call. */
export async function readRelease(
  place: Place,
  release: string,
  calling: Calling,
  paths: readonly string[],
  revision?: number,
): Promise<Release> {
  const at = revision === undefined ? [] : ['--revision', String(revision)]
  const argv = helmArgv(place, 'get', 'all', release, ...at, '--template', templateFor(paths))
  const result = await runHelm(place, release, argv, limitMs, calling)
  if (result.outcome === 'ended' && /release: not found/.test(result.stderr)) {
    return { status: 'absent', revision: 0, chart: '', version: '', values: {} }
  }
  if (!succeeded(result)) throw helmProblem({ ...result, stdout: '' }, place, release, limitMs)
  try {
    return JSON.parse(result.stdout) as Release
  } catch {
    const title = 'helm answered something that cannot be understood.'
    const fix = 'Look whether this is the helm that you mean: type -a helm'
    throw toolFinding(exitCodes.unavailable, 'tool.rubbish', 'helm', title, 'no JSON', fix)
  }
}

/** How long a reading stands in for another, while no release is changed. Milliseconds. */
const recentMs = 30_000

/** The newest revision as it was read a moment ago, where that told all these values. */
export function recentRelease(
  place: Place,
  release: string,
  calling: Calling & Recalling,
  paths: readonly string[],
): Promise<Release> {
  const known = calling.recent.get(releaseKey(place, release))?.output as Release | undefined
  const lacks = known?.revision && paths.some(path => known.values[path] === undefined)
  return readKept(place, release, calling, paths, lacks ? 0 : recentMs)
}

/** Reads anew, for those who ask a moment later. */
export function freshRelease(
  place: Place,
  release: string,
  calling: Calling & Recalling,
  paths: readonly string[],
): Promise<Release> {
  return readKept(place, release, calling, paths, 0)
}

/** Keeps what has been told of a release just now, for those who ask a moment later. */
export function keepRelease(
  place: Place,
  release: string,
  told: Release,
  { world, recent }: Recalling,
): void {
  const output = told as unknown as Json
  recent.set(releaseKey(place, release), { at: world.clock.elapsed(), output })
}

function readKept(
  place: Place,
  release: string,
  calling: Calling & Recalling,
  paths: readonly string[],
  maxAgeMs: number,
): Promise<Release> {
  return recently(releaseKey(place, release), maxAgeMs, calling, () =>
    readRelease(place, release, calling, paths),
  )
}

function releaseKey(place: Place, release: string): string {
  return `helm release ${canonicalJson([place, release])}`
}

/** A template of Go that prints JSON: what was given to the release stands over the chart's own. */
function templateFor(paths: readonly string[]): string {
  const values = paths.map(path => {
    const set = `{{$v = print .}}${'{{end}}'.repeat(path.split('.').length)}`
    const down = path.split('.').map(key => `{{with .${key}}}`)
    const from = (where: string) => `{{with .Release.${where}}}${down.join('')}${set}{{end}}`
    return `{{$v := ""}}${from('Chart.Values')}${from('Config')}"${path}":{{printf "%q" $v}}`
  })
  const field = (name: string, at: string) => `"${name}":{{printf "%q" .Release.${at}}}`
  return `{${field('status', 'Info.Status')},"revision":{{.Release.Version}},${field('chart', 'Chart.Metadata.Name')},${field('version', 'Chart.Metadata.Version')},"values":{ ${values.join(',')} } }`
}

export function isPending({ status }: Pick<Release, 'status'>): boolean {
  return status.startsWith('pending-')
}

/** The label that says which revision a helm of ours was making. */
export const runLabel = 'secure-endpoint.dev-revision'

/** Whether the pending revision was made by a helm that we started. */
export async function isOwnPending(
  place: Place,
  name: string,
  { revision }: Release,
  calling: Calling,
): Promise<boolean> {
  const selector = `owner=helm,name=${name},version=${revision},${runLabel}=${revision}`
  const words = ['get', 'secrets', '-l', selector, '-o', 'name']
  const result = await tryKubectl(place, words, calling)
  return succeeded(result) && result.stdout.trim() !== ''
}

/**
 * Looks at a release: `{place, release, at, anew?, asked?}`; `value` is what it renders at that path. With
 * `anew` nothing stands in for the call, however recent it is. The ways to what is `asked` by later
 * steps are opened meanwhile.
 */
export const releaseOp: Op = {
  changes: false,
  async run({ place: at, release: name, at: path, anew, asked }, ctx): Promise<Json> {
    const place = placeOf(at)
    const read = anew === true ? freshRelease : recentRelease
    const reached = asked && reachAhead(place, asked as unknown as ServedBy[], ctx)
    const release = await read(place, String(name), ctx, [String(path)]).finally(() => reached)
    const { status, revision, version, values } = release
    const value = values[String(path)] ?? ''
    const seen =
      status === 'absent'
        ? `no release ${name}`
        : `${status}, revision ${revision}, ${path}: ${value === '' ? 'not set' : value}`
    return { status, revision, version, value, pending: isPending(release), seen }
  },
  printed: ({ place, release }, show) => [
    quoteCommand(helmArgv(placeOf(place as Json), 'status', show(release))),
  ],
  shell: ({ place, release, at }, sh) => [
    `helm_release ${shellPlace(place, sh)} ${sh.word(release)} ${sh.word(at)}`,
  ],
}
