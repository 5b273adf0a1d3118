import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { type Finding, finding } from '../../findings.ts'
import { type KubeObject, kubectl } from '../../kubernetes/kubectl.ts'
import type { Calling, Cluster } from '../../kubernetes/place.ts'
import { fieldManager, ownerOf } from '../../kubernetes/secret.ts'
import { canonicalJson } from '../../plan/digest.ts'
import type { Json } from '../../plan/plan.ts'
import { plainText } from '../../process/plain-text.ts'
import { namespace } from './answers.ts'
import { azuremlFindings } from './findings.ts'

/** An Ingress of the wanted name that is not ours. */
export interface ForeignIngress {
  /** Whose it is, and how that is known. */
  words: string
  /** The host names that it serves. */
  hosts: string[]
}

/** The Ingress of this name with who has written what of it; undefined where there is none. */
export async function readIngress(
  cluster: Cluster,
  name: string,
  calling: Calling,
): Promise<KubeObject | undefined> {
  const form = ['-o', 'json', '--show-managed-fields', '--ignore-not-found']
  const words = ['get', 'ingress', name, ...form]
  const { stdout } = await kubectl({ ...cluster, namespace }, words, calling)
  return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as KubeObject)
}

/** Whose an Ingress is, where it is not the endpoint's own: our label tells it, as with Secrets. */
export function foreignIn(found: KubeObject | undefined, name: string): ForeignIngress | undefined {
  if (!found) return undefined
  const { owner, words } = ownerOf(withoutStatus(found), name)
  if (owner === 'ours' || isUnmarked(found)) return undefined
  const rules: unknown = found.spec?.rules
  const hosts = (Array.isArray(rules) ? rules : []).flatMap(rule =>
    typeof rule?.host === 'string' ? [plainText(rule.host)] : [],
  )
  return { words: plainText(words), hosts }
}

/** One that we have applied before it bore a label. */
function isUnmarked(found: KubeObject): boolean {
  const { labels = {}, managedFields = [] } = withoutStatus(found).metadata
  const isKnown = managedFields.length > 0 && othersIn(found).length === 0
  return isKnown && Object.keys(labels).length === 0
}

/** Who else than us has written something of an Ingress beside its status. */
export function othersIn(found: KubeObject): string[] {
  const { managedFields = [] } = withoutStatus(found).metadata
  return managedFields.flatMap(({ manager }) => (manager === fieldManager ? [] : [manager]))
}

/** Controllers write the status of every Ingress that they serve: that makes it nobody's. */
function withoutStatus(found: KubeObject): KubeObject {
  const { managedFields = [] } = found.metadata
  const own = managedFields.filter(({ subresource }) => subresource !== 'status')
  return { ...found, metadata: { ...found.metadata, managedFields: own } }
}

/** Whether an Ingress of ours says what a manifest does; without `tls` there it must have none. */
export function isAsManifest(found: KubeObject, manifest: KubeObject): boolean {
  const wanted = manifest.spec as Record<string, Json>
  return (
    (found.spec?.tls !== undefined) === (wanted.tls !== undefined) &&
    Object.entries(wanted).every(
      ([key, value]) => canonicalJson(found.spec?.[key] ?? null) === canonicalJson(value),
    )
  )
}

/** What of an Ingress is its owners' and can be put back; the rest the API server makes. */
export function writableOf({ metadata, spec }: KubeObject): Json {
  const { name, labels, annotations, ownerReferences } = metadata
  const own = { name, namespace, labels, annotations, ownerReferences }
  const manifest = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: own, spec }
  return JSON.parse(JSON.stringify(manifest)) as Json
}

/** An Ingress of somebody else where nobody said that it may be taken over. */
export function foreignIngress(name: string, { words, hosts }: ForeignIngress): Finding {
  const serves = hosts.length > 0 ? `, for ${hosts.join(', ')}` : ''
  return finding(azuremlFindings, 'azureml.foreign-ingress', {
    subject: `${namespace}/${name}`,
    evidence: `it is ${words}${serves}`,
    fix: 'Give the endpoint another record name (endpoint: in the answers), or put target.onConflict: adopt into them: what the Ingress says is kept, and put back where a run fails.',
  })
}

export function foreignProblem(name: string, found: ForeignIngress): Problem {
  return new Problem(exitCodes.data, [foreignIngress(name, found)])
}
