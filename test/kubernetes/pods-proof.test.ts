import { describe, expect, it, onTestFinished } from 'vitest'
import type { KubeObject } from '../../src/kubernetes/kubectl.ts'
import { kubernetesOps } from '../../src/kubernetes/ops.ts'
import type { ServedBy } from '../../src/kubernetes/pods-proof.ts'
import type { ProofResult } from '../../src/plan/events.ts'
import type { Json } from '../../src/plan/plan.ts'
import { family } from '../support/certificates.ts'
import { ctxOf, fakeKubectl, place, printed } from '../support/kubectl.ts'
import { createScratch } from '../support/scratch.ts'
import { serveHttp, serveTls } from '../support/servers.ts'

const served: ServedBy[] = [
  { workload: 'deployment/api', service: 'api', port: 8080, probes: 'all' },
  { workload: 'statefulset/worker', port: 8085, probes: 'leaf' },
]

function workload(kind: string, name: string): KubeObject {
  return { kind, metadata: { name }, spec: { selector: { matchLabels: { app: name } } } }
}

function pod(name: string, app: string): KubeObject {
  return { kind: 'Pod', metadata: { name, labels: { app } }, spec: {}, status: {} }
}

const items = [
  workload('Deployment', 'api'),
  workload('StatefulSet', 'worker'),
  pod('api-1', 'api'),
  pod('api-2', 'api'),
  pod('worker-0', 'worker'),
]

/** A cluster whose pods are servers of the test: each forward leads to the server of its pod. */
function clusterOf(ports: Record<string, number>, pending = 0) {
  let left = pending
  return fakeKubectl([
    [
      / port-forward .*pod\/worker-0/,
      () => {
        left -= 1
        if (left >= 0)
          return {
            exit: 1,
            stderr:
              'error: unable to forward port because pod is not running. Current status=Pending',
          }
        return { stdout: `Forwarding from 127.0.0.1:${ports['worker-0']} -> 8080\n` }
      },
    ],
    [/ get deployments/, () => ({ stdout: printed({ kind: 'List', items }) })],
    [
      / port-forward /,
      ({ argv }) => {
        const name = argv.find(word => word.startsWith('pod/'))?.slice(4) ?? ''
        return { stdout: `Forwarding from 127.0.0.1:${ports[name]} -> 8080\n` }
      },
    ],
    [/^curl /, () => ({ outcome: 'missing' })],
  ])
}

async function prove(
  op: string,
  ports: Record<string, number>,
  more: Record<string, Json>,
  pending = 0,
) {
  const kubectl = clusterOf(ports, pending)
  const proven: ProofResult[] = []
  const { world } = ctxOf(kubectl.run)
  let slept = 0
  const clock = {
    ...world.clock,
    now: () => Date.now(),
    elapsed: () => slept,
    sleep: async (ms: number) => {
      slept += ms
    },
  }
  const ctx = ctxOf(kubectl.run, {
    world: { ...world, clock },
    proof: result => proven.push(result),
  })
  const ask = { place, served, name: 'fraud.ml.example.com', path: '/', expect: [200], waitMs: 0 }
  const input = { ...ask, decides: 'undo', ...more } as unknown as Record<string, Json>
  const answer = await kubernetesOps[`kubernetes.${op}`]?.run(input, ctx)
  return { answer, of: (id: string) => proven.find(each => each.id === id), kubectl }
}

describe('the proof of each pod', () => {
  const { leaf, issuing, root } = family({ at: Date.now() })
  const old = family({ at: Date.now() })
  const pairOf = ({ leaf: one, issuing: by }: typeof old) => ({
    cert: one.pem + by.pem,
    key: one.keyPem,
  })
  const wanted = () => ({
    leaf: leaf.certificate.fingerprint,
    roots: createScratch(onTestFinished).file('roots.pem', root.pem),
  })

  const one = async () => (await serveTls(onTestFinished, pairOf({ leaf, issuing, root }))).port
  const all = async () => ({
    'api-1': await one(),
    'api-2': await one(),
    'worker-0': await one(),
  })

  it('passes when all replicas serve the wanted leaf', async () => {
    const { answer, of, kubectl } = await prove('prove-pods', await all(), {
      ...wanted(),
      noDns: 'no outside address',
    })
    expect(answer).toMatchObject({ pass: true })
    expect(of('tls.leaf')).toMatchObject({ state: 'pass' })
    expect(of('tls.leaf')?.seen).toContain('at 3 of 3 addresses')
    expect(of('http.answers')?.seen).toContain('at 2 of 2 addresses')
    expect(of('dns.address')).toMatchObject({ state: 'skip', seen: 'no outside address' })
    const forwards = kubectl.calls.filter(({ words }) => words.includes('port-forward'))
    expect(forwards.map(({ words }) => words.split(' ').slice(-2).join(' '))).toEqual([
      'pod/api-1 :8080',
      'pod/api-2 :8080',
      'pod/worker-0 :8085',
    ])
  })

  it('waits for a pod that does not run yet, and says so where it never does', async () => {
    const ports = await all()
    const late = await prove('prove-pods', ports, { ...wanted(), waitMs: 60_000 }, 3)
    expect(late.answer).toMatchObject({ pass: true })
    const never = await prove('prove-pods', ports, { ...wanted(), waitMs: 2_000 }, 1_000)
    expect(never.answer).toMatchObject({ pass: false })
    expect(never.of('tcp.open')?.seen).toContain('pod is not running. Current status=Pending')
  })

  it('names the replica that still serves the old leaf', async () => {
    const late = await serveTls(onTestFinished, pairOf(old))
    const ports = { ...(await all()), 'worker-0': late.port }
    const { answer, of } = await prove('prove-pods', ports, wanted())
    expect(answer).toMatchObject({ pass: false, failed: ['tls.leaf'] })
    expect(of('tls.leaf')?.seen).toContain('pod/worker-0:8085')
    expect(of('tls.leaf')?.seen).toContain('as wanted at 2 of 3 addresses')
  })

  it('of plain HTTP fails while one replica still speaks TLS', async () => {
    const port = await serveHttp(onTestFinished, (_request, response) => response.end('hello'))
    const late = await serveTls(onTestFinished, pairOf(old))
    const good = { 'api-1': port, 'api-2': port, 'worker-0': port }
    expect((await prove('prove-pods-plain', good, {})).answer).toMatchObject({ pass: true })
    const { answer, of } = await prove('prove-pods-plain', { ...good, 'worker-0': late.port }, {})
    expect(answer).toMatchObject({ pass: false })
    expect(of('tls.handshake')).toMatchObject({ state: 'fail' })
  })

  it('stops where a workload has no pods', async () => {
    await expect(
      prove('prove-pods', {}, { ...wanted(), served: [{ workload: 'deployment/gone', port: 1 }] }),
    ).rejects.toMatchObject({ findings: [{ id: 'kube.no-workload' }] })
  })
})
