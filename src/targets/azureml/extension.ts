import { type AzContext, az, azProblem } from '../../azure/az.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { type Recalling, recently } from '../../plan/recent.ts'
import { oneLine } from '../../process/plain-text.ts'
import { clusterArguments, type Where } from './answers.ts'

/** How the extension ends TLS, as its stored settings say. */
export type TlsMode = 'http' | 'secret' | 'pem' | 'none'

/** The Azure ML extension of a cluster as Azure stores it. */
export interface Extension {
  name: string
  /** Succeeded, Failed, Canceled, Creating, Updating, Deleting, Pending. */
  state: string
  mode: TlsMode
  /** What Helm really reads: `scoringFe.sslSecret`. */
  secret?: string
  cname?: string
  serviceType: string
  internal: boolean
  highAvailability: boolean
  version?: string
  /** Names of the protected settings; Azure blanks their values. */
  protectedKeys: string[]
  /** Whether az can send protected settings: it reads these two without asking whether they are there. */
  relayReady: boolean
  /** What Azure says of the last failure. */
  error?: string
  /** The stored settings that are no secrets. */
  settings: Record<string, string>
}

/** Azure ML's type of extension, as Azure writes it (case is not kept). */
const extensionType = 'microsoft.azureml.kubernetes'

/** Settings of the pair; all others among the protected ones belong to somebody else. */
const pairKeys = [
  'sslCertPemFile',
  'sslKeyPemFile',
  'scoringFe.sslCert',
  'scoringFe.sslKey',
] as const

const readLimitMs = 180_000

/** What az adds by itself whenever a protected setting is sent (k8s-extension, AzureMLKubernetes). */
const readded = [
  'relayserver.relayConnectionString',
  'relayserver.hybridConnectionName',
  'servicebus.connectionString',
  'servicebus.resourceID',
  'servicebus.topicName',
  'servicebus.topicSubName',
  'servicebus.topicSub',
  'azure.log_analytics.customer_id',
  'azure.log_analytics.shared_key',
  'scoringFe.logAnalytics.workspaceKey',
]

/** The extension where the cluster has one, by its type: whatever its name is. */
export async function readExtension(
  where: Omit<Where, 'extension'>,
  ctx: AzContext,
): Promise<Extension | undefined> {
  const args = ['k8s-extension', 'list', ...clusterArguments(where)]
  const answer = await az({ args, limitMs: readLimitMs }, ctx)
  if (!answer.ok) throw azProblem(answer, { subject: where.cluster })
  const all = Array.isArray(answer.value) ? answer.value : []
  const found = all.find(each => text(each, 'extensionType')?.toLowerCase() === extensionType)
  return found === undefined ? undefined : parseExtension(found)
}

/** How long an answer of az stands in for starting it again, while Azure is not changed. Milliseconds. */
const recentMs = 30_000

/** The extension as it was read a moment ago, else anew. */
export async function recentExtension(
  where: Omit<Where, 'extension'>,
  ctx: AzContext & Recalling,
): Promise<Extension | undefined> {
  const key = `azure extension ${clusterArguments(where).join(' ')}`
  const ask = async () => (await readExtension(where, ctx)) ?? null
  return (await recently(key, recentMs, ctx, ask)) ?? undefined
}

/** One entry of `az k8s-extension list`, or the answer of `show`, `create` and `update`. */
export function parseExtension(json: Json): Extension {
  const settings = record(json, 'configurationSettings')
  const protectedKeys = Object.keys(record(json, 'configurationProtectedSettings'))
  const setting = (key: string) => {
    const value = settings[key]
    return value === undefined || value === null || value === '' ? undefined : String(value)
  }
  const isOn = (key: string) => setting(key)?.toLowerCase() === 'true'
  const error = text(json, 'errorInfo.message')
  const secret = setting('scoringFe.sslSecret')
  const cname = setting('sslCname')
  const version = text(json, 'currentVersion') ?? text(json, 'version')
  return {
    name: text(json, 'name') ?? '',
    state: text(json, 'provisioningState') ?? 'Unknown',
    mode: isOn('allowInsecureConnections')
      ? 'http'
      : protectedKeys.includes('scoringFe.sslCert')
        ? 'pem'
        : secret === undefined
          ? 'none'
          : 'secret',
    ...(secret === undefined ? {} : { secret }),
    ...(cname === undefined ? {} : { cname }),
    serviceType: setting('inferenceRouterServiceType') ?? 'LoadBalancer',
    internal: isOn('scoringFe.serviceType.internalLoadBalancer'),
    highAvailability: isOn('inferenceRouterHA'),
    ...(version === undefined ? {} : { version }),
    protectedKeys,
    relayReady: ['relayserver.enabled', 'servicebus.enabled'].every(
      key => setting(key) !== undefined,
    ),
    ...(error === undefined ? {} : { error: oneLine(error) }),
    settings: Object.fromEntries(
      Object.keys(settings).flatMap(key => {
        const value = setting(key)
        return value === undefined ? [] : [[key, value]]
      }),
    ),
  }
}

/** The stored settings that TLS hangs on, as far as they are not empty. */
export function leftBehind({ settings }: Pick<Extension, 'settings'>): string[] {
  return tlsSettings.filter(key => settings[key] !== undefined)
}

/** What `disable` clears: az never takes a setting away by itself. */
export const tlsSettings = ['sslSecret', 'scoringFe.sslSecret', 'sslCname'] as const

/**
 * What a second create must be given again: the owner's choices. Everything else az works out anew.
 */
export function ownerSettings({ settings }: Pick<Extension, 'settings'>): Record<string, string> {
  const derived = [
    ...tlsSettings,
    ...['allowInsecureConnections', 'domain', 'location', 'jobSchedulerLocation', 'clusterId'],
    ...['cluster_name', 'cluster_name_friendly', 'scoringFe.serviceType.nodePort'],
    'scoringFe.serviceType.internalLoadBalancer',
    'prometheus.prometheusSpec.externalLabels.cluster_name',
  ]
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !derived.includes(key)))
}

/** The protected settings that a change of the pair would delete for good. */
export function lostSettings({ protectedKeys }: Pick<Extension, 'protectedKeys'>): string[] {
  const known: readonly string[] = [...pairKeys, ...readded]
  return protectedKeys.filter(key => !known.includes(key))
}

/** Whether a pair is among the protected settings: it stands above a Secret, and no update removes it. */
export function hasStoredPair({ protectedKeys }: Pick<Extension, 'protectedKeys'>): boolean {
  return protectedKeys.includes('scoringFe.sslCert')
}

/** Azure is at it: what is read now is not what will be. */
export function isMoving({ state }: Pick<Extension, 'state'>): boolean {
  return ['Creating', 'Updating', 'Deleting', 'Pending', 'Accepted'].includes(state)
}

function text(json: Json, path: string): string | undefined {
  const value = atPath(json, path)
  return typeof value === 'string' ? value : undefined
}

function record(json: Json, key: string): Record<string, Json> {
  const value = atPath(json, key)
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, Json>)
    : {}
}
