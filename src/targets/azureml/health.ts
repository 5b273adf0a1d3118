import { plainText } from '../../process/plain-text.ts'

/** What the health check of the extension found, in its own words and in ours. */
export interface HealthFinding {
  code: string
  /** Its own words. */
  said: string
  /** What it means here, and what to do. */
  means: string
}

/** Error codes of the health check: Azure/AML-Kubernetes and Microsoft's troubleshooting page. */
const codes: Readonly<Record<string, string>> = {
  E40001: 'this cluster gives no load balancer an address: choose NodePort or ClusterIP',
  E40002: 'three replicas need three nodes: set target.highAvailability to no',
  E40003: 'an internal load balancer exists on AKS only',
  E40006: 'the service type is not one that the cluster can give',
  E40007: 'the pair, the Secret or sslCname cannot be used by azureml-fe',
  E45002: 'the cluster lacks resources for the extension',
  E45003: 'the identity of the cluster lacks a permission',
  E45004: 'an azureml-fe of Azure ML v1 is in the way: detach and delete it first',
  E45005: 'an azureml-fe of Azure ML v1 is in the way: detach and delete it first',
}

/** Reads the values of the configmap `arcml-healthcheck`, the newest report first. */
export function readHealth(data: Readonly<Record<string, unknown>>): HealthFinding[] {
  const order = ['reports-pre-upgrade', 'reports-pre-install', 'reports-pre-rollback']
  const reports = [...order, ...Object.keys(data).filter(key => !order.includes(key))]
  const text = plainText(reports.map(key => String(data[key] ?? '')).join('\n'))
  const found = text.split('\n').flatMap(line => {
    const match = /Status:\s*Failed.*?ErrorCode:\s*(E\d+).*?ErrorMessage:\s*(.*)$/.exec(line)
    if (!match) return []
    const [, code = '', said = ''] = match
    return [{ code, said: said.trim(), means: codes[code] ?? 'see https://aka.ms/arcmltsg' }]
  })
  return found.filter(({ said, code }, at) =>
    found.every((each, index) => index >= at || each.code !== code || each.said !== said),
  )
}

export function healthWords(found: readonly HealthFinding[]): string {
  return found.map(({ code, said, means }) => `${code}: ${said} (${means})`).join('\n')
}
