const text = { type: 'string' }
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const flag = { type: 'boolean' }

/**
 * The part of the operator's schema that is known (ais-k8s 3.4, operator/api/aistore/v1beta1): `spec.tls`
 * with its rule, and no fields of 2.x. The paths of certificates are refused as its webhook does.
 */
export const aisSchema = {
  type: 'object',
  required: ['spec'],
  properties: {
    apiVersion: text,
    kind: text,
    metadata: { type: 'object' },
    status: open,
    spec: {
      type: 'object',
      properties: {
        proxySpec: open,
        targetSpec: open,
        operatorSkipVerifyCrt: flag,
        tls: {
          type: 'object',
          properties: {
            secretName: text,
            certificate: {
              type: 'object',
              required: ['issuerRef'],
              properties: {
                issuerRef: {
                  type: 'object',
                  required: ['name'],
                  properties: {
                    name: text,
                    kind: { type: 'string', enum: ['Issuer', 'ClusterIssuer'] },
                  },
                },
                additionalDNSNames: { type: 'array', items: text },
                duration: text,
                renewBefore: text,
                mode: { type: 'string', enum: ['secret', 'csi'] },
              },
            },
          },
          'x-kubernetes-validations': [
            {
              rule: 'has(self.secretName) != has(self.certificate)',
              message: 'specify only one: secretName or certificate',
            },
          ],
        },
        configToUpdate: {
          type: 'object',
          properties: {
            net: {
              type: 'object',
              properties: {
                http: {
                  type: 'object',
                  properties: {
                    use_https: flag,
                    skip_verify: flag,
                    client_auth_tls: { type: 'integer' },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
} as const

/** The kind as a real API server takes it. */
export const aisCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'aistores.ais.nvidia.com' },
  spec: {
    group: 'ais.nvidia.com',
    scope: 'Namespaced',
    names: { kind: 'AIStore', listKind: 'AIStoreList', plural: 'aistores', singular: 'aistore' },
    versions: [
      { name: 'v1beta1', served: true, storage: true, schema: { openAPIV3Schema: aisSchema } },
    ],
  },
}

/** An API server drops a field that a schema does not know: here it is an error. */
export function strictly(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map(strictly)
  if (typeof schema !== 'object' || schema === null) return schema as unknown as object
  const inner = Object.entries(schema).map(([key, value]) => [key, strictly(value)])
  const closed = 'properties' in schema && 'type' in schema ? { additionalProperties: false } : {}
  return { ...Object.fromEntries(inner), ...closed }
}
