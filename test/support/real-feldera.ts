import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { namespaceObjects } from './namespace-objects.ts'
import { realKubernetes } from './real-kubernetes.ts'

const ports: Record<string, number> = { 'feldera-compiler-server': 8085 }

export const selfSigned = '{source: self-signed, authority: local}'

/** A namespace of the lab's cluster for Feldera, seen by kubectl, helm, openssl and curl alone. */
export type RealFeldera = ReturnType<typeof realFeldera>

export function realFeldera(namespace: string) {
  const lab = realKubernetes()
  const name = `feldera-api-server.${namespace}.svc.cluster.local`

  function answers(certificate = selfSigned, more = ''): string {
    return `version: 1
endpoint: ${namespace}
domain: ${name}
certificate: ${certificate}
target:
  kind: feldera
  context: ${lab.context}
  namespace: ${namespace}
  release: feldera
  chart: ${process.env.LAB_K8S_CHARTS}/feldera-chart
  wait: 90s
${more}
proof: {path: /healthz, expect: [200], wait: 30s}
`
  }

  /** More answers, for an installation from nothing: needs the files licence and values.yaml. */
  function installing(): string {
    return `  install: new
  version: 0.337.0
  databaseSecret: feldera-db-insecure-secret
  accountId: an-account
  licence: {file: ./licence}
  values: ./values.yaml
`
  }

  function record() {
    return JSON.parse(readFileSync(join(lab.recordOf(namespace), 'endpoint.json'), 'utf8'))
  }

  function generation(): string {
    return lab.generationOf(namespace)
  }

  /** What each component and pipeline serves, by openssl alone, at the pods' own addresses. */
  function served(): Record<string, string> {
    const pods = Object.entries(lab.pods(namespace)).filter(
      ([pod]) => !pod.startsWith('feldera-db'),
    )
    return Object.fromEntries(
      pods.map(([pod, ip]) => {
        const port = Object.entries(ports).find(([start]) => pod.startsWith(start))?.[1] ?? 8080
        return [pod, lab.leafAt(`${ip}:${port}`, name)]
      }),
    )
  }

  /** The API server's address and scheme, asked by curl. */
  function api(path: string, ...args: string[]) {
    const [, ip = ''] =
      Object.entries(lab.pods(namespace)).find(([pod]) => pod.startsWith('feldera-api')) ?? []
    const https = existsSync(join(generation(), 'roots.pem')) && record().https
    const trust = https ? ['--cacert', join(generation(), 'roots.pem')] : []
    const connect = ['--connect-to', `${name}:8080:${ip}:8080`]
    return lab.curl(
      `${https ? 'https' : 'http'}://${name}:8080${path}`,
      ...trust,
      ...connect,
      ...args,
    )
  }

  function pipelineStates(): Record<string, string> {
    const list = JSON.parse(api('/v0/pipelines').body) as {
      name: string
      deployment_status: string
    }[]
    return Object.fromEntries(list.map(each => [each.name, each.deployment_status]))
  }

  function secrets(): string[] {
    const { stdout } = lab.kubectl([
      '-n',
      namespace,
      'get',
      'secrets',
      '-l',
      'app.kubernetes.io/managed-by=secure-endpoint',
      '-o',
      'name',
    ])
    return stdout.trim().split('\n').filter(Boolean)
  }

  const objects = () => namespaceObjects(lab.kubectl, namespace)

  function values(): Record<string, unknown> {
    return JSON.parse(lab.helm('-n', namespace, 'get', 'values', 'feldera', '-o', 'json').stdout)
  }

  /** HTTPS really is served by every pod with the leaf of the current generation; pipelines run. */
  function expectHttps(running = ['p1', 'p2']): string {
    const { leaf } = JSON.parse(readFileSync(join(generation(), 'meta.json'), 'utf8'))
    const leaves = served()
    expect(Object.keys(leaves).length).toBe(3 + running.length)
    for (const [pod, fingerprint] of Object.entries(leaves))
      expect(fingerprint, pod).toBe(leaf.fingerprint)
    expect(JSON.parse(api('/v0/cluster_healthz').body)).toMatchObject({ all_healthy: true })
    for (const each of running) expect(pipelineStates()).toMatchObject({ [each]: 'Running' })
    return leaf.fingerprint
  }

  function openssl(...args: string[]) {
    const { status, stderr } = spawnSync('openssl', args, { cwd: lab.folder, encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  }

  /** A leaf of a private CA made by openssl: chain, key and root as files. */
  function privateCa(file: string) {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    if (!existsSync(join(lab.folder, 'ca.pem')))
      openssl(
        'req',
        '-x509',
        ...curve,
        '-days',
        '30',
        '-subj',
        '/CN=Private CA',
        '-keyout',
        'ca.key',
        '-out',
        'ca.pem',
      )
    openssl(
      'req',
      ...curve,
      '-subj',
      '/CN=feldera',
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.csr`,
    )
    lab.file(
      'ext',
      `basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:*.${namespace}.svc.cluster.local,DNS:localhost,IP:127.0.0.1\n`,
    )
    openssl(
      'x509',
      '-req',
      '-in',
      `${file}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '30',
      '-extfile',
      'ext',
      '-out',
      `${file}.pem`,
    )
  }

  /** What `openssl req -x509 -addext` makes of a page on the net: a leaf with CA:TRUE. */
  function popularLeaf(file: string) {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const names = `subjectAltName=DNS:*.${namespace}.svc.cluster.local,DNS:localhost,IP:127.0.0.1`
    const out = ['-keyout', `${file}.key`, '-out', `${file}.pem`]
    openssl(
      'req',
      '-x509',
      ...curve,
      '-days',
      '30',
      '-subj',
      '/CN=localhost',
      '-addext',
      names,
      ...out,
    )
  }

  /** An admission policy that lets pods of the API server in with one Secret alone. */
  function deny(secret: string): void {
    const policy = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingAdmissionPolicy',
          metadata: { name: namespace },
          spec: {
            matchConstraints: {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
              resourceRules: [
                {
                  apiGroups: [''],
                  apiVersions: ['v1'],
                  operations: ['CREATE'],
                  resources: ['pods'],
                },
              ],
            },
            validations: [
              {
                expression: `!object.metadata.labels.app.startsWith('feldera-api') || object.spec.volumes.exists(v, has(v.secret) && v.secret.secretName == '${secret}')`,
                message: 'only the Secret of before',
              },
            ],
          },
        },
        {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingAdmissionPolicyBinding',
          metadata: { name: namespace },
          spec: { policyName: namespace, validationActions: ['Deny'] },
        },
      ],
    }
    const { status, stderr } = lab.kubectl(['apply', '-f', '-'], JSON.stringify(policy))
    expect(status, stderr).toBe(0)
  }

  function allow(): void {
    lab.kubectl(['delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', namespace])
  }

  return {
    ...lab,
    answers,
    installing,
    record,
    generation,
    served,
    api,
    pipelineStates,
    secrets,
    objects,
    values,
    expectHttps,
    openssl,
    popularLeaf,
    privateCa,
    deny,
    allow,
  }
}
