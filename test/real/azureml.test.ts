import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RealAzure, realAzure } from '../support/real-azure.ts'
import { ended } from '../support/sandbox.ts'

const whole = process.env.SE_REAL_PART !== '1'
/** `aks-secret`, `aks-pem`, `arc-secret` or `arc-pem`: each cluster of the lab owns the namespace alone. */
const [kind = 'aks', mode = 'secret'] = (process.env.SE_AZURE_CASE ?? 'aks-secret').split('-')
const cluster = kind === 'aks' ? 'aks1' : 'arc1'
const type = kind === 'aks' ? 'managedClusters' : 'connectedClusters'
const subscription = process.env.LAB_AZURE_SUBSCRIPTION ?? ''
const domain = 'ml.lab.test'
const endpoint = `ml-${kind}-${mode}`
const where = ['-g', 'rg1', '-c', cluster, '-t', type]

let lab: RealAzure

const answers = (more: { context?: string; target?: string; dns?: string } = {}) => `version: 1
endpoint: ${endpoint}
domain: ${domain}
certificate: {source: self-signed, authority: local, keyType: rsa-2048}
target:
  kind: azureml
  subscription: ${subscription}
  resourceGroup: rg1
  cluster: ${cluster}
  clusterType: ${kind}
  context: ${more.context ?? context()}
  mode: ${mode}
${more.target ?? ''}
dns: ${more.dns ?? '{how: none}'}
proof: {wait: 60s}
`

function context(): string {
  return lab.kubectl(['config', 'current-context']).stdout.trim()
}

beforeAll(() => {
  lab = realAzure()
  lab.ctl('faults', 'clear')
  lab.kubectl(['delete', 'namespace', 'azureml', '--ignore-not-found'])
  lab.ctl('reset')
  if (kind === 'arc') {
    // what the agents of Azure Arc keep in the cluster; the lab has no agents
    const data = {
      AZURE_SUBSCRIPTION_ID: subscription,
      AZURE_RESOURCE_GROUP: 'rg1',
      AZURE_RESOURCE_NAME: 'arc1',
    }
    const objects = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'azure-arc' } },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'azure-clusterconfig', namespace: 'azure-arc' },
        data,
      },
    ]
    lab.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    )
  }
  lab.file('a.yaml', answers())
}, 300_000)

afterAll(() => {
  lab.ctl('faults', 'clear')
  lab.kubectl(['delete', 'namespace', 'azure-arc', '--ignore-not-found'])
  lab.close()
})

interface Stored {
  provisioningState: string
  configurationSettings: Record<string, string>
  configurationProtectedSettings: Record<string, string>
}

function extension(): Stored | undefined {
  const all = lab.az('k8s-extension', 'list', ...where) as Stored[]
  return all[0]
}

function host(): string {
  const path = 'jsonpath={.status.loadBalancer.ingress[0].ip}'
  return lab.kubectl(['-n', 'azureml', 'get', 'svc', 'azureml-fe', '-o', path]).stdout.trim()
}

function servedLeaf(): string {
  const { stdout } = spawnSync(
    'bash',
    [
      '-c',
      `openssl s_client -connect ${host()}:443 -servername ${domain} -tls1_2 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256`,
    ],
    { encoding: 'utf8' },
  )
  return stdout.trim().split('=')[1] ?? ''
}

function curl(scheme: 'http' | 'https', roots?: string) {
  const port = scheme === 'https' ? 443 : 80
  const trust = roots === undefined ? [] : ['--cacert', roots]
  const { stdout, status } = spawnSync(
    'curl',
    [
      ...['-q', '-sS', '--noproxy', '*', '-m', '20', ...trust],
      ...['--resolve', `${domain}:${port}:${host()}`, '-o', '/dev/null', '-w', '%{http_code}'],
      `${scheme}://${domain}/`,
    ],
    { encoding: 'utf8' },
  )
  return { status: stdout, exit: status }
}

function generation(): string {
  const folder = join(lab.state, `endpoints/${endpoint}`)
  return join(folder, 'generations', readFileSync(join(folder, 'current'), 'utf8').trim())
}

/** HTTPS really answers with the leaf of the current generation, seen by curl and openssl alone. */
function expectHttps(): string {
  const { leaf } = JSON.parse(readFileSync(join(generation(), 'meta.json'), 'utf8'))
  expect(servedLeaf()).toBe(leaf.fingerprint)
  expect(curl('https', join(generation(), 'roots.pem'))).toEqual({ status: '200', exit: 0 })
  expect(curl('https').exit).toBe(60)
  expect(curl('http').exit).not.toBe(0)
  return leaf.fingerprint
}

async function must(args: string[], exit = 0) {
  const run = await lab.cli(args)
  expect(run.exit, `${args.join(' ')}\n${run.stdout}\n${run.stderr}`).toBe(exit)
  return run
}

const enable = ['init', '--answers', 'a.yaml', '--yes']

describe(`Azure ML on ${kind}, ${mode}`, () => {
  it('refuse: another cluster, no such cluster and no subscription change nothing', async () => {
    lab.changes()
    const config = JSON.parse(
      lab.kubectl(['config', 'view', '--raw', '--flatten', '-o', 'json']).stdout,
    )
    if (kind === 'aks') config.clusters[0].cluster.server = 'https://127.0.0.1:26444'
    else {
      lab.kubectl([
        '-n',
        'azure-arc',
        'patch',
        'configmap',
        'azure-clusterconfig',
        '-p',
        '{"data":{"AZURE_RESOURCE_NAME":"arc2"}}',
      ])
    }
    const kubeconfig = lab.file('other.kubeconfig', JSON.stringify(config))
    lab.file('b.yaml', answers({ target: `  kubeconfig: ${kubeconfig}` }))
    const other = await must(['init', '--answers', 'b.yaml', '--yes'], 65)
    expect(other.stderr + other.stdout).toContain('two different clusters')
    if (kind === 'arc') {
      lab.kubectl([
        '-n',
        'azure-arc',
        'patch',
        'configmap',
        'azure-clusterconfig',
        '-p',
        '{"data":{"AZURE_RESOURCE_NAME":"arc1"}}',
      ])
    }
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

  it('faults: each ends as it should, and the next run converges', async () => {
    const before = expectHttps()
    for (const [name, exit] of [
      ['401', 77],
      ['403', 77],
      ['429', 75],
      ['500', 75],
    ] as const) {
      lab.ctl('fault', name, '--method', 'PATCH', '--times', '-1')
      await must(['rotate', endpoint, '--yes'], exit)
      lab.ctl('faults', 'clear')
      expect(servedLeaf()).toBe(before)
    }
    lab.ctl('fault', '409', '--method', 'PATCH')
    await must(['rotate', endpoint, '--yes'])
    const after = expectHttps()
    expect(after).not.toBe(before)
    lab.changes()
    lab.ctl('fault', 'drop-after', '--method', 'PATCH')
    await must(['rotate', endpoint, '--yes'])
    expect(expectHttps()).not.toBe(after)
    expect(lab.changes().filter(each => each.startsWith('PATCH'))).toHaveLength(1)
  })

  it.runIf(whole)('killed: inside az, the same command finishes what it began', async () => {
    const before = expectHttps()
    const child = lab.start(['rotate', endpoint, '--yes'])
    const end = ended(child)
    const journal = join(lab.state, `endpoints/${endpoint}/journal.ndjson`)
    const seen = readFileSync(journal, 'utf8').length
    const updating = () => readFileSync(journal, 'utf8').slice(seen).includes('"update"')
    while (!updating() && child.exitCode === null) await new Promise(r => setTimeout(r, 100))
    child.kill('SIGKILL')
    await end
    await must(['rotate', endpoint, '--yes'])
    expect(expectHttps()).not.toBe(before)
  })

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

  it.runIf(whole)('script: plan --format sh reaches the same state without us', async () => {
    const script = lab.file(
      'plan.sh',
      (await must(['plan', '--answers', 'a.yaml', '--format', 'sh'])).stdout,
    )
    const work = join(lab.folder, 'work')
    const env = { ...lab.env, WORK: work, YES: '1' }
    const run = spawnSync('bash', [script], {
      env,
      cwd: lab.folder,
      encoding: 'utf8',
      timeout: 900_000,
    })
    expect(run.status, run.stderr).toBe(0)
    const made = spawnSync(
      'openssl',
      ['x509', '-in', join(work, 'new/chain.pem'), '-noout', '-fingerprint', '-sha256'],
      { encoding: 'utf8' },
    )
    const wanted = made.stdout.trim().split('=')[1] ?? ''
    expect(servedLeaf()).toBe(wanted)
    const { configurationSettings, provisioningState } = extension() as Stored
    expect([provisioningState, configurationSettings.sslCname]).toEqual(['Succeeded', domain])
    if (mode === 'secret') {
      const name = `${endpoint}-${wanted.replaceAll(':', '').slice(0, 8).toLowerCase()}`
      expect(configurationSettings['scoringFe.sslSecret']).toBe(name)
    }
    expect(run.stderr).not.toContain('PRIVATE KEY')
  })
})
