import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { Said } from './stage.ts'
import type { StagedRouter } from './stage-router.ts'

type Manifest = { [key: string]: Json }

const conflict = (name: string): Said => ({
  exit: 1,
  stderr: `error: Apply failed with 1 conflict: conflict with "${name}" using networking.k8s.io/v1: .spec.rules`,
})

/** Stands for what the API server does with one Ingress: who owns its fields, and what is merged. */
export async function changeIngress(
  verb: 'apply' | 'create' | 'replace',
  words: readonly string[],
  manifest: Manifest,
  router: StagedRouter,
): Promise<Said> {
  const found = router.ingress?.object as Manifest | undefined
  const name = String(atPath(manifest, 'metadata.name'))
  if (verb === 'create' && found) return { exit: 1, stderr: `ingresses "${name}" already exists` }
  if (verb === 'replace' && !found) return { exit: 1, stderr: `ingresses "${name}" not found` }
  const manager = after(words, '--field-manager=') ?? `kubectl-${verb}`
  const owners = managersOf(found).filter(each => each !== manager)
  if (verb === 'apply' && owners[0] !== undefined && !words.includes('--force-conflicts'))
    return conflict(owners[0])
  const metadata = manifest.metadata as Manifest
  const before = (found?.metadata ?? {}) as Manifest
  const merged =
    verb === 'apply'
      ? { ...before, ...metadata, labels: both(before.labels, metadata.labels) }
      : metadata
  const uid = before.uid ?? `uid-${router.ingresses + 1}`
  router.ingresses += before.uid === undefined ? 1 : 0
  const managers = [...new Set([...owners, manager])]
  const managedFields = managers.map(each => ({ manager: each, operation: 'Update' }))
  const object = {
    ...manifest,
    metadata: { ...merged, uid, managedFields },
    spec: manifest.spec ?? {},
  }
  await router.applyIngress(object)
  return json(object)
}

/** Deletes an Ingress by its name, or the very one of a uid. */
export async function deleteIngress(
  router: StagedRouter,
  stdin: string | undefined,
): Promise<Said> {
  const wanted = stdin === undefined ? undefined : atPath(JSON.parse(stdin), 'preconditions.uid')
  const uid = atPath(router.ingress?.object, 'metadata.uid')
  if (wanted !== undefined && wanted !== uid)
    return { exit: 1, stderr: `Precondition failed: UID in precondition: ${wanted}` }
  await router.applyIngress(undefined)
  return {}
}

function managersOf(found: Json | undefined): string[] {
  const fields = atPath(found, 'metadata.managedFields')
  return Array.isArray(fields) ? fields.map(each => String(atPath(each, 'manager'))) : []
}

function both(a: Json | undefined, b: Json | undefined): Json {
  return { ...((a ?? {}) as Manifest), ...((b ?? {}) as Manifest) }
}

function after(words: readonly string[], flag: string): string | undefined {
  return words.find(word => word.startsWith(flag))?.slice(flag.length)
}

function json(value: unknown): Said {
  return { stdout: `${JSON.stringify(value, null, 2)}\n` }
}
