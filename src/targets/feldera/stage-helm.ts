import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { stageWords } from '../../kubernetes/stage.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { ToolCall, ToolResult } from '../../process/tool.ts'

export type Values = { [key: string]: Json }

interface Revision {
  revision: number
  status: string
  chart: string
  version: string
  values: Values
}

/** The youngest version in the vendor's registry: what an upgrade without `--version` takes. */
const newest = '0.338.0'

export interface StageHelm {
  tool(call: ToolCall): Promise<Partial<ToolResult>>
  /** Rolls a first revision out. */
  install(values: Values): Promise<void>
}

/**
 * Helm with one release, as version 3.19 was seen: an upgrade without a flag about values keeps none of
 * the old ones, one without `--version` takes the newest chart, and with `--reuse-values` a null is
 * passed over (facts/feldera.md §4.2).
 */
export function createStageHelm(options: {
  version: string
  rollOut(values: Values): Promise<void>
  remove(): void
}): StageHelm {
  const history: Revision[] = []
  const last = () => history.findLast(({ status }) => status === 'deployed')
  const deploy = async (wanted: Pick<Revision, 'chart' | 'version' | 'values'>) => {
    for (const each of history) if (each.status === 'deployed') each.status = 'superseded'
    history.push({ ...wanted, revision: history.length + 1, status: 'deployed' })
    await options.rollOut(wanted.values)
  }
  const upgrade = async (call: ToolCall, words: string[]): Promise<Partial<ToolResult>> => {
    const [name = '', source = ''] = words.slice(1).filter(word => !word.startsWith('--'))
    const now = last()
    if (!now && !words.includes('--install'))
      return { exit: 1, stderr: `Error: UPGRADE FAILED: "${name}" has no deployed releases` }
    const named = words[words.indexOf('--version') + 1] ?? ''
    const version = words.includes('--version')
      ? named
      : source.startsWith('oci://')
        ? newest
        : (now?.version ?? options.version)
    const values = merged(now?.values ?? {}, await valuesOf(call, words), words)
    await deploy({ chart: source.split('/').at(-1) ?? '', version, values })
    return { stdout: upgradedOf(history.at(-1)) }
  }
  return {
    install: values => deploy({ chart: 'feldera-chart', version: options.version, values }),
    async tool(call) {
      const words = stageWords(call.argv)
      const now = last()
      switch (words[0]) {
        case 'version':
          return { stdout: 'v3.19.5' }
        case 'show':
          return { stdout: `apiVersion: v2\nname: feldera-chart\nversion: ${words.at(-1)}\n` }
        case 'list':
          return { stdout: '[]' }
        case 'status':
          return { stdout: JSON.stringify({ config: now?.values ?? {} }) }
        case 'get':
          return now
            ? { stdout: releaseOf(now, words) }
            : { exit: 1, stderr: 'Error: release: not found' }
        case 'upgrade':
          return upgrade(call, words)
        case 'rollback': {
          const wanted = history.find(({ revision }) => revision === Number(words[2]))
          if (!wanted) return { exit: 1, stderr: 'Error: release: not found' }
          await deploy(wanted)
          return {}
        }
        case 'uninstall':
          history.length = 0
          options.remove()
          return {}
        default:
          return { exit: 1, stderr: `Error: unknown command "${words[0]}" for "helm"` }
      }
    },
  }
}

/** What a template of `helm get all` prints: the release, and the values whose paths stand in it. */
function releaseOf(
  { status, revision, chart, version, values }: Revision,
  words: string[],
): string {
  const paths = words.join(' ').matchAll(/"([\w.]+)":\{\{printf "%q" \$v\}\}/g)
  const told = [...paths].map(([, path = '']) => [path, String(atPath(values, path) || '')])
  return JSON.stringify({ status, revision, chart, version, values: Object.fromEntries(told) })
}

/** What `helm upgrade --output json` prints, without the templates. */
function upgradedOf(revision: Revision | undefined): string {
  const metadata = { name: revision?.chart ?? '', version: revision?.version ?? '' }
  return JSON.stringify({
    info: { status: revision?.status },
    version: revision?.revision,
    chart: { metadata, values: { httpsSecretRef: null } },
    config: revision?.values,
  })
}

async function valuesOf(call: ToolCall, words: readonly string[]): Promise<Values> {
  const { parse } = await import('../../plan/edit-yaml.ts')
  const given: Values = {}
  for (const [index, word] of words.entries()) {
    const path = words[index + 1] ?? ''
    if (word === '--set') Object.assign(given, parse(path.replace('=', ': '), path))
    if (word !== '--values') continue
    const at = isAbsolute(path) ? path : join(call.cwd ?? '', path)
    const text = path === '-' ? (call.stdin ?? '') : await readFile(at, 'utf8')
    Object.assign(given, parse(text, path))
  }
  return given
}

/** A null takes a value out when values are reset first; otherwise the old one is rendered on. */
function merged(before: Values, given: Values, words: readonly string[]): Values {
  const resets = words.includes('--reset-then-reuse-values')
  const keeps = resets || words.includes('--reuse-values') || Object.keys(given).length === 0
  const all: Values = keeps ? { ...before } : {}
  for (const [key, value] of Object.entries(given)) {
    if (value !== null) all[key] = value
    else if (resets) delete all[key]
  }
  return all
}
