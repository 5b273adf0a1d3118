import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { gateUpload } from '../../../src/certificates/gate-upload.ts'
import { clientSetup } from '../../../src/targets/feldera/clients.ts'
import { feldera } from '../../../src/targets/feldera/index.ts'
import { profile } from '../../../src/targets/feldera/profile.ts'
import type { Target } from '../../../src/targets/target.ts'
import { make, type Wish } from '../../support/certificates.ts'
import { type FelderaFlow, flowOf, text } from '../../support/feldera-flow.ts'
import { fakeWorld } from '../../support/play.ts'
import { createScratch } from '../../support/scratch.ts'

const names = [
  'feldera-api-server.feldera.svc.cluster.local',
  '*.feldera.svc.cluster.local',
  'localhost',
  '127.0.0.1',
]

function answersOf(yaml = text()) {
  const questions = questionsFor([feldera as Target])
  return loadAnswers(yaml, questions, { name: 'a.yaml', folder: '/' }).answers
}

/** What the gate says of files for Feldera. */
async function gate(files: Record<string, string>) {
  const { folder, file } = createScratch(onTestFinished)
  for (const [name, content] of Object.entries(files)) file(name, content)
  const upload = {
    source: 'uploaded' as const,
    chain: './chain.pem',
    key: './key.pem',
    ...('ca.pem' in files ? { roots: './ca.pem' } : {}),
  }
  const now = Date.now()
  const judged = await gateUpload({
    upload,
    folder,
    profile: profile(answersOf()),
    now,
    systemRoots: [],
    fetching: fakeWorld(),
  })
  return {
    ...judged,
    ids: judged.findings.filter(({ severity }) => severity === 'blocks').map(({ id }) => id),
  }
}

const at = Date.now()
const authority = () => make({ ca: true, cn: 'Private CA', at })
const leafOf = (wish: Wish) => make({ names, at, ...wish })

/** Somebody puts another pair into the Secret that is in place. */
async function replaceByHand(flow: Awaited<ReturnType<typeof flowOf>>): Promise<void> {
  const [name = ''] = await flow.secrets()
  const secret = await flow.secret(name)
  const other = leafOf({})
  const encoded = (pem: string) => Buffer.from(pem).toString('base64')
  const data = { 'tls.crt': encoded(other.pem), 'tls.key': encoded(other.keyPem) }
  await flow.kubectl(['apply', '-f', '-'], { ...secret, data })
}

describe('traps of Feldera', () => {
  it('FEL-1 a leaf with CA:TRUE, as openssl -addext makes it, is refused; ours has CA:FALSE', async () => {
    const naive = leafOf({ ca: true, cn: 'localhost', eku: ['serverAuth'], keyUsage: 'none' })
    const { ids } = await gate({ 'chain.pem': naive.pem, 'key.pem': naive.keyPem })
    expect(ids).toContain('cert.leaf-is-ca')
    const flow = await flowOf(text('', '{source: self-signed, authority: none}'))
    await flow.run('enable')
    const [name = ''] = await flow.secrets()
    expect((await served(flow, name)).ca).toBe(false)
  })

  it('FEL-2 whatever order and parts the files have, the chain ends with the root', async () => {
    const ca = authority()
    const between = make({ ca: true, cn: 'Between', issuer: ca, at })
    const leaf = leafOf({ issuer: between })
    const wrongOrder = { 'chain.pem': between.pem + leaf.pem, 'key.pem': leaf.keyPem }
    const judged = await gate({ ...wrongOrder, 'ca.pem': ca.pem })
    expect(judged.ids).toEqual([])
    expect(judged.chain.map(each => each.fingerprint)).toEqual(
      [leaf, between, ca].map(({ certificate }) => certificate.fingerprint),
    )
    const alone = await gate({ 'chain.pem': leaf.pem, 'key.pem': leaf.keyPem })
    expect(alone.ids).toContain('cert.intermediate-missing')
  })

  it('FEL-3 a Secret that is replaced changes nothing that is served; ours restarts what reads it', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    await replaceByHand(flow)
    const wanted = (await flow.current()).leaf
    expect(await flow.leafServed('feldera-api-server')).toBe(wanted)
    const rotated = await flow.run('rotate')
    expect(rotated.acted).toEqual(expect.arrayContaining(['change.stop', 'change.release']))
    expect(await flow.leafServed('feldera-api-server')).toBe((await flow.current()).leaf)
    expect((await flow.current()).leaf).not.toBe(wanted)
  })

  it('FEL-4 pipelines that the API key does not list are found in the cluster', async () => {
    const flow = await flowOf()
    flow.breakApi(({ url }) =>
      url.includes('/v0/pipelines') ? { status: 200, body: '[]' } : undefined,
    )
    const problem = await flow.run('enable').catch(error => error)
    expect(problem).toMatchObject({ exit: 65, findings: [{ id: 'feldera.other-tenants' }] })
    expect(problem.findings[0].evidence).toMatch(/^pipeline-[0-9a-f-]{36}$/)
    const left = await flow
      .run('enable', { text: text('  otherTenants: leave') })
      .catch(error => error)
    expect(left.problem?.findings[0]?.id).not.toBe('feldera.other-tenants')
  })

  it('FEL-5 a pipeline is stopped with a checkpoint; force must be asked for, and its loss is said', async () => {
    const flow = await flowOf()
    const asked: string[] = []
    flow.breakApi(({ url, method }) => {
      if (method === 'POST') asked.push(url)
      return undefined
    })
    const run = await flow.run('enable')
    expect(asked[0]).toContain('/stop?force=false')
    expect(run.plan.steps.find(({ id }) => id === 'change.stop')?.price).not.toHaveProperty('loses')
    const forced = await flow.run('rotate', { text: text('  stop: force') })
    expect(asked.some(url => url.endsWith('/stop?force=true'))).toBe(true)
    expect(forced.plan.steps.find(({ id }) => id === 'change.stop')?.price?.loses).toContain(
      'payments',
    )
  })

  it('FEL-6 pipelines are restarted, and what they serve is part of the proof', async () => {
    const flow = await flowOf()
    const run = await flow.run('enable')
    expect(run.acted).toEqual(expect.arrayContaining(['change.stop', 'change.start']))
    const forwards = flow.words().filter(words => / port-forward .*pod\/pipeline-/.test(words))
    expect(forwards.length).toBeGreaterThan(0)
    const leaf = run.events.find(event => event.type === 'proof' && event.id === 'tls.leaf')
    expect(leaf).toMatchObject({
      state: 'pass',
      seen: expect.stringContaining('at 4 of 4 addresses'),
    })
  })

  it('FEL-7 the wildcard is that of the namespace, and caSecretRef can be set', async () => {
    const other = answersOf(text().replace('namespace: feldera', 'namespace: streaming'))
    expect(profile(other).names).toContain('*.streaming.svc.cluster.local')
    const wrong = leafOf({ names: ['*.streaming.svc.cluster.local', 'localhost', '127.0.0.1'] })
    const { ids } = await gate({ 'chain.pem': wrong.pem, 'key.pem': wrong.keyPem })
    expect(ids).toContain('cert.name-missing')
    const flow = await flowOf(text('  caSecret: feldera-ca'))
    await flow.run('enable')
    expect(await flow.values()).toMatchObject({ caSecretRef: 'feldera-ca' })
  })

  it('FEL-8 an upgrade names the version that runs, and loses no value', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const upgrade = flow.words().find(words => / upgrade /.test(words))
    expect(upgrade).toContain(' --version 0.337.0 ')
    expect(upgrade).toContain(' --reset-then-reuse-values ')
    expect(await flow.values()).toMatchObject({
      felderaVersion: '0.337.0',
      felderaDatabaseSecretRef: 'feldera-db',
    })
  })

  it('FEL-9 the leaf is good for a port-forward, too', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const [name = ''] = await flow.secrets()
    const leaf = await served(flow, name)
    expect(leaf.checkHost('localhost')).toBe('localhost')
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1')
  })

  it('FEL-10 a leaf that a public CA could sign lacks the names inside, and is refused', async () => {
    const naive = leafOf({ names: ['feldera.example.com'] })
    const { ids, findings } = await gate({ 'chain.pem': naive.pem, 'key.pem': naive.keyPem })
    expect(ids).toContain('cert.name-missing')
    expect(JSON.stringify(findings)).toContain('*.feldera.svc.cluster.local')
  })

  it('FEL-11 where helm rolls nothing out, what still serves the old leaf is restarted', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    await replaceByHand(flow)
    await flow.kubectl(['rollout', 'restart', 'deployment/feldera-kubernetes-runner'])
    const before = flow.words().length
    const run = await flow.run('enable')
    expect(run.outcome).toBe('done')
    const calls = flow.words().slice(before)
    expect(calls.some(words => / upgrade /.test(words))).toBe(false)
    const restart = calls.find(words => / rollout restart /.test(words))
    for (const component of [
      'feldera-api-server',
      'feldera-kubernetes-runner',
      'feldera-compiler-server',
    ])
      expect(restart).toContain(component)
  })

  it('FEL-12 clients are told to change their health probes, both ways', () => {
    const said = (https: boolean) =>
      JSON.stringify(clientSetup(answersOf(), { https, privateRoot: true }))
    expect(said(true)).toContain('Ask https://…:8080/healthz; one that still says http')
    expect(said(false)).toContain('Ask http://…:8080/healthz; one that still says https')
  })

  it('FEL-13 clients are told what an ingress in front needs', () => {
    const said = JSON.stringify(clientSetup(answersOf(), { https: true, privateRoot: true }))
    expect(said).toContain('nginx.ingress.kubernetes.io/backend-protocol: \\"HTTPS\\"')
    expect(said).toContain('BackendTLSPolicy')
  })

  it('FEL-14 --reuse-values with null keeps HTTPS; ours switches it off and proves that', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    const file = join(flow.folder, 'null.yaml')
    writeFileSync(file, 'httpsSecretRef: null\n')
    await flow.helm('upgrade', 'feldera', 'feldera-chart', '--reuse-values', '--values', file)
    expect(await flow.values()).toHaveProperty('httpsSecretRef')
    expect(await flow.run('disable')).toMatchObject({ outcome: 'done' })
    expect(await flow.values()).not.toHaveProperty('httpsSecretRef')
    const rendered = readFileSync(
      new URL('../../../templates/feldera/disable.yaml', import.meta.url),
      'utf8',
    )
    expect(rendered).toContain('httpsSecretRef: null')
  })
})

async function served(flow: FelderaFlow, name: string): Promise<X509Certificate> {
  const { data } = await flow.secret(name)
  return new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64'))
}
