import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answers } from '../../answers/answers.ts'
import { createStageCluster } from '../../kubernetes/stage.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { Stage, StageKit } from '../target.ts'
import { felderaAnswers } from './answers.ts'
import { components } from './components.ts'
import { createStageHelm, type Values } from './stage-helm.ts'
import { pipelineRefusal, stageHealth } from './stage-trust.ts'

const uuid = '3f2a9c41-8c1e-5b7d-9d10-2b6f0a1c4e77'
const pipelineName = `pipeline-${uuid}`
const version = '0.337.0'

/**
 * Stands for cluster, helm and Feldera in a rehearsal, and behaves as they do: each component and
 * pipeline reads its certificate once at its start, components trust the last of their own chain alone,
 * and helm is helm. It starts with the release on HTTP and one pipeline, which is what people come from,
 * or with nothing where it is to be installed.
 */
export async function createStage(answers: Answers, kit: StageKit): Promise<Stage> {
  const own = felderaAnswers(answers)
  const serving = new Map<string, number>()
  /** The Secret that each runs with, and the chain that it has read. */
  const rendered = new Map<string, string>()
  const loaded = new Map<string, string>()
  const { clock } = kit.world
  const cluster = createStageCluster({ ...own, clock, restart: name => begin(name) })
  const pipeline = { runs: false, error: '', processed: 1_000, checkpoint: 0 }
  let secretNow = ''

  /** Starts the pod of a workload with what the release says now. */
  const begin = async (name: string, kind: 'Deployment' | 'StatefulSet' = kindOf(name)) => {
    const before = serving.get(name)
    const secret = cluster.get('Secret', secretNow)
    const port = secret
      ? await kit.serveTls({ ...(await filesOf(secret.data ?? {}, name)), readyAt: 0 })
      : await kit.serveHttp({ readyAt: 0 })
    serving.set(name, port)
    rendered.set(name, secretNow)
    loaded.set(name, textOf(secret?.data, 'tls.crt'))
    cluster.run(kind, name, port)
    if (before !== undefined) await kit.stop(before)
  }
  const filesOf = async (data: Record<string, string>, name: string) => {
    const write = async (key: string) => {
      const path = join(kit.world.stateFolder, `stage-${name}-${key}`)
      await writeFile(path, textOf(data, key), { mode: 0o600 })
      return path
    }
    return { chain: await write('tls.crt'), key: await write('tls.key') }
  }
  const startPipeline = async () => {
    pipeline.error = pipelineRefusal(textOf(cluster.get('Secret', secretNow)?.data, 'tls.crt'))
    if (pipeline.error !== '') return
    pipeline.runs = true
    await begin(pipelineName, 'StatefulSet')
  }
  /** By force, what was done since the last checkpoint is lost. */
  const stopPipeline = async (force: boolean) => {
    if (force) pipeline.processed = pipeline.checkpoint
    else pipeline.checkpoint = pipeline.processed
    pipeline.runs = false
    cluster.end('StatefulSet', pipelineName)
    const port = serving.get(pipelineName)
    serving.delete(pipelineName)
    if (port !== undefined) await kit.stop(port)
  }
  /** Pods are made anew where their template is another one: by the chart's annotation, always. */
  const rollOut = async (values: Values) => {
    secretNow = String(values.httpsSecretRef ?? '')
    const always = atPath(values, 'controlPlane.deploymentTimeAnnotation') !== false
    for (const name of components.map(nameOf))
      if (always || rendered.get(name) !== secretNow) await begin(name)
  }
  const remove = () => {
    for (const name of components.map(nameOf)) cluster.end(kindOf(name), name)
  }
  const helm = createStageHelm({ version: own.version ?? version, rollOut, remove })

  cluster.put({ kind: 'Namespace', metadata: { name: own.namespace } })
  if (own.install === 'existing') {
    await helm.install({ felderaVersion: version, felderaDatabaseSecretRef: 'feldera-db' })
    await startPipeline()
  }
  return {
    async tool(call) {
      const said = call.argv[0] === 'helm' ? await helm.tool(call) : await cluster.kubectl(call)
      const base = { argv: call.argv, outcome: 'ended', exit: 0, stdout: '', stderr: '' } as const
      return { ...base, tookMs: 0, ...said }
    },
    async api({ url, method }) {
      const { pathname, searchParams } = new URL(url)
      const answer = (status: number, body: Json) => ({
        status,
        headers: {},
        body: JSON.stringify(body),
        tookMs: 0,
      })
      if (pathname === '/v0/cluster_healthz') {
        const health = stageHealth(loaded, own.namespace)
        return answer(health.all_healthy ? 200 : 503, health)
      }
      if (method === 'POST') {
        await (pathname.endsWith('/start')
          ? startPipeline()
          : stopPipeline(searchParams.get('force') === 'true'))
        return answer(202, null)
      }
      if (pathname.endsWith('/stats'))
        return answer(200, { global_metrics: { total_processed_records: pipeline.processed } })
      const status = pipeline.runs ? 'Running' : 'Stopped'
      const listed = own.install === 'existing'
      const one = {
        id: uuid,
        name: 'payments',
        deployment_status: status,
        deployment_desired_status: status,
        ...(pipeline.error === '' ? {} : { deployment_error: { message: pipeline.error } }),
      }
      return answer(200, listed ? [one] : [])
    },
  }
}

function kindOf(name: string): 'Deployment' | 'StatefulSet' {
  return components.includes(`deployment/${name}`) ? 'Deployment' : 'StatefulSet'
}

/** The name in `deployment/NAME`. */
function nameOf(workload: string): string {
  return workload.split('/')[1] ?? ''
}

function textOf(data: Record<string, string> | undefined, key: string): string {
  return Buffer.from(data?.[key] ?? '', 'base64').toString('utf8')
}
