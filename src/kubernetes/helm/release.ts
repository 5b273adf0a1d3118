import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { quoteCommand } from '../../process/quote.ts'
import { succeeded } from '../../process/tool.ts'
import { tryKubectl } from '../kubectl.ts'
import { type Calling, type Place, placeOf, shellPlace } from '../place.ts'
import { helmArgv } from './argv.ts'
import { helmProblem } from './problems.ts'

/** A release as Helm has it. Its values may hold secrets: they are looked at, and never shown. */
export interface Release {
  /** `deployed`, `failed`, `pending-upgrade` …; `absent` where there is none. */
  status: string
  revision: number
  chart: string
  version: string
  /** The values that were given to it. */
  values: Json
  /** The values of its chart, for what was not given. */
  defaults: Json
}

const limitMs = 60_000

const absent: Release = {
  status: 'absent',
  revision: 0,
  chart: '',
  version: '',
  values: {},
  defaults: {},
}

/** Reads a release, in one call. */
export async function readRelease(
  place: Place,
  release: string,
  { run, signal, userFolder }: Calling,
): Promise<Release> {
  const argv = helmArgv(place, 'status', release, '--output', 'json')
  const result = await run({ argv, limitMs, signal, cwd: userFolder })
  if (result.outcome === 'ended' && /release: not found/.test(result.stderr)) return absent
  if (!succeeded(result)) throw helmProblem({ ...result, stdout: '' }, place, release, limitMs)
  const json = JSON.parse(result.stdout) as Json
  const text = (path: string) => String(atPath(json, path) ?? '')
  return {
    status: text('info.status'),
    revision: Number(atPath(json, 'version') ?? 0),
    chart: text('chart.metadata.name'),
    version: text('chart.metadata.version'),
    values: atPath(json, 'config') ?? {},
    defaults: atPath(json, 'chart.values') ?? {},
  }
}

/** One value as the release renders it: what was given, else the chart's own. */
export function renderedValue({ values, defaults }: Release, path: string): Json | undefined {
  const given = atPath(values, path)
  return given === undefined ? atPath(defaults, path) : given
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

/** Looks at a release: `{place, release, at}`; `value` is what it renders at that path. */
export const releaseOp: Op = {
  changes: false,
  async run({ place: at, release: name, at: path }, ctx): Promise<Json> {
    const release = await readRelease(placeOf(at), String(name), ctx)
    const { status, revision, version } = release
    const value = renderedValue(release, String(path)) ?? null
    const seen =
      status === 'absent'
        ? `no release ${name}`
        : `${status}, revision ${revision}, ${path}: ${value === null ? 'not set' : String(value)}`
    return { status, revision, version, value, pending: isPending(release), seen }
  },
  printed: ({ place, release }, show) => [
    quoteCommand(helmArgv(placeOf(place as Json), 'status', show(release), '--output', 'json')),
  ],
  shell: ({ place, release, at }, sh) => [
    `helm_release ${shellPlace(place, sh)} ${sh.word(release)} ${sh.word(at)}`,
  ],
}
