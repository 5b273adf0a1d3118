import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as askHttp, createServer } from 'node:http'
import { request as askHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RequestResult, request } from '../../../src/net/request.ts'
import { readEndpoint } from '../../../src/record/endpoint.ts'
import { recordPaths } from '../../../src/record/paths.ts'
import { make, type Wish } from '../../support/certificates.ts'
import { enableByHand, replaceByHand } from '../../support/feldera-by-hand.ts'
import { type FelderaFlow, flowOf, text } from '../../support/feldera-flow.ts'

const inside = ['feldera-api-server.feldera.svc.cluster.local', '*.feldera.svc.cluster.local']
const leafOf = (wish: Wish = {}) =>
  make({ names: [...inside, 'localhost', '127.0.0.1'], at: Date.now(), ...wish })
const components = [
  'feldera-api-server',
  'feldera-kubernetes-runner',
  'feldera-compiler-server',
] as const

function leaves(flow: FelderaFlow): Promise<string[]> {
  return Promise.all(components.map(flow.leafServed))
}

/** What a client at the end of a port-forward to the API server gets, that knows it as `localhost`. */
function asked(
  flow: FelderaFlow,
  scheme: 'http' | 'https',
  roots: string[] = [],
): Promise<RequestResult> {
  return flow.through('feldera-api-server', port => {
    const url = `${scheme}://127.0.0.1:${port}/healthz`
    return request({ url, name: 'localhost', roots, timeoutMs: 5_000 })
  })
}

/** The roots that clients of the current generation are given. */
async function rootsOf(flow: FelderaFlow): Promise<string[]> {
  const { generation } = await flow.current()
  const { generations } = recordPaths(flow.world.stateFolder, 'prod')
  return [readFileSync(join(generations, String(generation), 'roots.pem'), 'utf8')]
}

/** What one kind of client was told, in the record. */
async function toldTo(flow: FelderaFlow, who: string) {
  const record = await readEndpoint(recordPaths(flow.world.stateFolder, 'prod'))
  return record?.clients.find(each => each.who === who)
}

async function processed(flow: FelderaFlow): Promise<unknown> {
  const { global_metrics } = (await flow.ask('GET', '/v0/pipelines/payments/stats')) as {
    global_metrics: { total_processed_records: number }
  }
  return global_metrics.total_processed_records
}

async function released(flow: FelderaFlow) {
  const template = '{{"version":{{printf "%q" $v}}}}'
  const said = JSON.parse(await flow.helm('get', 'all', 'feldera', '--template', template))
  return { version: said.version, ...(await flow.values()) }
}

/**
 * An ingress in front of the API server, as ingress-nginx: HTTP to its backend unless the annotation says
 * otherwise, whose certificate it does not verify; 502 where the backend does not speak so.
 */
async function ingress(backend: number, annotation = ''): Promise<number | undefined> {
  const isTls = /backend-protocol: "HTTPS"/.test(annotation)
  const server = createServer((_incoming, response) => {
    const to = { host: '127.0.0.1', port: backend, path: '/healthz', agent: false }
    const asking = isTls ? askHttps({ ...to, rejectUnauthorized: false }) : askHttp(to)
    asking.on('response', from => from.resume() && response.writeHead(from.statusCode ?? 0).end())
    asking.on('error', () => response.writeHead(502).end())
    asking.end()
  })
  onTestFinished(() => void server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return (await request({ url: `http://127.0.0.1:${port}/`, timeoutMs: 5_000 })).status
}

describe('traps of Feldera that the obvious command falls into', () => {
  it('FEL-5 a forced stop, as fda stop makes it, loses work; ours asks for a checkpoint, and for leave to force', async () => {
    const naive = await flowOf()
    expect(await processed(naive)).toBe(1_000)
    await naive.ask('POST', '/v0/pipelines/payments/stop?force=true')
    expect(await processed(naive)).toBe(0)
    const flow = await flowOf()
    const run = await flow.run('enable')
    expect(await processed(flow)).toBe(1_000)
    expect(await flow.pipelineRuns()).toBe(true)
    expect(run.plan.steps.find(({ id }) => id === 'change.stop')?.price).not.toHaveProperty('loses')
    const asked: string[] = []
    flow.breakApi(({ url, method }) => {
      if (method === 'POST') asked.push(url)
      return undefined
    })
    const forced = await flow.run('rotate', { text: text('  stop: force') })
    expect(asked.some(url => url.endsWith('/stop?force=true'))).toBe(true)
    expect(forced.plan.steps.find(({ id }) => id === 'change.stop')?.price?.loses).toContain(
      'payments',
    )
  })

  it('FEL-6 after helm upgrade a pipeline goes on as it started; ours restarts it and proves what it serves', async () => {
    const naive = await flowOf()
    const leaf = leafOf()
    await enableByHand(naive, leaf)
    expect(await naive.leafServed('feldera-api-server')).toBe(leaf.certificate.fingerprint)
    expect(await naive.leafServed('pipeline-')).toBe('')
    const flow = await flowOf()
    const run = await flow.run('enable')
    expect(await flow.leafServed('pipeline-')).toBe((await flow.current()).leaf)
    const proven = run.events.find(event => event.type === 'proof' && event.id === 'tls.leaf')
    expect(proven).toMatchObject({
      state: 'pass',
      seen: expect.stringContaining('at 4 of 4 addresses'),
    })
  })

  it('FEL-8 an upgrade with no version and no word about values jumps and wipes; ours does neither', async () => {
    const naive = await flowOf()
    const before = await released(naive)
    expect(before).toMatchObject({ version: '0.337.0', felderaDatabaseSecretRef: 'feldera-db' })
    await enableByHand(naive, leafOf(), [])
    expect(await released(naive)).toEqual({
      version: '0.338.0',
      httpsSecretRef: 'feldera-https-config',
    })
    const flow = await flowOf()
    await flow.run('enable')
    const [httpsSecretRef] = await flow.secrets()
    expect(await released(flow)).toEqual({ ...before, httpsSecretRef })
  })

  it('FEL-9 a leaf for the names inside alone fails at a port-forward; ours is good there', async () => {
    const naive = await flowOf()
    const leaf = leafOf({ names: inside })
    await enableByHand(naive, leaf)
    expect((await asked(naive, 'https', [leaf.pem])).error).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    const flow = await flowOf()
    await flow.run('enable')
    expect(await asked(flow, 'https', await rootsOf(flow))).toMatchObject({ status: 200 })
    const [name = ''] = await flow.secrets()
    const { data } = await flow.secret(name)
    const ours = new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64'))
    expect(ours.checkIP('127.0.0.1')).toBe('127.0.0.1')
  })

  it('FEL-11 without deploymentTimeAnnotation helm rolls nothing out; ours brings the new leaf to every pod', async () => {
    const off = ['--reuse-values', '--set', 'controlPlane={deploymentTimeAnnotation: false}']
    const again = ['upgrade', 'feldera', 'feldera-chart', '--reuse-values']
    for (const isOn of [true, false]) {
      const naive = await flowOf()
      const [before, after] = [leafOf(), leafOf()]
      await enableByHand(naive, before)
      if (!isOn) await naive.helm('upgrade', 'feldera', 'feldera-chart', ...off)
      await replaceByHand(naive, after)
      await naive.helm(...again)
      const { fingerprint } = (isOn ? after : before).certificate
      expect(await leaves(naive)).toEqual(components.map(() => fingerprint))
    }
    const flow = await flowOf()
    await flow.helm('upgrade', 'feldera', 'feldera-chart', ...off)
    for (const verb of ['enable', 'rotate'] as const) {
      expect(await flow.run(verb)).toMatchObject({ outcome: 'done' })
      const { leaf } = await flow.current()
      expect(await leaves(flow)).toEqual(components.map(() => leaf))
    }
    // where nothing of the release changes, what serves something else is restarted, all together
    await replaceByHand(flow, leafOf())
    await flow.kubectl(['rollout', 'restart', 'deployment/feldera-kubernetes-runner'])
    const before = flow.words().length
    const run = await flow.run('enable')
    expect(run.outcome).toBe('done')
    const { leaf } = await flow.current()
    expect(await leaves(flow)).toEqual(components.map(() => leaf))
    const calls = flow.words().slice(before)
    expect(calls.some(words => / upgrade /.test(words))).toBe(false)
    const restart = calls.find(words => / rollout restart /.test(words))
    for (const component of components) expect(restart).toContain(component)
  })

  it('FEL-12 a health probe that says the scheme of before reads a server as down; clients are told the new one', async () => {
    const flow = await flowOf()
    const who = 'health probes and monitors'
    expect(await asked(flow, 'http')).toMatchObject({ status: 200 })
    await flow.run('enable')
    const roots = await rootsOf(flow)
    expect(await asked(flow, 'http')).toMatchObject({ error: expect.any(String) })
    expect((await toldTo(flow, who))?.text).toContain('Ask https://…:8080/healthz')
    expect(await asked(flow, 'https', roots)).toMatchObject({ status: 200 })
    await flow.run('disable')
    expect(await asked(flow, 'https', roots)).toMatchObject({ error: expect.any(String) })
    expect((await toldTo(flow, who))?.text).toContain('Ask http://…:8080/healthz')
    expect(await asked(flow, 'http')).toMatchObject({ status: 200 })
  })

  it('FEL-13 an ingress that speaks HTTP to its backend answers 502; with the annotation that clients are told, 200', async () => {
    const flow = await flowOf()
    const through = (annotation?: string) =>
      flow.through('feldera-api-server', port => ingress(port, annotation))
    expect(await through()).toBe(200)
    await flow.run('enable')
    expect(await through()).toBe(502)
    const told = await toldTo(flow, 'ingresses and gateways in front')
    expect(told?.command).toBe('nginx.ingress.kubernetes.io/backend-protocol: "HTTPS"')
    expect(told?.text).toContain('BackendTLSPolicy')
    expect(await through(told?.command)).toBe(200)
    await flow.run('disable')
    const back = await toldTo(flow, 'ingresses and gateways in front')
    expect(await through(told?.command)).toBe(502)
    expect(await through(back?.command)).toBe(200)
  })
})
