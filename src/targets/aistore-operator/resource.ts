import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../kubernetes/kubectl.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import type { ManagedCertificate } from './answers.ts'
import { mergePatch, patchBetween } from './merge-patch.ts'

/** The kind as kubectl is asked for it (ais-k8s, operator/api/aistore/v1beta1). */
export const resourceKind = 'aistores.ais.nvidia.com'

/** What matters of a resource's spec. */
export interface ResourceTls {
  /** Of `spec.tls`; empty where there is none. */
  secretName: string
  /** `spec.tls.certificate`, where cert-manager keeps the Secret. */
  certificate?: Json
  useHttps: boolean
  skipVerify?: boolean
  /** What `startedNote` says of the last start of ours; empty where there was none. */
  startedWith?: string
  /** Public ports of the pods. */
  ports: { proxy: number; target: number }
}

/** Fields of operators before 3.0, and of settings that the operator manages itself. */
const refusedFields = [
  'tlsSecretName',
  'tlsCertificate',
  'tlsCertManagerIssuerName',
  'configToUpdate.net.http.server_crt',
  'configToUpdate.net.http.server_key',
  'configToUpdate.net.http.client_ca_tls',
] as const

/**
 * The annotation of `proxySpec` and `targetSpec` that names the leaf for which all pods were started
 * again: another value changes the pods' template, which the operator rolls out one by one as it does
 * any other (ais-k8s 3.4, operator/internal/controller/aistore/common.go). Taking it away does not.
 */
export const startedNote = 'secure-endpoint.dev/started-with'

export function tlsIn({ spec }: KubeObject): ResourceTls {
  const at = (path: string) => atPath((spec ?? {}) as Json, path)
  const certificate = at('tls.certificate')
  const skipVerify = at('configToUpdate.net.http.skip_verify')
  const notes = (spec?.proxySpec?.annotations ?? {}) as Record<string, unknown>
  return {
    secretName: String(at('tls.secretName') ?? ''),
    ...(certificate ? { certificate } : {}),
    useHttps: at('configToUpdate.net.http.use_https') === true,
    ...(typeof skipVerify === 'boolean' ? { skipVerify } : {}),
    ...(notes[startedNote] ? { startedWith: String(notes[startedNote]) } : {}),
    // the operator's own samples
    ports: {
      proxy: Number(at('proxySpec.portPublic') ?? 51_080),
      target: Number(at('targetSpec.portPublic') ?? 51_081),
    },
  }
}

/** The field that the operator's webhook would refuse beside `spec.tls`. */
export function refusedField({ spec }: KubeObject): string | undefined {
  return refusedFields.find(path => {
    const value = atPath((spec ?? {}) as Json, path)
    return value !== undefined && value !== null
  })
}

/** Whether the resource has cert-manager make this; what the API server adds by itself is no difference. */
export function isAsked({ certificate }: ResourceTls, wanted: ManagedCertificate): boolean {
  return isDeepStrictEqual(certificate, mergePatch(certificate, { ...wanted }))
}

/** HTTPS with a Secret: `spec.tls` alone mounts it and leaves the cluster on HTTP. */
export function httpsPatch(secretName: string): Json {
  return specPatch({ secretName, certificate: null }, https)
}

/** HTTPS with what cert-manager makes. */
export function managedPatch(wanted: ManagedCertificate): Json {
  return specPatch({ secretName: null, certificate: { ...wanted } }, https)
}

/** Without the note of a start: the next one may be for the same leaf, and must be another value. */
export function plainPatch({ startedWith }: Pick<ResourceTls, 'startedWith'> = {}): Json {
  const plain = specPatch(null, { use_https: false, skip_verify: null })
  return startedWith === undefined ? plain : withStart(plain, null)
}

/** The patch that beside all else has the operator start all pods again; null takes the note away. */
export function withStart(patch: Json, leaf: string | null): Json {
  const noted = { annotations: { [startedNote]: leaf } }
  return { spec: { ...(patch as { spec: object }).spec, proxySpec: noted, targetSpec: noted } }
}

/** What was found, after a change to what cert-manager shall make. */
export function patchTo(
  { secretName, certificate, useHttps, skipVerify }: ResourceTls,
  asked?: ManagedCertificate,
): Json {
  const http = { use_https: useHttps, skip_verify: skipVerify ?? null }
  if (certificate)
    return specPatch({ certificate: patchBetween(asked && { ...asked }, certificate) }, http)
  return specPatch(secretName === '' ? null : { secretName, certificate: null }, http)
}

const https = { use_https: true, skip_verify: false }

/** A merge patch: null takes a field away, what is left out stays. */
function specPatch(tls: Json, http: Json): Json {
  return { spec: { tls, configToUpdate: { net: { http } } } }
}
