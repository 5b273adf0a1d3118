import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AzureMlCase, azuremlCase } from '../support/azureml-case.ts'
import { namespaceObjects } from '../support/namespace-objects.ts'

const whole = process.env.SE_REAL_PART !== '1'
const { lab, kind, mode, domain, endpoint, subscription, where, ...at } = azuremlCase()
const { answers, extension, host, servedLeaf, curl, expectHttps, must } = at
type Stored = NonNullable<ReturnType<AzureMlCase['extension']>>

beforeAll(() => {
  at.reset()
  lab.file('a.yaml', answers())
}, 300_000)

afterAll(() => at.close())

const enable = ['init', '--answers', 'a.yaml', '--yes']

/** The connected cluster says of itself that it is called so in Azure. */
function callArc(name: string): void {
  const patch = JSON.stringify({ data: { AZURE_RESOURCE_NAME: name } })
  lab.kubectl(['-n', 'azure-arc', 'patch', 'configmap', 'azure-clusterconfig', '-p', patch])
}

describe(`Azure ML on ${kind}, ${mode}`, () => {
  it('refuse: another cluster, no such cluster and no subscription change nothing', async () => {
    lab.changes()
    const config = JSON.parse(
      lab.kubectl(['config', 'view', '--raw', '--flatten', '-o', 'json']).stdout,
    )
    if (kind === 'aks') config.clusters[0].cluster.server = 'https://127.0.0.1:26444'
    else callArc('arc2')
    const kubeconfig = lab.file('other.kubeconfig', JSON.stringify(config))
    lab.file('b.yaml', answers({ target: `  kubeconfig: ${kubeconfig}` }))
    const other = await must(['init', '--answers', 'b.yaml', '--yes'], 65)
    expect(other.stderr + other.stdout).toContain('two different clusters')
    if (kind === 'arc') callArc('arc1')
    const wrong = kind === 'aks' ? 'arc' : 'aks'
    lab.file('b.yaml', answers().replace(`clusterType: ${kind}`, `clusterType: ${wrong}`))
    const typed = await must(['init', '--answers', 'b.yaml', '--yes'], 65)
    expect(typed.stderr + typed.stdout).toContain(`target.clusterType: ${kind}`)
    lab.file('b.yaml', answers().replace(subscription, '99999999-0000-4000-8000-000000000001'))
    await must(['init', '--answers', 'b.yaml', '--yes'], 65)
    expect(lab.changes()).toEqual([])
  })

  it('enable: from HTTP to proven HTTPS, and a second run has nothing to do', async () => {
    await must(enable)
    expectHttps()
    const { configurationSettings, configurationProtectedSettings } = extension() as Stored
    expect(configurationSettings.sslCname).toBe(domain)
    const stored = 'scoringFe.sslCert' in configurationProtectedSettings
    expect(stored).toBe(mode === 'pem')
    lab.changes()
    await must(enable)
    expect(lab.changes()).toEqual([])
  })

  it('rotate: another leaf is served, and --undo brings the one before back', async () => {
    const first = expectHttps()
    await must(['rotate', endpoint, '--yes'])
    const second = expectHttps()
    expect(second).not.toBe(first)
    await must(['rotate', endpoint, '--undo', '--yes'])
    expect(expectHttps()).toBe(first)
  })

  it('rollback: a change that the health check refuses is taken back and proven', async () => {
    const before = expectHttps()
    lab.ctl('fault', 'healthcheck', '--method', 'PATCH')
    const run = await must(['rotate', endpoint, '--yes'], 1)
    expect(run.stdout + run.stderr).toContain('E40007')
    expect(servedLeaf()).toBe(before)
    expect(extension()?.provisioningState).toBe('Succeeded')
    expect(expectHttps()).toBe(before)
  })

  it.runIf(mode === 'secret')(
    'drift: a Secret changed by hand is repaired by the next run',
    async () => {
      const before = expectHttps()
      const name = extension()?.configurationSettings.sslSecret ?? ''
      const pair = (file: string) =>
        readFileSync(join(lab.state, `endpoints/${endpoint}/${file}`)).toString('base64')
      spawnSync('openssl', [
        ...[
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '9',
          '-subj',
          `/CN=${domain}`,
        ],
        ...[
          '-addext',
          `subjectAltName=DNS:${domain}`,
          '-keyout',
          join(lab.state, `endpoints/${endpoint}/x.key`),
        ],
        ...['-out', join(lab.state, `endpoints/${endpoint}/x.pem`)],
      ])
      const data = { 'cert.pem': pair('x.pem'), 'key.pem': pair('x.key') }
      lab.kubectl(['-n', 'azureml', 'patch', 'secret', name, '-p', JSON.stringify({ data })])
      lab.kubectl(['-n', 'azureml', 'rollout', 'restart', 'deploy/azureml-fe-v2'])
      lab.kubectl(['-n', 'azureml', 'rollout', 'status', 'deploy/azureml-fe-v2', '--timeout=120s'])
      expect(servedLeaf()).not.toBe(before)
      const status = await lab.cli(['status', '--once'])
      expect(status.stdout).toContain('drift')
      await must(enable)
      expect(expectHttps()).toBe(before)
    },
  )

  it('dns: the record in an Azure DNS zone is replaced, not appended', async () => {
    lab.az(
      'network',
      'dns',
      'record-set',
      'a',
      'add-record',
      '-g',
      'dns-rg',
      '-z',
      'lab.test',
      '-n',
      'ml',
      '-a',
      '203.0.113.9',
      '--ttl',
      '60',
    )
    const dns = `{how: azure, zone: lab.test, resourceGroup: dns-rg, server: "${process.env.LAB_AZURE_DNS}", wait: 1m}`
    lab.file('a.yaml', answers({ dns }))
    await must(enable)
    const set = lab.az(
      'network',
      'dns',
      'record-set',
      'a',
      'show',
      '-g',
      'dns-rg',
      '-z',
      'lab.test',
      '-n',
      'ml',
    ) as {
      TTL: number
      ARecords: { ipv4Address: string }[]
    }
    expect(set.ARecords.map(each => each.ipv4Address)).toEqual([host()])
    expect(set.TTL).toBe(60)
    lab.file('a.yaml', answers())
  })

  it('disable: HTTP answers, nothing of TLS is left in the settings, and it can be enabled again', async () => {
    await must(['disable', endpoint, '--yes'])
    expect(curl('http')).toEqual({ status: '200', exit: 0 })
    expect(servedLeaf()).toBe('')
    const settings = (extension() as Stored).configurationSettings
    for (const key of ['sslSecret', 'scoringFe.sslSecret', 'sslCname'])
      expect(settings[key] ?? '').toBe('')
    await must(enable)
    expectHttps()
  })

  it('nothing: from no extension and no namespace to proven HTTPS', async () => {
    await must(['disable', endpoint, '--yes'])
    lab.az('k8s-extension', 'delete', '-n', 'azureml', ...where, '--yes')
    lab.kubectl(['delete', 'namespace', 'azureml'])
    await must(['forget', endpoint, '--yes'])
    await must(enable)
    expectHttps()
    await must(['disable', endpoint, '--yes'])
    expect(curl('http').status).toBe('200')
  })

  it.runIf(whole)('script: plan --format sh leaves what a run leaves, without us', async () => {
    await must(enable)
    const wanted = { leaf: expectHttps(), ...state() }
    const pair = join(lab.folder, 'pair')
    cpSync(at.generation(), pair, { recursive: true })
    await must(['disable', endpoint, '--yes'])
    await must(['forget', endpoint, '--yes'])
    const own = ['-l', 'app.kubernetes.io/managed-by=secure-endpoint']
    lab.kubectl(['-n', 'azureml', 'delete', 'secrets', ...own])
    const { stdout } = await must(['plan', '--answers', 'a.yaml', '--format', 'sh'])
    const script = lab.file('plan.sh', stdout)
    const files = { CERT: 'chain.pem', KEY: 'key.pem', ROOTS: 'roots.pem' }
    const given = Object.entries(files).map(([name, file]) => [name, join(pair, file)])
    const env = { ...lab.env, WORK: join(lab.folder, 'work'), YES: '1' }
    const run = spawnSync('bash', [script], {
      env: { ...env, ...Object.fromEntries(given) },
      cwd: lab.folder,
      encoding: 'utf8',
      timeout: 900_000,
    })
    expect(run.status, run.stdout + run.stderr).toBe(0)
    expect({ leaf: servedLeaf(), ...state() }).toEqual(wanted)
    expect(run.stdout + run.stderr).not.toContain('PRIVATE KEY')
  })

  it.runIf(whole)(
    'script: with a pair that it makes itself, it ends with that one served',
    async () => {
      await must(enable)
      await must(['disable', endpoint, '--yes'])
      await must(['forget', endpoint, '--yes'])
      const { stdout } = await must(['plan', '--answers', 'a.yaml', '--format', 'sh'])
      const script = lab.file('own.sh', stdout)
      const work = join(lab.folder, 'own')
      const run = spawnSync('bash', [script], {
        env: { ...lab.env, WORK: work, YES: '1' },
        cwd: lab.folder,
        encoding: 'utf8',
        timeout: 900_000,
      })
      expect(run.status, run.stdout + run.stderr).toBe(0)
      const chain = readFileSync(join(work, 'new/chain.pem'))
      expect(servedLeaf()).toBe(new X509Certificate(chain).fingerprint256)
    },
  )
})

/** What Azure has stored, and every object of the namespace. */
function state() {
  const { provisioningState, configurationSettings, configurationProtectedSettings } =
    extension() as Stored
  return {
    provisioningState,
    settings: configurationSettings,
    // their values are never given back
    protected: Object.keys(configurationProtectedSettings).sort(),
    objects: namespaceObjects(lab.kubectl, 'azureml'),
  }
}
