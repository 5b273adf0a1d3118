import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { gateUpload } from '../../../src/certificates/gate-upload.ts'
import { feldera } from '../../../src/targets/feldera/index.ts'
import { profile } from '../../../src/targets/feldera/profile.ts'
import type { Target } from '../../../src/targets/target.ts'
import { make, type Wish } from '../../support/certificates.ts'
import { enableByHand, replaceByHand } from '../../support/feldera-by-hand.ts'
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

describe('traps of Feldera', () => {
  it('FEL-1 a leaf with CA:TRUE, as openssl -addext makes it, is refused; ours has CA:FALSE', async () => {
    const naive = leafOf({ ca: true, cn: 'localhost', eku: ['serverAuth'], keyUsage: 'none' })
    const { ids } = await gate({ 'chain.pem': naive.pem, 'key.pem': naive.keyPem })
    expect(ids).toContain('cert.leaf-is-ca')
    const byHand = await flowOf()
    await enableByHand(byHand, naive)
    expect(await byHand.ask('GET', '/v0/cluster_healthz')).toMatchObject({ all_healthy: true })
    await byHand.ask('POST', '/v0/pipelines/payments/stop?force=true')
    await byHand.ask('POST', '/v0/pipelines/payments/start?initial=running')
    expect(await byHand.ask('GET', '/v0/pipelines')).toMatchObject([
      {
        deployment_status: 'Stopped',
        deployment_error: { message: expect.stringContaining('CaUsedAsEndEntity') },
      },
    ])
    const flow = await flowOf(text('', '{source: self-signed, authority: none}'))
    await flow.run('enable')
    expect(await flow.pipelineRuns()).toBe(true)
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
    const flow = await flowOf()
    await enableByHand(flow, leaf)
    expect(await flow.ask('GET', '/v0/cluster_healthz')).toMatchObject({
      all_healthy: false,
      runner: { healthy: false, message: expect.stringContaining('UnknownIssuer') },
    })
  })

  it('FEL-3 a Secret that is replaced changes nothing that is served; ours restarts what reads it', async () => {
    const flow = await flowOf()
    await flow.run('enable')
    await replaceByHand(flow, leafOf({}))
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

  it('FEL-10 a leaf that a public CA could sign lacks the names inside, and is refused', async () => {
    const naive = leafOf({ names: ['feldera.example.com'] })
    const { ids, findings } = await gate({ 'chain.pem': naive.pem, 'key.pem': naive.keyPem })
    expect(ids).toContain('cert.name-missing')
    expect(JSON.stringify(findings)).toContain('*.feldera.svc.cluster.local')
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
