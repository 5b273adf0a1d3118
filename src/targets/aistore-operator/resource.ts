import type { KubeObject } from '../../kubernetes/kubectl.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'

/** The kind as kubectl is asked for it (ais-k8s, operator/api/aistore/v1beta1). */
export const resourceKind = 'aistores.ais.nvidia.com'

/** What matters of a resource's spec. */
export interface ResourceTls {
  /** Of `spec.tls`; empty where there is none. */
  secretName: string
  /** `spec.tls.certificate`: cert-manager's, which is not ours to replace. */
  certificate: boolean
  useHttps: boolean
  skipVerify?: boolean
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

export function tlsIn({ spec }: KubeObject): ResourceTls {
  const at = (path: string) => atPath((spec ?? {}) as Json, path)
  const skipVerify = at('configToUpdate.net.http.skip_verify')
  return {
    secretName: String(at('tls.secretName') ?? ''),
    certificate: typeof at('tls.certificate') === 'object' && at('tls.certificate') !== null,
    useHttps: at('configToUpdate.net.http.use_https') === true,
    ...(typeof skipVerify === 'boolean' ? { skipVerify } : {}),
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

/** HTTPS with a Secret: `spec.tls` alone mounts it and leaves the cluster on HTTP. */
export function httpsPatch(secretName: string): Json {
  return specPatch({ secretName, certificate: null }, { use_https: true, skip_verify: false })
}

export function plainPatch(): Json {
  return specPatch(null, { use_https: false, skip_verify: null })
}

/** What was found. */
export function patchTo({ secretName, certificate, useHttps, skipVerify }: ResourceTls): Json {
  const tls = secretName === '' ? null : { secretName }
  const http = { use_https: useHttps, skip_verify: skipVerify ?? null }
  return certificate ? specPatch(undefined, http) : specPatch(tls, http)
}

/** A merge patch: null takes a field away, what is left out stays. */
function specPatch(tls: Json | undefined, http: Json): Json {
  return { spec: { ...(tls === undefined ? {} : { tls }), configToUpdate: { net: { http } } } }
}
