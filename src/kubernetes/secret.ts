import type { Json } from '../plan/plan.ts'
import type { KubeObject } from './kubectl.ts'
import type { Place } from './place.ts'

/** Who writes our objects, as the API server remembers it. */
export const fieldManager = 'secure-endpoint'
const managedBy = 'app.kubernetes.io/managed-by'
const endpointLabel = 'secure-endpoint.dev/endpoint'
const fingerprintNote = 'secure-endpoint.dev/leaf-sha256'

/** The Secret of an endpoint for one leaf: `NAME-<8 hex>`. Written once and never changed. */
export function secretName(endpoint: string, fingerprint: string): string {
  return `${endpoint}-${fingerprint.replaceAll(':', '').slice(0, 8).toLowerCase()}`
}

export interface SecretContent {
  type: 'kubernetes.io/tls' | 'Opaque'
  /** PEM texts by key: `tls.crt`, `tls.key`. */
  data: Readonly<Record<string, string>>
}

/** The object as it goes to the API server, by stdin alone: it holds the key. */
export function secretManifest(
  name: string,
  { namespace }: Place,
  { endpoint, fingerprint }: { endpoint: string; fingerprint: string },
  { type, data }: SecretContent,
): Json {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: {
      name,
      namespace,
      labels: ownLabels(endpoint),
      annotations: { [fingerprintNote]: fingerprint },
    },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encoded(text)])),
  }
}

/** What tells the objects of one endpoint from all others. */
export function ownLabels(endpoint: string): Record<string, string> {
  return { [managedBy]: fieldManager, [endpointLabel]: endpoint }
}

/** Selects the Secrets of one endpoint. */
export function ownSelector(endpoint: string): string {
  return `${managedBy}=${fieldManager},${endpointLabel}=${endpoint}`
}

/** Whether a Secret holds exactly these files. */
export function holdsData(secret: KubeObject, { type, data }: SecretContent): boolean {
  const held = Object.entries(secret.data ?? {})
  return (
    secret.type === type &&
    held.length === Object.keys(data).length &&
    held.every(([key, value]) => data[key] !== undefined && value === encoded(data[key]))
  )
}

export type Owner = 'ours' | 'cert-manager' | 'helm' | 'other'

/** Who an object belongs to, and how that is known. */
export function ownerOf(
  { metadata }: KubeObject,
  endpoint: string,
): { owner: Owner; words: string } {
  const { labels = {}, annotations = {}, ownerReferences = [], managedFields = [] } = metadata
  if (labels[managedBy] === fieldManager && labels[endpointLabel] === endpoint)
    return { owner: 'ours', words: 'made by secure-endpoint' }
  if (labels[managedBy] === fieldManager)
    return { owner: 'other', words: `made by secure-endpoint for ${labels[endpointLabel]}` }
  const certificate = annotations['cert-manager.io/certificate-name']
  if (certificate !== undefined)
    return { owner: 'cert-manager', words: `kept by cert-manager (Certificate ${certificate})` }
  const release = annotations['meta.helm.sh/release-name']
  if (release !== undefined || labels[managedBy] === 'Helm')
    return { owner: 'helm', words: `part of the Helm release ${release ?? 'of its chart'}` }
  const [reference] = ownerReferences
  if (reference) return { owner: 'other', words: `owned by ${reference.kind} ${reference.name}` }
  const managers = [...new Set(managedFields.map(({ manager }) => manager))]
  return { owner: 'other', words: `made by ${managers.join(', ') || 'somebody else'}` }
}

/** What a Secret holds under a key, as text; empty where it holds nothing, or is not there. */
export function textIn(secret: Pick<KubeObject, 'data'> | undefined, key: string): string {
  return Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8')
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
