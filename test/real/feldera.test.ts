import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RealKubernetes, realKubernetes } from '../support/real-kubernetes.ts'
import { ended } from '../support/sandbox.ts'

const whole = process.env.SE_REAL_PART !== '1'
const namespace = `feldera-${process.pid.toString(36)}`
const name = `feldera-api-server.${namespace}.svc.cluster.local`
const licence = 'LICENCE-OF-THE-REAL-TEST'
const ports: Record<string, number> = { 'feldera-compiler-server': 8085 }

let lab: RealKubernetes

const selfSigned = '{source: self-signed, authority: local}'

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

const installing = `  install: new
  version: 0.337.0
  databaseSecret: feldera-db-insecure-secret
  accountId: an-account
  licence: {file: ./licence}
  values: ./lab-values.yaml
`

beforeAll(() => {
  lab = realKubernetes()
  lab.file('licence', `${licence}\n`)
  lab.file('lab-values.yaml', 'lab:\n  pipelines: default/p1,default/p2\n')
  lab.file('a.yaml', answers(selfSigned, installing))
})

afterAll(() => {
  lab.kubectl([
    'delete',
    'validatingadmissionpolicybinding,validatingadmissionpolicy',
    namespace,
    '--ignore-not-found',
  ])
  lab.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false'])
  lab.close()
})

function record() {
  return JSON.parse(readFileSync(join(lab.state, `endpoints/${namespace}/endpoint.json`), 'utf8'))
}

function generation(): string {
  const folder = join(lab.state, `endpoints/${namespace}`)
  return join(folder, 'generations', readFileSync(join(folder, 'current'), 'utf8').trim())
}

/** What each component and pipeline serves, by openssl alone, at the pods' own addresses. */
function served(): Record<string, string> {
  const pods = Object.entries(lab.pods(namespace)).filter(([pod]) => !pod.startsWith('feldera-db'))
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

async function must(args: string[], exit = 0) {
  const run = await lab.cli(args)
  expect(run.exit, `${args.join(' ')}\n${run.stdout}\n${run.stderr}`).toBe(exit)
  return run
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
  openssl('req', ...curve, '-subj', '/CN=feldera', '-keyout', `${file}.key`, '-out', `${file}.csr`)
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

describe('Feldera on a real cluster', () => {
  it('refuse: the leaf that the popular openssl line makes is refused before any tool is called', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=localhost',
      '-addext',
      `subjectAltName=DNS:*.${namespace}.svc.cluster.local,DNS:localhost,IP:127.0.0.1`,
      '-keyout',
      'bad.key',
      '-out',
      'bad.pem',
    )
    lab.file(
      'bad.yaml',
      answers('{source: uploaded, chain: ./bad.pem, key: ./bad.key}', installing),
    )
    await must(['init', '--answers', 'bad.yaml', '--yes'], 65)
    expect(lab.calls()).toEqual([])
  })

  it('enable nothing: from no namespace to proven HTTPS, in one go', async () => {
    await must(['init', '--answers', 'a.yaml', '--yes'])
    expectHttps()
    expect(values()).toMatchObject({ felderaVersion: '0.337.0', felderaLicenseKey: licence })
    expect(lab.calls().join('\n')).not.toContain(licence)
  })

  it('again: the same command changes nothing', async () => {
    const before = lab.calls().length
    const pods = Object.keys(lab.pods(namespace))
    lab.file('b.yaml', answers())
    await must(['init', '--answers', 'a.yaml', '--yes'])
    const changing = lab
      .calls()
      .slice(before)
      .filter(call => / (apply|upgrade|rollback|restart) /.test(call))
    expect(changing).toEqual([])
    expect(Object.keys(lab.pods(namespace))).toEqual(pods)
  })

  it('rotate: another leaf is served and proven by all, the pipelines run again', async () => {
    const before = expectHttps()
    await must(['rotate', namespace, '--yes'])
    expect(expectHttps()).not.toBe(before)
    expect(values()).toMatchObject({ felderaVersion: '0.337.0', felderaLicenseKey: licence })
  })

  it('undo: the certificate before comes back', async () => {
    const before = expectHttps()
    await must(['rotate', namespace, '--undo', '--yes'])
    expect(expectHttps()).not.toBe(before)
  })

  it('drift: a Secret changed by hand is seen, named and repaired', async () => {
    const leaf = expectHttps()
    const secret = `secret/${values().httpsSecretRef}`
    const { stdout } = lab.kubectl(['-n', namespace, 'get', secret, '-o', 'json'])
    privateCa('other')
    const other = spawnSync('cat', ['other.pem', 'ca.pem'], { cwd: lab.folder }).stdout
    const data = {
      'tls.crt': other.toString('base64'),
      'tls.key': readFileSync(join(lab.folder, 'other.key')).toString('base64'),
    }
    lab.kubectl(
      ['-n', namespace, 'apply', '--server-side', '--force-conflicts', '-f', '-'],
      JSON.stringify({
        ...JSON.parse(stdout),
        metadata: { name: String(values().httpsSecretRef), namespace },
        data,
      }),
    )
    lab.kubectl(['-n', namespace, 'rollout', 'restart', 'deploy/feldera-api-server'])
    lab.kubectl([
      '-n',
      namespace,
      'rollout',
      'status',
      'deploy/feldera-api-server',
      '--timeout=90s',
    ])
    await until(() => Object.values(served()).some(each => each !== leaf))
    const run = await must(['init', '--answers', 'a.yaml', '--yes'])
    expect(run.stdout).toContain('was changed by hand')
    expect(expectHttps()).toBe(leaf)
  })

  it('rollback: a rollout that an admission policy stops is taken back and proven', async () => {
    const before = { leaf: expectHttps(), values: values(), secrets: secrets() }
    deny(String(before.values.httpsSecretRef))
    lab.file('short.yaml', answers(selfSigned).replace('wait: 90s', 'wait: 25s'))
    const run = await must(['rotate', namespace, '--yes'], 1)
    allow()
    expect(run.stdout + run.stderr).toContain('only the Secret of before')
    expect(run.stderr).toContain('what was there before is back and proven')
    expect({ leaf: expectHttps(), values: values(), secrets: secrets() }).toEqual(before)
  })

  it('killed: while helm waits, with helm killed too: the same command finishes', async () => {
    const before = expectHttps()
    const child = lab.start(['rotate', namespace, '--yes'])
    const end = ended(child)
    const seen = lab.calls().length
    await until(() =>
      lab
        .calls()
        .slice(seen)
        .some(call => call.includes(' upgrade ')),
    )
    await sleep(1500) // helm is in the middle of its work then
    child.kill('SIGKILL')
    const { stdout } = spawnSync('pgrep', ['-f', `helm .*--namespace ${namespace} upgrade`], {
      encoding: 'utf8',
    })
    for (const pid of stdout.trim().split('\n').filter(Boolean))
      process.kill(Number(pid), 'SIGKILL')
    await end
    await must(['rotate', namespace, '--yes'])
    expect(expectHttps()).not.toBe(before)
  })

  it.runIf(whole)('two people: the second one is told who is at it, and since when', async () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'secure-endpoint-feldera', namespace },
      spec: {
        holderIdentity: 'bo@laptop (process 9)',
        leaseDurationSeconds: 60,
        acquireTime: micro(),
        renewTime: micro(),
      },
    }
    expect(lab.kubectl(['create', '-f', '-'], JSON.stringify(lease)).status).toBe(0)
    const run = await must(['rotate', namespace, '--yes'], 75)
    expect(run.stderr + run.stdout).toContain('is locked by bo@laptop (process 9)')
    lab.kubectl(['-n', namespace, 'delete', 'lease', 'secure-endpoint-feldera'])
  })

  it.runIf(whole)(
    'forbidden: a user who may only read gets the Role to ask for, before anything changes',
    async () => {
      const readonly = String(process.env.LAB_K8S_KUBECONFIG_READONLY)
      const context = spawnSync(
        'kubectl',
        ['--kubeconfig', readonly, 'config', 'current-context'],
        { encoding: 'utf8' },
      ).stdout.trim()
      const text = answers(selfSigned, `  kubeconfig: ${readonly}\n`).replace(
        `context: ${lab.context}`,
        `context: ${context}`,
      )
      lab.file(
        'ro.yaml',
        text
          .replace(`endpoint: ${namespace}`, 'endpoint: readonly')
          .replace('kind: feldera', 'kind: feldera\n  onConflict: adopt'),
      )
      const run = await must(['init', '--answers', 'ro.yaml', '--yes'], 77)
      expect(run.stdout + run.stderr).toMatch(/permissions are missing/)
      const role = readFileSync(join(lab.state, 'endpoints/readonly/role.yaml'), 'utf8')
      expect(role).toContain('resources: [leases]')
      expect(lab.kubectl(['apply', '--dry-run=server', '-f', '-'], role).status).toBe(0)
      await must(['forget', 'readonly', '--yes'])
    },
  )

  it('uploaded: a leaf of a private CA goes in with its root, and is proven inside', async () => {
    const before = expectHttps()
    privateCa('mine')
    lab.file(
      'mine.yaml',
      answers('{source: uploaded, chain: ./mine.pem, key: ./mine.key, roots: ./ca.pem}'),
    )
    await must(['rotate', namespace, '--answers', 'mine.yaml', '--yes'])
    expect(expectHttps()).not.toBe(before)
    const chain = readFileSync(join(generation(), 'chain.pem'), 'utf8')
    expect(chain.trimEnd().endsWith(readFileSync(join(lab.folder, 'ca.pem'), 'utf8').trim())).toBe(
      true,
    )
  })

  it('self-signed alone: a leaf without a CA serves, too', async () => {
    lab.file('alone.yaml', answers('{source: self-signed, authority: none}'))
    await must(['rotate', namespace, '--answers', 'alone.yaml', '--yes'])
    expectHttps()
    expect(secrets().length).toBeLessThanOrEqual(3)
  })

  it('disable: HTTP answers on every pod and TLS does not', async () => {
    await must(['disable', namespace, '--yes'])
    for (const [pod, leaf] of Object.entries(served())) expect(leaf, pod).toBe('')
    expect(values()).not.toHaveProperty('httpsSecretRef', expect.any(String))
    expect(values()).toMatchObject({ felderaLicenseKey: licence })
    expect(api('/healthz')).toMatchObject({ status: '200' })
    expect(pipelineStates()).toEqual({ p1: 'Running', p2: 'Running' })
  })

  it('enable http: a release that runs on HTTP, unknown here, goes to proven HTTPS; a stopped pipeline stays stopped', async () => {
    api('/v0/pipelines/p2/stop?force=true', '-X', 'POST')
    await until(() => pipelineStates().p2 === 'Stopped')
    await must(['forget', namespace, '--yes'])
    lab.file('c.yaml', answers())
    await must(['init', '--answers', 'c.yaml', '--yes'])
    expectHttps(['p1'])
    expect(pipelineStates()).toEqual({ p1: 'Running', p2: 'Stopped' })
    const found = join(lab.state, `endpoints/${namespace}/generations/0`)
    expect(readdirSync(found)).toEqual(['meta.json'])
  })

  it.runIf(whole)(
    'script: the plan as a script, without node on PATH, reaches the same state',
    async () => {
      await must(['disable', namespace, '--yes'])
      await must(['forget', namespace, '--yes'])
      const { stdout } = await must(['plan', '--answers', 'c.yaml', '--format', 'sh'])
      const script = lab.file('plan.sh', stdout)
      const work = join(lab.folder, 'work')
      const bare = join(lab.folder, 'usr-bin')
      spawnSync('bash', [
        '-c',
        `mkdir '${bare}' && for f in /usr/bin/* ; do b=$(basename "$f"); case $b in node|nodejs|npm|npx) ;; *) ln -s "$f" '${bare}/' ;; esac; done`,
      ])
      const path = lab.env.PATH?.split(':').filter(folder => !existsSync(join(folder, 'node')))
      const env = [
        '-i',
        `PATH=${[...(path ?? []), bare].join(':')}`,
        `HOME=${lab.folder}`,
        `KUBECONFIG=${process.env.KUBECONFIG}`,
        `WORK=${work}`,
        'YES=1',
      ]
      expect(spawnSync('env', [...env, 'bash', '-c', 'command -v node']).status).toBe(1)
      const run = spawnSync('env', [...env, 'bash', script], {
        encoding: 'utf8',
        cwd: lab.folder,
        timeout: 400_000,
      })
      expect(run.status, `${run.stdout}\n${run.stderr}`).toBe(0)
      const wanted = spawnSync(
        'openssl',
        ['x509', '-in', join(work, 'new/chain.pem'), '-noout', '-fingerprint', '-sha256'],
        { encoding: 'utf8' },
      )
        .stdout.trim()
        .split('=')[1]
      for (const [pod, leaf] of Object.entries(served())) expect(leaf, pod).toBe(wanted)
      expect(Object.keys(served()).some(pod => pod.startsWith('pipeline-'))).toBe(true)
    },
  )
})

async function until(look: () => boolean): Promise<void> {
  while (!look()) await sleep(500)
}

function micro(): string {
  return new Date().toISOString().replace('Z', '000Z')
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
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
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
