import { isDeepStrictEqual } from 'node:util'
import type { Answers } from '../../answers/answers.ts'
import { issueAuthority, issueLeaf, type Pair } from '../../certificates/issue.ts'
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
import { type ResourceTls, refusedField, resourceKind, startedNote, tlsIn } from './resource.ts'
import { createStageNodes, type StageFiles, trusts } from './stage-nodes.ts'

/** Milliseconds until a changed Secret is seen in a pod. */
const syncMs = 200
/** What Go's net/http says to plain HTTP on a TLS port. */
const wantsHttps = 'Client sent an HTTP request to an HTTPS server.\n'
/** What a node says of itself: cluster and node have started; its certificate is bad. */
const flags = { started: 6, invalid: 262_144 }

/**
 * Stands for operator and cluster: a change of the pods' template restarts proxy and target one after the
 * other, and both read the Secret then and when they are told to load; a changed Secret comes to them a
 * while later.
 */
export async function createStage(answers: Answers, kit: StageKit): Promise<Stage> {
  const own = operatorAnswers(answers)
  const { clock } = kit.world
  const cluster = createStageCluster({ ...own, clock, restart: async () => {} })
  const names = workloadsOf(own).map(each => each.split('/')[1] ?? '')
  const nodes = createStageNodes(names, { kit, cluster })
  const authorities = new Map<string, Pair>()
  let seenAt = 0
  let spec: Json = { proxySpec: { size: 1 }, targetSpec: { size: 1 } }
  const resource = (of = spec): KubeObject => ({
    kind: 'AIStore',
    metadata: { name: own.resource, namespace: own.namespace },
    spec: of,
  })

  const mounted = (): StageFiles => {
    const data = cluster.get('Secret', volumeOf(tlsIn(resource()), own.resource))?.data ?? {}
    const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8')
    return { chain: text('tls.crt'), key: text('tls.key'), roots: text('ca.crt') }
  }
  const begin = () => {
    const tls = tlsIn(resource())
    return nodes.restart(tls.useHttps ? mounted() : undefined, templateOf(tls, own.resource))
  }

  /** What cert-manager does for the operator. */
  const issue = async (certificate: Json) => {
    const { issuerRef, additionalDNSNames } = certificate as unknown as ManagedCertificate
    const around = { now: clock.now(), random: kit.world.random, keyType: 'ecdsa-p256' as const }
    const names = [...new Set([...profile(answers).names, ...additionalDNSNames])]
    const authority =
      authorities.get(issuerRef.name) ?? (await issueAuthority({ ...around, names, days: 365 }))
    authorities.set(issuerRef.name, authority)
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
    const before = tlsIn(resource())
    const changed = mergePatch(spec, patch.spec)
    const field = refusedField(resource(changed))
    if (field !== undefined) return refused(field)
    spec = changed
    const now = tlsIn(resource())
    const { certificate } = now
    if (certificate && !isDeepStrictEqual(certificate, before.certificate)) {
      await issue(certificate)
      seenAt = clock.elapsed() + syncMs
    }
    if (startsAgain(before, now, own.resource)) await begin()
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
    async api({ url, method, roots }) {
      const { protocol, pathname, searchParams, port } = new URL(url)
      const answer = (status: number, body: Json) => ({
        ...{ status, headers: {}, tookMs: 0 },
        body: body === null ? '' : JSON.stringify(body),
      })
      const node = nodes.at(Number(port))
      if (protocol === 'http:')
        return node?.tls ? { ...answer(400, null), body: wantsHttps } : answer(200, null)
      if (roots && node?.tls && !trusts({ roots: roots.join('\n') }, node.tls))
        return { headers: {}, tookMs: 0, body: '', error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }
      const what = pathname === '/v1/daemon' ? searchParams.get('what') : null
      const { started, invalid } = flags
      if (what === 'node_status')
        return answer(200, { cluster: { flags: node?.error ? started | invalid : started } })
      if (what === 'tls_certificate')
        return answer(200, node?.error ? { error: node.error } : { version: '3' })
      if (method !== 'PUT' || pathname !== '/v1/cluster/load-x509') return answer(400, null)
      const error = clock.elapsed() >= seenAt ? await nodes.load(mounted()) : undefined
      return error === undefined ? answer(200, null) : answer(400, { message: error })
    },
  }
}

/** The Secret that is mounted. */
function volumeOf({ secretName, certificate }: ResourceTls, name: string): string {
  return certificate ? managedSecret(name) : secretName
}

/** The part of the pods' template that hangs on what the resource says of TLS. */
function templateOf(tls: ResourceTls, name: string): Json {
  const secretName = volumeOf(tls, name)
  return {
    metadata: { annotations: tls.startedWith ? { [startedNote]: tls.startedWith } : {} },
    spec: { volumes: secretName === '' ? [] : [{ name: 'tls-certs', secret: { secretName } }] },
  }
}

/** Whether the operator finds the template of the pods changed; a note that is gone is no change. */
function startsAgain(before: ResourceTls, now: ResourceTls, name: string): boolean {
  return (
    volumeOf(before, name) !== volumeOf(now, name) ||
    before.useHttps !== now.useHttps ||
    (now.startedWith !== undefined && now.startedWith !== before.startedWith)
  )
}

/** In the words of the operator's webhook (facts/aistore.md §2.8). */
function refused(field: string): Partial<ToolResult> {
  const name = field.split('.').at(-1)
  const why = field.startsWith('configToUpdate')
    ? `configToUpdate.net.http.[${name}] cannot be set together with spec.tls; the operator manages cert paths under /var/certs`
    : `unknown field "spec.${field}"`
  return { exit: 1, stderr: `Error from server: admission webhook denied the request: ${why}` }
}
