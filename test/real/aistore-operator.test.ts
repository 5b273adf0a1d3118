import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ManagedCertificate } from '../../src/targets/aistore-operator/answers.ts'
import { startedNote } from '../../src/targets/aistore-operator/resource.ts'
import { aisCrd } from '../support/ais-crd.ts'
import { type Made, make } from '../support/certificates.ts'
import { type RealKubernetes, realKubernetes } from '../support/real-kubernetes.ts'

const namespace = `ais-${process.pid.toString(36)}`
const kind = 'aistores.ais.nvidia.com'
const endpoint = 'ais-k8s'

let lab: RealKubernetes
let operator: { stop(): Promise<void>; restarts(): number }

// The vendor's operator and images are not here. The kind is real (a CRD from what is known of its schema, with
// its rule), and so are API server, Secret, kubelet and pods; what the operator does with the resource is played.
beforeAll(async () => {
  lab = realKubernetes()
  must(['apply', '-f', '-'], JSON.stringify(aisCrd))
  must(['wait', '--for=condition=Established', `crd/${kind}`, '--timeout=60s'])
  must(['create', 'namespace', namespace])
  must(['apply', '-f', '-'], JSON.stringify(resourceWith({})))
  operator = playOperator()
  await until(() => ready() === 2)
  lab.file(
    'a.yaml',
    `version: 1
endpoint: ${endpoint}
domain: ais-proxy.${namespace}.svc.cluster.local
certificate: {source: self-signed, authority: local}
target:
  kind: aistore-operator
  context: ${lab.context}
  namespace: ${namespace}
  resource: ais
  wait: 4m
`,
  )
})

afterAll(async () => {
  await operator?.stop()
  lab.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false'])
  lab.kubectl(['delete', kind, '--all', '-n', namespace, '--ignore-not-found'])
  const others = lab.kubectl(['get', kind, '--all-namespaces', '-o', 'name'])
  if (others.stdout.trim() === '') lab.kubectl(['delete', 'crd', kind, '--ignore-not-found'])
  lab.close()
})

const at = ['-n', namespace]

function must(args: string[], input?: string): string {
  const { status, stdout, stderr } = lab.kubectl(args, input)
  expect(status, `${args.join(' ')}\n${stderr}`).toBe(0)
  return stdout
}

async function run(args: string[], exit = 0) {
  const ran = await lab.cli(args)
  expect(ran.exit, `${args.join(' ')}\n${ran.stdout}\n${ran.stderr}`).toBe(exit)
  return ran
}

function resourceWith(spec: object) {
  return {
    apiVersion: 'ais.nvidia.com/v1beta1',
    kind: 'AIStore',
    metadata: { name: 'ais', namespace },
    spec: { proxySpec: { size: 1 }, targetSpec: { size: 1 }, ...spec },
  }
}

const specNow = () => JSON.parse(must(['get', kind, 'ais', ...at, '-o', 'json'])).spec

/** Renders a stateful set each for proxy and target when what concerns TLS changes, as the operator does. */
function playOperator() {
  let stopped = false
  let last = ''
  let asked: string | undefined
  let changes = 0
  const loop = (async () => {
    while (!stopped) {
      const { tls, configToUpdate, proxySpec } = specNow()
      const startedWith: string = proxySpec?.annotations?.[startedNote] ?? ''
      const https = configToUpdate?.net?.http?.use_https === true
      const secretName = tls?.certificate ? 'ais-tls' : tls?.secretName
      const wish = JSON.stringify(tls?.certificate)
      if (wish !== asked) {
        asked = wish
        if (tls?.certificate) issue(tls.certificate)
      }
      const now = JSON.stringify([secretName, https, startedWith])
      if (now !== last) {
        last = now
        changes += 1
        for (const [name, port] of [
          ['ais-proxy', 51_080],
          ['ais-target', 51_081],
        ] as const)
          must(
            ['apply', '-f', '-'],
            JSON.stringify(setOf(name, port, https ? secretName : '', startedWith)),
          )
      }
      await sleep(500)
    }
  })()
  return {
    restarts: () => changes,
    async stop() {
      stopped = true
      await loop
    },
  }
}

let issuer: Made | undefined

/** What the operator has cert-manager write, with the names and notes that it gives a Secret. */
function issue(
  { issuerRef, additionalDNSNames, duration }: ManagedCertificate,
  another = false,
): void {
  const now = Date.now()
  const root = (!another && issuer) || make({ ca: true, cn: 'ca-issuer', at: now })
  issuer = root
  const inside = `${namespace}.svc.cluster.local`
  const names = [...additionalDNSNames, `*.ais-proxy.${inside}`, `*.ais-target.${inside}`]
  const to = Number.parseInt(duration, 10) / 24
  const leaf = make({ issuer: root, names, at: now, to })
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: {
      name: 'ais-tls',
      namespace,
      annotations: {
        'cert-manager.io/certificate-name': 'ais-tls-cert',
        'cert-manager.io/issuer-name': issuerRef.name,
        'cert-manager.io/issuer-kind': issuerRef.kind,
      },
    },
    stringData: { 'tls.crt': leaf.pem, 'tls.key': leaf.keyPem, 'ca.crt': root.pem },
  }
  must(['apply', '-f', '-'], JSON.stringify(secret))
}

function setOf(name: string, port: number, secretName: string, startedWith: string) {
  const labels = { app: name }
  const certs = ['-cert', '/var/certs/tls.crt', '-key', '/var/certs/tls.key', '-reload']
  const https = secretName !== ''
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace },
    spec: {
      serviceName: name,
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { [startedNote]: startedWith } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'aisnode',
              image: 'lab/standin:1',
              imagePullPolicy: 'Never',
              args: https ? ['-listen', `:${port}`, ...certs] : ['-plain-listen', `:${port}`],
              ...(https ? { volumeMounts: [{ name: 'certs', mountPath: '/var/certs' }] } : {}),
            },
          ],
          ...(https ? { volumes: [{ name: 'certs', secret: { secretName } }] } : {}),
        },
      },
    },
  }
}

function ready(): number {
  const { items } = JSON.parse(must(['get', 'sts', ...at, '-o', 'json']))
  return items.filter((each: { status: { readyReplicas?: number } }) => each.status.readyReplicas)
    .length
}

async function until(holds: () => boolean) {
  while (!holds()) await sleep(500)
}

/** The pods by what tells one from the other: a stateful set gives the next one the same name. */
function podsNow(): string[] {
  return must(['get', 'pods', ...at, '-o', 'jsonpath={.items[*].metadata.uid}'])
    .split(' ')
    .sort()
}

function leafInSecret(): string {
  const pem = must(['get', 'secret', 'ais-tls', ...at, '-o', 'jsonpath={.data.tls\\.crt}'])
  return new X509Certificate(Buffer.from(pem, 'base64')).fingerprint256
}

describe('the resource on a real API server', () => {
  it('refuse: the rule of spec.tls holds for anybody who sets both', () => {
    const both = { tls: { secretName: 'x', certificate: { issuerRef: { name: 'y' } } } }
    const { status, stderr } = lab.kubectl(
      ['apply', '--dry-run=server', '-f', '-'],
      JSON.stringify(resourceWith(both)),
    )
    expect([status, stderr]).toEqual([1, expect.stringContaining('specify only one')])
  })

  it('refuse: a resource that is not there is named, and nothing is made', async () => {
    const text = readFileSync(join(lab.folder, 'a.yaml'), 'utf8')
    lab.file('no.yaml', text.replace('resource: ais', 'resource: other'))
    const { stderr } = await run(['init', '--answers', 'no.yaml', '--yes'], 65)
    expect(stderr).toContain('There is no such AIStore resource')
    expect(must(['get', 'secrets', ...at, '-o', 'name'])).toBe('')
  })

  it('enable http: Secret, spec.tls and use_https, and each pod is proven', async () => {
    await run(['init', '--answers', 'a.yaml', '--yes'])
    expect(specNow()).toMatchObject({
      tls: { secretName: 'ais-tls' },
      configToUpdate: { net: { http: { use_https: true, skip_verify: false } } },
      proxySpec: { size: 1 },
    })
    await run(['verify', endpoint])
  })

  it('rotate: the content of the Secret changes, kubelet brings it, and no pod restarts', async () => {
    const before = leafInSecret()
    const changes = operator.restarts()
    const pods = podsNow()
    await run(['rotate', endpoint, '--yes'])
    expect(leafInSecret()).not.toBe(before)
    expect(operator.restarts()).toBe(changes)
    expect(podsNow()).toEqual(pods)
    await run(['rotate', endpoint, '--undo', '--yes'])
    expect(leafInSecret()).toBe(before)
  })

  it('rotate to another root: all pods start again with both, and then serve the new pair', async () => {
    const before = leafInSecret()
    const pods = podsNow()
    const text = readFileSync(join(lab.folder, 'a.yaml'), 'utf8')
    lab.file('none.yaml', text.replace('authority: local', 'authority: none'))
    await run(['rotate', endpoint, '--answers', 'none.yaml', '--yes'])
    expect(leafInSecret()).not.toBe(before)
    expect(podsNow().filter(each => pods.includes(each))).toEqual([])
    await run(['verify', endpoint])
    await run(['rotate', endpoint, '--undo', '--yes'])
    expect(leafInSecret()).toBe(before)
    await run(['verify', endpoint])
  })

  it('disable: the resource has no tls, and each pod answers HTTP', async () => {
    await run(['disable', endpoint, '--yes'])
    expectPlain()
  })

  it('enable managed: spec.tls.certificate alone, each pod is proven, and no key comes here', async () => {
    must(['delete', 'secret', 'ais-tls', ...at])
    const text = readFileSync(join(lab.folder, 'a.yaml'), 'utf8')
    const managed = text.replace(
      'certificate: {source: self-signed, authority: local}',
      'certificate: {source: managed, issuer: ca-issuer}',
    )
    lab.file('managed.yaml', managed.replace(`endpoint: ${endpoint}`, `endpoint: ${endpoint}-cm`))
    await run(['init', '--answers', 'managed.yaml', '--yes'])
    expect(specNow()).toMatchObject({
      tls: { certificate: { issuerRef: { name: 'ca-issuer', kind: 'ClusterIssuer' } } },
      configToUpdate: { net: { http: { use_https: true, skip_verify: false } } },
    })
    expect(readdirSync(lab.generationOf(`${endpoint}-cm`)).sort()).toEqual([
      'chain.pem',
      'meta.json',
      'roots.pem',
    ])
    await run(['verify', `${endpoint}-cm`])
  })

  it('rotate managed: what was renewed in the Secret is loaded, and no pod restarts', async () => {
    const before = leafInSecret()
    issue(specNow().tls.certificate)
    expect(leafInSecret()).not.toBe(before)
    const pods = podsNow()
    await run(['rotate', `${endpoint}-cm`, '--yes'])
    expect(podsNow()).toEqual(pods)
    await run(['verify', `${endpoint}-cm`])
    await run(['rotate', `${endpoint}-cm`, '--undo', '--yes'], 2)
  })

  it('refuse managed: what has another root by now is not loaded, and the way is named', async () => {
    issue(specNow().tls.certificate, true)
    const { stderr } = await run(['rotate', `${endpoint}-cm`, '--yes'], 65)
    expect(stderr).toContain('The nodes would stop trusting each other')
    expect(stderr).toContain(`secure-endpoint disable ${endpoint}-cm`)
  })

  it('disable managed: the resource has no tls, and each pod answers HTTP', async () => {
    await run(['disable', `${endpoint}-cm`, '--yes'])
    expectPlain()
  })
})

function expectPlain(): void {
  const { tls, configToUpdate } = specNow()
  expect([tls, configToUpdate.net.http]).toEqual([undefined, { use_https: false }])
}
