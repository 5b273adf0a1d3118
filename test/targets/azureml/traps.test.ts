import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { failureOf } from '../../../src/azure/failures.ts'
import { judge } from '../../../src/certificates/gate.ts'
import { handshake } from '../../../src/net/handshake.ts'
import { azureDnsOps } from '../../../src/ops/azure-dns.ts'
import type { Act, Json, Step } from '../../../src/plan/plan.ts'
import { resolveInput } from '../../../src/plan/text.ts'
import { prove } from '../../../src/proof/prove.ts'
import {
  type Change,
  changeArguments,
  stringWriter,
} from '../../../src/targets/azureml/commands.ts'
import { discover } from '../../../src/targets/azureml/discover.ts'
import { type Extension, parseExtension } from '../../../src/targets/azureml/extension.ts'
import { azureml } from '../../../src/targets/azureml/index.ts'
import { profile } from '../../../src/targets/azureml/profile.ts'
import type { Target } from '../../../src/targets/target.ts'
import { AzDouble } from '../../support/az-double.ts'
import { toolDouble } from '../../support/azure.ts'
import { azuremlFlow, usualAnswers } from '../../support/azureml-flow.ts'
import { family, make, now, upload } from '../../support/certificates.ts'
import { ctxOf } from '../../support/kubectl.ts'
import { fakeWorld } from '../../support/play.ts'

// The naive commands are the vendor's pages' own (seed 001 and today's docs). az is a double made from
// the facts about k8s-extension 1.7.0; test/real runs the same against the lab.

const at = ['-n', 'azureml', '-g', 'rg1', '-c', 'aks1', '-t', 'managedClusters']
const naive = (...words: string[]) => ['az', 'k8s-extension', ...words]

const relay = { 'relayserver.enabled': 'false', 'servicebus.enabled': 'false' }
const onHttp = () =>
  new AzDouble({
    settings: { ...relay, enableInference: 'True', allowInsecureConnections: 'True' },
    secrets: {},
  })
const onSecret = (name: string) => {
  const double = new AzDouble({
    settings: {
      ...relay,
      enableInference: 'True',
      sslSecret: name,
      'scoringFe.sslSecret': name,
      sslCname: 'ml.lab.test',
    },
    secrets: {},
  })
  double.secrets = { [name]: opaque, new: opaque }
  return double
}
const onPem = (more: Record<string, string> = {}) =>
  new AzDouble({
    settings: { ...relay, enableInference: 'True', sslCname: 'ml.lab.test' },
    secrets: { 'scoringFe.sslCert': 'old', 'scoringFe.sslKey': 'old', ...more },
  })
const opaque = { type: 'Opaque', keys: ['cert.pem', 'key.pem'] }

function answersOf(more: string) {
  const questions = questionsFor([azureml as Target])
  return loadAnswers(usualAnswers(more), questions, { name: 'a.yaml', folder: '/' })
}

/** The steps of our plan, from what a double's Azure shows. */
function planOf(verb: 'enable' | 'disable', double: AzDouble, more = '  mode: secret'): Step[] {
  const { answers } = answersOf(more)
  const extension: Extension | undefined = double.extension && parseExtension(double.shown())
  return azureml[verb]({
    answers,
    present: { server: 'https://aks1', ...(extension ? { extension } : {}) },
    kept: '/kept',
    generation: 1,
    privateRoot: true,
    newRoot: false,
  })
}

/** Runs what our plan changes against a double, as the op would call az. */
function carryOut(steps: Step[], double: AzDouble): number[] {
  const captures = new Map([
    ['change.secret.name', 'new'],
    ['prepare.certificate.fingerprint', 'AA'],
  ])
  const folder = mkdtempSync(join(tmpdir(), 'se-aml-'))
  const written = steps.find(({ id }) => id === 'prepare.http')?.act
  if (written?.do === 'write' && 'text' in written.content)
    writeFileSync(join(folder, 'http.json'), String(written.content.text))
  const bindings = { captures, kept: folder, before: () => folder }
  return steps.filter(changes).map(({ act }) => {
    const { change } = resolveInput((act as never as { input: Json }).input, bindings) as never as {
      change: Change
    }
    return double.run(['az', ...changeArguments(change, stringWriter)]).exit ?? 0
  })
}

function changes({ act }: { act: Act }): boolean {
  return act.do === 'op:azureml.change'
}

describe('a naive installer of Azure ML falls, ours does not', () => {
  it('AML-1 the update of the docs ends with 2: it takes no extension type', () => {
    const double = onSecret('old')
    const docs = naive(
      'update',
      ...at,
      '--extension-type',
      'Microsoft.AzureML.Kubernetes',
      '--scope',
      'cluster',
      '--config',
      'sslSecret=new',
    )
    expect(double.run(docs)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('unrecognized arguments'),
    })
    expect(carryOut(planOf('enable', double), double)).toEqual([0])
    expect(double.serves()).toBe('secret new')
  })

  it('AML-2 the create of the docs fails: it lacks enableInference', () => {
    const double = new AzDouble()
    double.secrets = { new: opaque }
    const docs = naive(
      'create',
      ...at,
      '--extension-type',
      'Microsoft.AzureML.Kubernetes',
      '--scope',
      'cluster',
      '--config',
      'inferenceRouterServiceType=LoadBalancer',
      'sslSecret=new',
      'sslCname=ml.lab.test',
    )
    expect(double.run(docs)).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('enableInference'),
    })
    expect(carryOut(planOf('enable', double), double)).toEqual([0])
    expect(double.serves()).toBe('secret new')
  })

  it('AML-3 allowInsercureconnection is taken with 0 and changes nothing', () => {
    const double = onSecret('old')
    expect(
      double.run(naive('update', ...at, '--yes', '--config', 'allowInsercureconnection=True')).exit,
    ).toBeUndefined()
    expect(double.serves()).toBe('secret old')
    expect(carryOut(planOf('disable', double), double)).toEqual([0])
    expect(double.serves()).toBe('http')
  })

  it('AML-4 a pair in --config, or half of it, is taken with 0: nothing is rotated, or all is lost', () => {
    const double = onPem()
    double.run(
      naive('update', ...at, '--yes', '--config', 'sslCertPemFile=new', 'sslKeyPemFile=new'),
    )
    expect(double.serves()).toBe('pem old')
    double.run(naive('update', ...at, '--yes', '--config-protected', 'sslCertPemFile=new'))
    expect(double.serves()).toContain('nothing')
    const ours = onPem()
    expect(carryOut(planOf('enable', ours, '  mode: pem'), ours)).toEqual([0])
    expect(ours.serves()).toBe('pem chain.pem')
  })

  it('AML-5 sslCertKeyFile is no key of the extension', () => {
    const double = onPem()
    double.run(
      naive(
        'update',
        ...at,
        '--yes',
        '--config-protected',
        'sslCertPemFile=new',
        'sslCertKeyFile=new',
      ),
    )
    expect(double.serves()).toContain('nothing')
    const ours = onPem()
    carryOut(planOf('enable', ours, '  mode: pem'), ours)
    expect(Object.keys(ours.extension?.secrets ?? {})).toEqual(
      expect.arrayContaining(['sslKeyPemFile', 'scoringFe.sslKey']),
    )
  })

  it('AML-6 without --yes an update asks back, and fails where nobody is', () => {
    const double = onSecret('old')
    expect(double.run(naive('update', ...at, '--config', 'sslSecret=new'))).toMatchObject({
      exit: 1,
    })
    expect(carryOut(planOf('enable', double), double)).toEqual([0])
  })

  it('AML-7 one protected setting deletes all others; ours are asked for by name', async () => {
    const double = onPem({ amlWorkspaceKey: 'k' })
    double.run(
      naive('update', ...at, '--yes', '--config-protected', 'sslCertPemFile=c', 'sslKeyPemFile=k'),
    )
    expect(double.extension?.secrets).not.toHaveProperty('amlWorkspaceKey')
    const ours = onPem({ amlWorkspaceKey: 'k' })
    const found = await discovered(ours, '  mode: pem\n  onConflict: adopt')
    expect(found).toMatchObject({
      exit: 65,
      findings: [{ id: 'azureml.protected-lost', evidence: 'amlWorkspaceKey' }],
    })
  })

  it('AML-8 a Secret of type kubernetes.io/tls cannot be read; the namespace comes first', () => {
    const double = onSecret('old')
    double.secrets.wrong = { type: 'kubernetes.io/tls', keys: ['tls.crt', 'tls.key'] }
    double.run(naive('update', ...at, '--yes', '--config', 'sslSecret=wrong'))
    expect(double.serves()).toContain('E40007')
    const steps = planOf('enable', new AzDouble())
    const secret = steps.find(({ id }) => id === 'change.secret')
    expect(secret?.act).toMatchObject({
      input: {
        type: 'Opaque',
        place: { namespace: 'azureml' },
        files: { 'cert.pem': { kept: 'chain.pem' }, 'key.pem': { kept: 'key.pem' } },
      },
    })
    const ids = steps.map(({ id }) => id)
    expect(ids.indexOf('prepare.namespace')).toBeGreaterThan(-1)
    expect(ids.indexOf('prepare.namespace')).toBeLessThan(ids.indexOf('change.secret'))
    expect(ids.indexOf('change.secret')).toBeLessThan(ids.indexOf('change.extension'))
  })

  it('AML-9 a pair that only the health check would refuse is refused by the gate', () => {
    const { answers } = answersOf('')
    const { root, issuing } = family()
    const leaf = make({ issuer: issuing, names: ['ml.lab.test'], cn: 'ml.lab.test' })
    const verdict = (files: Record<string, string>) => {
      const judged = judge({
        ...upload(files),
        profile: profile(answers),
        now,
        systemRoots: [root.pem],
      })
      return [judged.verdict, judged.findings.map(({ id }) => id)].flat()
    }
    const other = make({ issuer: issuing, names: ['other.lab.test'], cn: 'other.lab.test' })
    const locked = leaf.key.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    })
    expect(verdict({ 'c.pem': other.pem + issuing.pem, 'k.pem': other.keyPem })).toContain(
      'cert.name-missing',
    )
    expect(verdict({ 'c.pem': leaf.pem, 'k.pem': leaf.keyPem })[0]).toBe('blocked')
    expect(verdict({ 'c.pem': leaf.pem + issuing.pem, 'k.pem': String(locked) })[0]).toBe('blocked')
    const umlaut = `Bag Attributes\n  friendlyName: Zertifikat für München\n${leaf.pem}${issuing.pem}`
    const judged = judge({
      ...upload({ 'c.pem': umlaut, 'k.pem': leaf.keyPem }),
      profile: profile(answers),
      now,
      systemRoots: [root.pem],
    })
    expect(judged.chain.map(({ pem }) => pem).join('')).toMatch(/^[\x00-\x7f]*$/)
  })

  it('AML-10 Succeeded is not served: another leaf at the address takes the run back', async () => {
    const flow = await azuremlFlow(usualAnswers('  mode: secret'), 'leaf')
    onTestFinished(() => flow.close())
    const went = await flow.go('enable')
    expect(went).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect(went.failed).toContain('tls.leaf')
    expect(went.events).toContainEqual(
      expect.objectContaining({ id: 'change.extension', type: 'step.done' }),
    )
  })

  it('AML-11 a verifier that wants TLS 1.3 fails; ours asserts 1.2', async () => {
    const { root, issuing } = family()
    const leaf = make({ issuer: issuing, names: ['ml.lab.test'], at: Date.now() })
    const server = createServer({
      cert: leaf.pem + issuing.pem,
      key: leaf.keyPem,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const to = { host: '127.0.0.1', port, name: 'ml.lab.test', roots: [root.pem], timeoutMs: 5_000 }
    expect((await handshake({ ...to, minVersion: 'TLSv1.3' })).outcome).not.toBe('done')
    const results = await prove(
      {
        addresses: [`127.0.0.1:${port}`],
        name: 'ml.lab.test',
        path: '/',
        expect: [200],
        decides: 'undo',
        waitMs: 0,
      },
      {
        world: { clock: fakeWorld().clock, env: {} },
        run: toolDouble(() => ({ exit: 7 })).run,
        signal: new AbortController().signal,
      },
    )
    expect(results).toContainEqual(
      expect.objectContaining({ id: 'tls.versions', state: 'pass', seen: '1.2; 1.1 is refused' }),
    )
  })

  it('AML-12 disable leaves names behind, and the next enable stays on HTTP', () => {
    const double = onSecret('old')
    double.run(naive('update', ...at, '--yes', '--config', 'allowInsecureConnections=True'))
    double.run(naive('update', ...at, '--yes', '--config', 'sslSecret=new'))
    expect(double.serves()).toBe('http')
    const ours = onSecret('old')
    carryOut(planOf('disable', ours), ours)
    expect(ours.extension?.settings).not.toHaveProperty('sslCname')
    expect(ours.extension?.settings).not.toHaveProperty('scoringFe.sslSecret')
    carryOut(planOf('enable', ours), ours)
    expect(ours.serves()).toBe('secret new')
  })

  it('AML-13 an extension of the portal lacks what az reads before it sends a pair', () => {
    const portal = () => {
      const double = onHttp()
      double.clusterType = 'connectedClusters'
      delete double.extension?.settings['relayserver.enabled']
      return double
    }
    const double = portal()
    const type = [...at.slice(0, -1), 'connectedClusters']
    const crash = double.run(
      naive(
        'update',
        ...type,
        '--yes',
        '--config-protected',
        'sslCertPemFile=c',
        'sslKeyPemFile=k',
      ),
    )
    expect(crash.stderr).toContain("'NoneType' object has no attribute 'lower'")
    const ours = portal()
    const steps = planOf('enable', ours, '  mode: pem').map(step => ({
      ...step,
      act: JSON.parse(JSON.stringify(step.act).replaceAll('"aks"', '"arc"')) as Act,
    }))
    expect(carryOut(steps, ours)).toEqual([0, 0])
    expect(ours.serves()).toBe('pem chain.pem')
  })

  it('AML-14 add-record leaves the stale address of the load balancer beside the new one', async () => {
    let records = ['203.0.113.9']
    let ttl = 60
    const dns = toolDouble((words, { argv }) => {
      const value = argv[argv.indexOf('--ipv4-address') + 1] ?? ''
      if (words.includes('add-record')) {
        records = [...records, value]
        ttl = argv.includes('--ttl') ? Number(argv[argv.indexOf('--ttl') + 1]) : 3600
      }
      if (words.includes('remove-record')) records = records.filter(each => each !== value)
      return { stdout: { TTL: ttl, ARecords: records.map(ipv4Address => ({ ipv4Address })) } }
    })
    const signal = new AbortController().signal
    const add = [
      'az',
      'network',
      'dns',
      'record-set',
      'a',
      'add-record',
      '--ipv4-address',
      '203.0.113.17',
    ]
    await dns.run({ argv: add as ['az'], limitMs: 1, signal })
    expect([records, ttl]).toEqual([['203.0.113.9', '203.0.113.17'], 3600])
    records = ['203.0.113.9']
    ttl = 60
    const input = {
      subscription: 's',
      resourceGroup: 'dns-rg',
      zone: 'lab.test',
      kind: 'public',
      record: 'ml',
      host: '203.0.113.17',
    }
    await azureDnsOps['dns.azure-lead']?.run(input, ctxOf(dns.run))
    expect([records, ttl]).toEqual([['203.0.113.17'], 60])
    expect(await azureDnsOps['dns.azure-look']?.run(input, ctxOf(dns.run))).toMatchObject({
      led: true,
    })
  })

  it('AML-15 a template that sets only sslSecret does not reach Helm', () => {
    const double = onSecret('old')
    delete double.extension?.settings['scoringFe.sslSecret']
    expect(double.serves()).toContain('E40007')
    expect(parseExtension(double.shown()).mode).toBe('none')
    carryOut(planOf('enable', double), double)
    expect(double.serves()).toBe('secret new')
  })

  it('AML-16 a wrong cluster type looks like a cluster that is not there; ours names the right one', async () => {
    const double = onHttp()
    double.clusterType = 'connectedClusters'
    const shown = double.run(naive('show', ...at))
    expect(shown.exit).toBe(3)
    expect(failureOf(shown.stderr ?? '')).toBe('not-found')
    const found = await discovered(double, '  mode: secret')
    expect(found).toMatchObject({
      exit: 65,
      findings: [{ id: 'azure.not-found', fix: 'Write target.clusterType: arc.' }],
    })
  })

  it('AML-17 paths of the pair are sent to Azure; ours say nothing of this machine', () => {
    const double = onPem()
    double.run(
      naive(
        'update',
        ...at,
        '--yes',
        '--config-protected',
        'sslCertPemFile=/home/ana/customers/acme/c.pem',
        'sslKeyPemFile=/home/ana/k.pem',
      ),
    )
    expect(double.extension?.secrets.sslCertPemFile).toContain('/home/ana')
    const ours = onPem()
    carryOut(planOf('enable', ours, '  mode: pem'), ours)
    expect(Object.values(ours.extension?.secrets ?? {}).join(' ')).not.toContain('/')
  })
})

/** What discovery finds of a double's Azure and of a cluster that is the right one. */
function discovered(double: AzDouble, more: string) {
  const kubeconfig = { clusters: [{ cluster: { server: 'https://aks1.example' } }] }
  const { run } = toolDouble((words, { argv }) => {
    if (words.startsWith('az aks') || words.includes(' config view')) return { stdout: kubeconfig }
    if (words.startsWith('az resource list')) {
      const type = `Microsoft.Kubernetes/${double.clusterType}`
      return { stdout: [{ name: 'aks1', resourceGroup: 'rg1', type }] }
    }
    if (words.startsWith('az k8s-extension list')) {
      return argv.includes(double.clusterType)
        ? { stdout: [double.shown()] }
        : { exit: 3, stderr: 'ERROR: (ResourceNotFound) The Resource was not found.' }
    }
    return { exit: 1, stderr: 'unknown' }
  })
  const world = fakeWorld({ run, which: async name => `/bin/${name}` })
  return discover(answersOf(more), world, {})
}
