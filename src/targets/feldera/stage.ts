import { readFile, writeFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Answers } from '../../answers/answers.ts'
import { createStageCluster, stageWords } from '../../kubernetes/stage.ts'
import type { Json } from '../../plan/plan.ts'
import type { ToolCall, ToolResult } from '../../process/tool.ts'
import type { Stage, StageKit } from '../target.ts'
import { felderaAnswers } from './answers.ts'
import { components } from './components.ts'

type Values = { [key: string]: Json }

interface Revision {
  revision: number
  status: string
  values: Values
}

const uuid = '3f2a9c41-8c1e-5b7d-9d10-2b6f0a1c4e77'
const version = '0.337.0'

/**
 * Stands for cluster, helm and Feldera in a rehearsal, and behaves as they do: each component and
 * pipeline reads its certificate once at its start, and helm keeps an old value when it is set to null
 * with `--reuse-values`. It starts with the release on HTTP and one pipeline, which is what people
 * come from, or with nothing where it is to be installed.
 */
export async function createStage(answers: Answers, kit: StageKit): Promise<Stage> {
  const own = felderaAnswers(answers)
  const history: Revision[] = []
  const serving = new Map<string, number>()
  const { clock } = kit.world
  const cluster = createStageCluster({ ...own, clock, restart: name => begin(name) })
  let pipelineRuns = false
  let secretNow = ''

  /** Starts the pod of a workload with what the release says now. */
  const begin = async (name: string, kind: 'Deployment' | 'StatefulSet' = kindOf(name)) => {
    const before = serving.get(name)
    const secret = cluster.get('Secret', secretNow)
    const port = secret
      ? await kit.serveTls({ ...(await filesOf(secret.data ?? {}, name)), readyAt: 0 })
      : await kit.serveHttp({ readyAt: 0 })
    serving.set(name, port)
    cluster.run(kind, name, port)
    if (before !== undefined) await kit.stop(before)
  }
  const filesOf = async (data: Record<string, string>, name: string) => {
    const write = async (key: string) => {
      const path = join(kit.world.stateFolder, `stage-${name}-${key}`)
      await writeFile(path, Buffer.from(data[key] ?? '', 'base64'), { mode: 0o600 })
      return path
    }
    return { chain: await write('tls.crt'), key: await write('tls.key') }
  }
  const setPipeline = async (runs: boolean) => {
    const name = `pipeline-${uuid}`
    pipelineRuns = runs
    if (runs) return begin(name, 'StatefulSet')
    cluster.end('StatefulSet', name)
    const port = serving.get(name)
    serving.delete(name)
    if (port !== undefined) await kit.stop(port)
  }
  const deploy = async (values: Values) => {
    for (const each of history) if (each.status === 'deployed') each.status = 'superseded'
    history.push({ revision: history.length + 1, status: 'deployed', values })
    secretNow = String(values.httpsSecretRef ?? '')
    for (const name of components) await begin(name.split('/')[1] ?? '')
  }

  const helm = async (call: ToolCall): Promise<Partial<ToolResult>> => {
    const words = stageWords(call.argv)
    const now = history.findLast(({ status }) => status === 'deployed')
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
          ? { stdout: releaseOf(now, own.version ?? version) }
          : { exit: 1, stderr: 'Error: release: not found' }
      case 'upgrade': {
        const reset = words.includes('--reset-then-reuse-values')
        const given = await valuesOf(call, words)
        await deploy(merged(now?.values ?? {}, given, reset))
        return { stdout: upgradedOf(history.at(-1), own.version ?? version) }
      }
      case 'rollback': {
        const wanted = history.find(({ revision }) => revision === Number(words[2]))
        if (!wanted) return { exit: 1, stderr: 'Error: release: not found' }
        await deploy(wanted.values)
        return {}
      }
      case 'uninstall':
        history.length = 0
        for (const name of components)
          cluster.end(kindOf(name.split('/')[1] ?? ''), name.split('/')[1] ?? '')
        return {}
      default:
        return { exit: 1, stderr: `Error: unknown command "${words[0]}" for "helm"` }
    }
  }

  cluster.put({ kind: 'Namespace', metadata: { name: own.namespace } })
  if (own.install === 'existing') {
    await deploy({ felderaVersion: version, felderaDatabaseSecretRef: 'feldera-db' })
    await setPipeline(true)
  }
  return {
    async tool(call) {
      const said = call.argv[0] === 'helm' ? await helm(call) : await cluster.kubectl(call)
      const base = { argv: call.argv, outcome: 'ended', exit: 0, stdout: '', stderr: '' } as const
      return { ...base, tookMs: 0, ...said }
    },
    async api({ url, method }) {
      const { pathname } = new URL(url)
      const answer = (status: number, body: Json) => ({
        status,
        headers: {},
        body: JSON.stringify(body),
        tookMs: 0,
      })
      if (pathname === '/v0/cluster_healthz') return answer(200, { all_healthy: true })
      if (method === 'POST') {
        await setPipeline(pathname.endsWith('/start'))
        return answer(202, null)
      }
      const status = pipelineRuns ? 'Running' : 'Stopped'
      const listed = own.install === 'existing'
      const one = {
        id: uuid,
        name: 'payments',
        deployment_status: status,
        deployment_desired_status: status,
      }
      return answer(200, listed ? [one] : [])
    },
  }
}

function kindOf(name: string): 'Deployment' | 'StatefulSet' {
  return components.includes(`deployment/${name}`) ? 'Deployment' : 'StatefulSet'
}

/** What the template of `helm get all` prints. */
function releaseOf({ revision, status, values }: Revision, chartVersion: string): string {
  const { httpsSecretRef = '' } = values
  return JSON.stringify({
    status,
    revision,
    chart: 'feldera-chart',
    version: chartVersion,
    values: { httpsSecretRef },
  })
}

/** What `helm upgrade --output json` prints, without the templates. */
function upgradedOf(revision: Revision | undefined, chartVersion: string): string {
  const metadata = { name: 'feldera-chart', version: chartVersion }
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
    if (word !== '--values') continue
    const at = isAbsolute(path) ? path : join(call.cwd ?? '', path)
    const text = path === '-' ? (call.stdin ?? '') : await readFile(at, 'utf8')
    Object.assign(given, parse(text, path))
  }
  return given
}

/** A null takes a value out when values are reset; otherwise the old one is rendered on. */
function merged(before: Values, given: Values, reset: boolean): Values {
  const all: Values = { ...before }
  for (const [key, value] of Object.entries(given)) {
    if (value !== null) all[key] = value
    else if (reset) delete all[key]
  }
  return all
}
