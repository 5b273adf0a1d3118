import { readFileSync } from 'node:fs'
import type { Json } from '../../src/plan/plan.ts'
import type { Said } from './azure.ts'

/** The one extension of a cluster, as Azure stores it. */
export interface StoredExtension {
  settings: Record<string, string>
  secrets: Record<string, string>
}

/** A Secret of namespace azureml: the names of its keys. */
export type Secrets = Record<string, { type: string; keys: string[] }>

const files = ['sslCertPemFile', 'sslKeyPemFile'] as const
const said = (exit: number, stderr: string): Said => ({ exit, stderr: `ERROR: ${stderr}` })

/**
 * A double of `az k8s-extension` for Microsoft.AzureML.Kubernetes, made from the facts about 1.7.0:
 * what it accepts, its words and exit codes, and what Azure stores. No TLS is served here: `serves`
 * says which pair azureml-fe would read.
 */
export class AzDouble {
  extension: StoredExtension | undefined
  clusterType = 'managedClusters'
  secrets: Secrets = {}

  constructor(extension?: StoredExtension) {
    this.extension = extension
  }

  run(argv: readonly string[]): Said {
    const [, group, verb] = argv
    if (group !== 'k8s-extension') return said(2, `'${group}' is misspelled or not recognized`)
    const type = after(argv, '-t', '--cluster-type')
    if (type !== this.clusterType && verb !== 'create') {
      return said(
        3,
        "(ResourceNotFound) The Resource 'Microsoft.KubernetesConfiguration/extensions/azureml' under resource group 'rg1' was not found. Verify that the cluster-type is correct and the resource exists.",
      )
    }
    const plain = { ...pairs(argv, '--config'), ...file(after(argv, '--config-settings-file')) }
    const secret = pairs(argv, '--config-protected')
    return verb === 'create' ? this.create(plain, secret) : this.update(argv, plain, secret)
  }

  /** What azureml-fe reads: a stored pair stands above a Secret. */
  serves(): string {
    const { settings = {}, secrets = {} } = this.extension ?? {}
    if (settings.allowInsecureConnections?.toLowerCase() === 'true') return 'http'
    if (secrets['scoringFe.sslCert'] && secrets['scoringFe.sslKey'])
      return `pem ${secrets['scoringFe.sslCert']}`
    const name = settings['scoringFe.sslSecret'] ?? ''
    const { type, keys } = this.secrets[name] ?? { type: '', keys: [] }
    const readable = type === 'Opaque' && keys.includes('cert.pem') && keys.includes('key.pem')
    return readable ? `secret ${name}` : 'nothing: E40007'
  }

  /** As `az k8s-extension list` shows it: values of protected settings are blank. */
  shown(): Json {
    const { settings, secrets } = this.extension ?? { settings: {}, secrets: {} }
    return {
      name: 'azureml',
      extensionType: 'microsoft.azureml.kubernetes',
      provisioningState: this.serves().startsWith('nothing') ? 'Failed' : 'Succeeded',
      configurationSettings: settings,
      configurationProtectedSettings: Object.fromEntries(
        Object.keys(secrets).map(key => [key, '']),
      ),
    }
  }

  private create(plain: Record<string, string>, secret: Record<string, string>): Said {
    const isOn = (key: string) => plain[key]?.toLowerCase() === 'true'
    const insecure = isOn('allowInsecureConnections')
    const pem = files.every(key => secret[key])
    if (!isOn('enableInference') && !isOn('enableTraining'))
      return said(
        1,
        "To create Microsoft.AzureML.Kubernetes extension, either enable Machine Learning training or inference by specifying '--configuration-settings enableTraining=true' or '--configuration-settings enableInference=true'",
      )
    if (!insecure && !pem && !plain.sslSecret)
      return said(1, 'To enable HTTPs endpoint, either provide sslCertPemFile and sslKeyPemFile')
    this.extension = { settings: {}, secrets: {} }
    this.store(plain, secret)
    return { stdout: this.shown() }
  }

  private update(
    argv: readonly string[],
    plain: Record<string, string>,
    secret: Record<string, string>,
  ): Said {
    const unknown = ['--extension-type', '--scope'].filter(flag => argv.includes(flag))
    if (unknown.length > 0)
      return said(
        2,
        'unrecognized arguments: --extension-type Microsoft.AzureML.Kubernetes --scope cluster',
      )
    if (!argv.includes('--yes'))
      return said(1, 'Unable to prompt for confirmation as no tty available. Use --yes.')
    const known = this.extension?.settings ?? {}
    const relay = ['relayserver.enabled', 'servicebus.enabled'].every(key => key in known)
    if (Object.keys(secret).length > 0 && !relay)
      return said(1, "'NoneType' object has no attribute 'lower'")
    this.store(plain, secret)
    return { stdout: this.shown() }
  }

  /** Settings are merged, protected ones replaced as a whole; az adds what Helm reads. */
  private store(plain: Record<string, string>, secret: Record<string, string>): void {
    const extension = this.extension ?? { settings: {}, secrets: {} }
    const derived = plain.sslSecret ? { 'scoringFe.sslSecret': plain.sslSecret } : {}
    const all = Object.entries({ ...extension.settings, ...plain, ...derived })
    extension.settings = Object.fromEntries(all.filter(([, value]) => value !== null))
    if (Object.keys(secret).length > 0) {
      const [cert, key] = files.map(name => secret[name])
      const pair = cert && key ? { 'scoringFe.sslCert': cert, 'scoringFe.sslKey': key } : {}
      extension.secrets = { ...secret, ...pair }
    }
    this.extension = extension
  }
}

function file(path: string | undefined): Record<string, string> {
  return path === undefined ? {} : JSON.parse(readFileSync(path, 'utf8'))
}

function after(argv: readonly string[], ...flags: string[]): string | undefined {
  const at = argv.findIndex(word => flags.includes(word))
  return at < 0 ? undefined : argv[at + 1]
}

function pairs(argv: readonly string[], flag: string): Record<string, string> {
  const from = argv.indexOf(flag)
  if (from < 0) return {}
  const rest = argv.slice(from + 1)
  const to = rest.findIndex(word => word.startsWith('-'))
  return Object.fromEntries(
    (to < 0 ? rest : rest.slice(0, to)).map(word => [
      word.slice(0, word.indexOf('=')),
      word.slice(word.indexOf('=') + 1),
    ]),
  )
}
