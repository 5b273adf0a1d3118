import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answers } from '../../answers/answers.ts'
import type { KubeObject } from '../../kubernetes/kubectl.ts'
import { createStageCluster, stageWords } from '../../kubernetes/stage.ts'
import type { Json } from '../../plan/plan.ts'
import type { ToolCall, ToolResult } from '../../process/tool.ts'
import type { Stage, StageKit } from '../target.ts'
import { operatorAnswers, workloadsOf } from './answers.ts'
import { resourceKind, tlsIn } from './resource.ts'

/** Milliseconds until a changed Secret is seen in a pod. */
const syncMs = 200

/**
 * Stands for operator and cluster: a change of the resource restarts proxy and target, which read the
 * Secret at their start and when they are told to load; a changed Secret comes to them a while later.
 */
export async function createStage(answers: Answers, kit: StageKit): Promise<Stage> {
  const own = operatorAnswers(answers)
  const { clock } = kit.world
  const cluster = createStageCluster({ ...own, clock, restart: async () => {} })
  const serving = new Map<string, number>()
  let seenAt = 0
  let spec: Json = { proxySpec: { size: 1 }, targetSpec: { size: 1 } }
  const resource = (): KubeObject => ({
    kind: 'AIStore',
    metadata: { name: own.resource, namespace: own.namespace },
    spec,
  })

  const write = async (key: string) => {
    const { secretName } = tlsIn(resource())
    const path = join(kit.world.stateFolder, `stage-${key}`)
    const data = cluster.get('Secret', secretName)?.data ?? {}
    await writeFile(path, Buffer.from(data[key] ?? '', 'base64'), { mode: 0o600 })
    return path
  }
  const begin = async () => {
    const { useHttps } = tlsIn(resource())
    for (const workload of workloadsOf(own)) {
      const name = workload.split('/')[1] ?? ''
      const before = serving.get(name)
      const port = useHttps
        ? await kit.serveTls({
            ...{ chain: await write('tls.crt'), key: await write('tls.key') },
            ...{ readyAt: 0, plain: 'bad-request' },
          })
        : await kit.serveHttp({ readyAt: 0 })
      serving.set(name, port)
      cluster.run('StatefulSet', name, port)
      if (before !== undefined) await kit.stop(before)
    }
  }

  const ofResource = async (words: string[]): Promise<Partial<ToolResult>> => {
    if (words[2] !== own.resource) {
      const stderr = `Error from server (NotFound): ${resourceKind} "${words[2]}" not found`
      return { exit: 1, stderr }
    }
    if (words[0] === 'get') return { stdout: JSON.stringify(resource()) }
    const patch = JSON.parse(words[words.indexOf('-p') + 1] ?? '{}') as { spec: Json }
    spec = mergePatch(spec, patch.spec)
    await begin()
    return { stdout: `aistore.ais.nvidia.com/${own.resource} patched\n` }
  }

  cluster.put({ kind: 'Namespace', metadata: { name: own.namespace } })
  await begin()
  return {
    async tool(call: ToolCall) {
      const words = stageWords(call.argv)
      if (call.stdin?.includes('"kind":"Secret"')) seenAt = clock.elapsed() + syncMs
      const said = words[1] === resourceKind ? await ofResource(words) : await cluster.kubectl(call)
      const base = { argv: call.argv, outcome: 'ended', exit: 0, stdout: '', stderr: '' } as const
      return { ...base, tookMs: 0, ...said }
    },
    async api({ url, method }) {
      const { pathname } = new URL(url)
      const loads = method === 'PUT' && pathname === '/v1/cluster/load-x509'
      if (loads && clock.elapsed() >= seenAt) await begin()
      return { status: loads ? 200 : 400, headers: {}, body: '', tookMs: 0 }
    },
  }
}

/** RFC 7386: null takes a member away. */
function mergePatch(into: Json, patch: Json): Json {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const whole = typeof into === 'object' && into !== null && !Array.isArray(into) ? { ...into } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete whole[key]
    else whole[key] = mergePatch(whole[key] ?? null, value)
  }
  return whole
}
