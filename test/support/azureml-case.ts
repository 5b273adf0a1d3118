import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type RealAzure, realAzure } from './real-azure.ts'

/** What Azure stores of the extension, as az shows it. */
interface Stored {
  provisioningState: string
  configurationSettings: Record<string, string>
  configurationProtectedSettings: Record<string, string>
}

interface AnswersMore {
  context?: string
  target?: string
  dns?: string
  mode?: string
}

/** One way to bring a pair to Azure ML on one of the lab's clusters, with eyes of its own: curl and openssl. */
export interface AzureMlCase {
  lab: RealAzure
  kind: string
  mode: string
  domain: string
  endpoint: string
  subscription: string
  /** The words that name the cluster to az. */
  where: string[]
  answers(more?: AnswersMore): string
  extension(): Stored | undefined
  /** The address of azureml-fe. */
  host(): string
  /** SHA-256 of the leaf that is served; empty where TLS is not spoken. */
  servedLeaf(): string
  curl(scheme: 'http' | 'https', roots?: string): { status: string; exit: number | null }
  /** The same at any address. */
  leafAt(address: string, port: number): string
  curlAt(
    address: string,
    port: number,
    scheme: 'http' | 'https',
    roots?: string,
  ): { status: string; exit: number | null }
  /** SHA-256 of the leaf of the current generation. */
  currentLeaf(): string
  /** The folder of the current generation. */
  generation(): string
  /** HTTPS answers with the leaf of the current generation; gives its fingerprint. */
  expectHttps(): string
  must: RealAzure['must']
  /** Takes all of Azure ML off the cluster and brings the lab to its start: HTTP, no faults. */
  reset(): void
  close(): void
}

/** `aks-secret`, `aks-pem`, `arc-secret` or `arc-pem`: each cluster of the lab owns the namespace alone. */
export function azuremlCase(name = process.env.SE_AZURE_CASE ?? 'aks-secret'): AzureMlCase {
  const [kind = 'aks', mode = 'secret'] = name.split('-')
  const cluster = kind === 'aks' ? 'aks1' : 'arc1'
  const type = kind === 'aks' ? 'managedClusters' : 'connectedClusters'
  const subscription = process.env.LAB_AZURE_SUBSCRIPTION ?? ''
  const domain = 'ml.lab.test'
  const endpoint = `ml-${kind}-${mode}`
  const where = ['-g', 'rg1', '-c', cluster, '-t', type]
  const lab = realAzure()
  const context = lab.kubectl(['config', 'current-context']).stdout.trim()

  const host = () => {
    const path = 'jsonpath={.status.loadBalancer.ingress[0].ip}'
    return lab.kubectl(['-n', 'azureml', 'get', 'svc', 'azureml-fe', '-o', path]).stdout.trim()
  }
  const leafAt = (address: string, port: number) => {
    const look = `openssl s_client -connect ${address}:${port} -servername ${domain} -tls1_2 </dev/null 2>/dev/null`
    const read = 'openssl x509 -noout -fingerprint -sha256'
    const { stdout } = spawnSync('bash', ['-c', `${look} | ${read}`], { encoding: 'utf8' })
    return stdout.trim().split('=')[1] ?? ''
  }
  const servedLeaf = () => leafAt(host(), 443)
  const curlAt: AzureMlCase['curlAt'] = (address, port, scheme, roots) => {
    const trust = roots === undefined ? [] : ['--cacert', roots]
    const at = [
      '--resolve',
      `${domain}:${port}:${address}`,
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
    ]
    const words = ['-q', '-sS', '--noproxy', '*', '-m', '20', ...trust, ...at]
    const { stdout, status } = spawnSync('curl', [...words, `${scheme}://${domain}:${port}/`], {
      encoding: 'utf8',
    })
    return { status: stdout, exit: status }
  }
  const curl: AzureMlCase['curl'] = (scheme, roots) =>
    curlAt(host(), scheme === 'https' ? 443 : 80, scheme, roots)
  const generation = () => {
    const folder = join(lab.state, `endpoints/${endpoint}`)
    return join(folder, 'generations', readFileSync(join(folder, 'current'), 'utf8').trim())
  }
  const currentLeaf = () =>
    JSON.parse(readFileSync(join(generation(), 'meta.json'), 'utf8')).leaf.fingerprint
  return {
    ...{ leafAt, curlAt, currentLeaf },
    ...{ lab, kind, mode, domain, endpoint, subscription, where, host, servedLeaf, curl },
    generation,
    answers: (more = {}) => `version: 1
endpoint: ${endpoint}
domain: ${domain}
certificate: {source: self-signed, authority: local, keyType: rsa-2048}
target:
  kind: azureml
  subscription: ${subscription}
  resourceGroup: rg1
  cluster: ${cluster}
  clusterType: ${kind}
  context: ${more.context ?? context}
  mode: ${more.mode ?? mode}
${more.target ?? ''}
dns: ${more.dns ?? '{how: none}'}
proof: {wait: 60s}
`,
    extension: () => (lab.az('k8s-extension', 'list', ...where) as Stored[])[0],
    expectHttps() {
      const leaf = currentLeaf()
      expect(servedLeaf()).toBe(leaf)
      expect(curl('https', join(generation(), 'roots.pem'))).toEqual({ status: '200', exit: 0 })
      expect(curl('https').exit).toBe(60)
      expect(curl('http').exit).not.toBe(0)
      return leaf
    },
    must: lab.must,
    reset() {
      lab.ctl('faults', 'clear')
      lab.kubectl(['delete', 'namespace', 'azureml', '--ignore-not-found'])
      lab.ctl('reset')
      if (kind === 'arc') applyArcIdentity(lab, subscription)
    },
    close() {
      lab.ctl('faults', 'clear')
      lab.kubectl(['delete', 'namespace', 'azure-arc', '--ignore-not-found'])
      lab.close()
    },
  }
}

/** What the agents of Azure Arc keep in the cluster; the lab has no agents. */
function applyArcIdentity(lab: RealAzure, subscription: string): void {
  const data = {
    AZURE_SUBSCRIPTION_ID: subscription,
    AZURE_RESOURCE_GROUP: 'rg1',
    AZURE_RESOURCE_NAME: 'arc1',
  }
  const name = 'azure-clusterconfig'
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'azure-arc' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'azure-arc' }, data },
  ]
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  lab.kubectl(['apply', '-f', '-'], list)
}
