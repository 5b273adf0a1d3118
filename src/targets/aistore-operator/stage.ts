import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Answers } from '../../answers/answers.ts'
import { issueAuthority, issueLeaf } from '../../certificates/issue.ts'
import { keyPem } from '../../certificates/private-key.ts'
import type { KubeObject } from '../../kubernetes/kubectl.ts'
import { createStageCluster, stageWords } from '../../kubernetes/stage.ts'
import type { Json } from '../../plan/plan.ts'
import type { ToolCall, ToolResult } from '../../process/tool.ts'
import type { Stage, StageKit } from '../target.ts'
import {
  type ManagedCertificate,
  managedCertificate,
  managedSecret,
  operatorAnswers,
  workloadsOf,
} from './answers.ts'
import { mergePatch } from './merge-patch.ts'
import { profile } from './profile.ts'
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
    const { secretName, certificate } = tlsIn(resource())
    const path = join(kit.world.stateFolder, `stage-${key}`)
    const data =
      cluster.get('Secret', certificate ? managedSecret(own.resource) : secretName)?.data ?? {}
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

  /** What cert-manager does for the operator. */
  const issue = async (certificate: Json) => {
    const { issuerRef, additionalDNSNames } = certificate as unknown as ManagedCertificate
    const around = { now: clock.now(), random: kit.world.random, keyType: 'ecdsa-p256' as const }
    const names = [...new Set([...profile(answers).names, ...additionalDNSNames])]
    const authority = await issueAuthority({ ...around, names, days: 365 })
    const uses = ['serverAuth', 'clientAuth'] as const
    const days = 90
    const leaf = await issueLeaf({ ...around, names, days, extendedKeyUsage: [...uses], authority })
    const data = {
      'tls.crt': leaf.certificate.pem,
      'tls.key': keyPem(leaf.key),
      'ca.crt': authority.certificate.pem,
    }
    const annotations = {
      'cert-manager.io/certificate-name': managedCertificate(own.resource),
      'cert-manager.io/issuer-kind': issuerRef.kind,
      'cert-manager.io/issuer-name': issuerRef.name,
    }
    cluster.put({
      kind: 'Secret',
      metadata: { name: managedSecret(own.resource), namespace: own.namespace, annotations },
      data: Object.fromEntries(
        Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
      ),
    })
  }

  const ofResource = async (words: string[]): Promise<Partial<ToolResult>> => {
    if (words[2] !== own.resource) {
      const stderr = `Error from server (NotFound): ${resourceKind} "${words[2]}" not found`
      return { exit: 1, stderr }
    }
    if (words[0] === 'get') return { stdout: JSON.stringify(resource()) }
    const patch = JSON.parse(words[words.indexOf('-p') + 1] ?? '{}') as { spec: Json }
    const before = tlsIn(resource()).certificate
    spec = mergePatch(spec, patch.spec)
    const { certificate } = tlsIn(resource())
    if (certificate && !isDeepStrictEqual(certificate, before)) await issue(certificate)
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
