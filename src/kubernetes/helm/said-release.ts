import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { Release } from './release.ts'

/**
 * The release as `helm upgrade --output json` has stored it (helm 3, pkg/release): `version` is the
 * revision, `config` what was given, over the chart's own `values`. It may hold secrets: only the values
 * at `paths` are taken.
 *
 * @returns undefined where helm has said something else
 */
export function saidRelease(stdout: string, paths: readonly string[]): Release | undefined {
  const said = parsed(stdout)
  const [status, revision, chart, version] = [
    'info.status',
    'version',
    'chart.metadata.name',
    'chart.metadata.version',
  ].map(path => atPath(said, path))
  if (typeof status !== 'string' || typeof revision !== 'number') return undefined
  const values = Object.fromEntries(
    paths.map(path => {
      // as a template of helm has it: null and false give way to the chart's own
      const value = atPath(said, `config.${path}`) || atPath(said, `chart.values.${path}`)
      return [path, value ? String(value) : '']
    }),
  )
  return { status, revision, chart: String(chart), version: String(version), values }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}
