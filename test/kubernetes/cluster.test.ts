import { describe, expect, it } from 'vitest'
import { Problem } from '../../src/errors.ts'
import { findContexts, findNamespaces, readContexts } from '../../src/kubernetes/contexts.ts'
import { createJsonSplitter } from '../../src/kubernetes/json-stream.ts'
import { kubectlArgv, placeWords } from '../../src/kubernetes/place.ts'
import { kubernetesProblem } from '../../src/kubernetes/problems.ts'
import { serviceAddress } from '../../src/kubernetes/service.ts'
import { checkCluster, pruneStep, secretStep } from '../../src/kubernetes/steps.ts'
import { ctxOf, fakeKubectl, place } from '../support/kubectl.ts'

describe('a place', () => {
  it('is said with its cluster', () => {
    expect(placeWords(place)).toBe('namespace feldera, context lab')
  })
})

describe('a call', () => {
  it('always names its cluster', () => {
    expect(kubectlArgv({ ...place, kubeconfig: './k' }, 'get', 'pods')).toEqual([
      'kubectl',
      '--kubeconfig',
      './k',
      '--context',
      'lab',
      '--namespace',
      'feldera',
      'get',
      'pods',
    ])
    const steps = [
      checkCluster(place),
      pruneStep(place, 'prod'),
      secretStep({ place, endpoint: 'prod', type: 'Opaque', files: {} }, []),
    ]
    for (const { act } of steps) expect(JSON.stringify(act)).toContain('"lab"')
  })

  // words of kubectl 1.34 and client-go
  it.each([
    [65, 'kube.no-context', 'error: context "prod" does not exist'],
    [77, 'kube.login', 'error: You must be logged in to the server (Unauthorized)'],
    [
      77,
      'kube.login',
      'Unable to connect to the server: getting credentials: exec: executable kubelogin failed with exit code 1',
    ],
    [
      77,
      'kube.login',
      'error: You must be logged in to the server (the server has asked for the client to provide credentials)',
    ],
    [
      77,
      'kube.forbidden',
      'Error from server (Forbidden): secrets is forbidden: User "readonly" cannot create resource "secrets" in API group "" in the namespace "feldera"',
    ],
    [65, 'kube.no-namespace', 'Error from server (NotFound): namespaces "nowhere" not found'],
    [
      75,
      'kube.unreachable',
      'The connection to the server 127.0.0.1:26443 was refused - did you specify the right host or port?',
    ],
    [
      75,
      'kube.unreachable',
      'Unable to connect to the server: dial tcp: lookup gone.example on 10.0.0.2:53: no such host',
    ],
    [
      1,
      'kube.denied',
      'Error from server (Forbidden): error when creating "STDIN": secrets "x" is forbidden: exceeded quota: few, requested: secrets=1',
    ],
    [
      65,
      'kube.conflict',
      'error: Apply failed with 1 conflict: conflict with "helm" using v1: .data.tls.crt',
    ],
    [1, 'tool.kubectl.failed', 'error: something new'],
  ])('that ends with %i is %s: %s', (exit, id, stderr) => {
    const problem = kubernetesProblem(
      { argv: ['kubectl'], outcome: 'ended', exit: 1, stdout: 'SECRET', stderr, tookMs: 0 },
      place,
      1000,
    )
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ exit, findings: [{ id }] })
    expect(JSON.stringify((problem as Problem).findings)).not.toContain('SECRET')
  })

  it('that conflicts with another manager is mended by what every target can do', () => {
    const stderr = 'error: Apply failed with 1 conflict: conflict with "argocd" using v1: .spec.tls'
    const said = { argv: ['kubectl'], outcome: 'ended', exit: 1, stdout: '', stderr } as const
    const [found] = (kubernetesProblem({ ...said, tookMs: 0 }, place, 1000) as Problem).findings
    expect(found?.evidence).toContain('argocd')
    expect(found?.fix).toContain('endpoint: in the answers')
    expect(found?.fix).not.toContain('onConflict')
  })

  it('may answer many documents, cut anywhere', () => {
    const seen: unknown[] = []
    const take = createJsonSplitter(value => seen.push(value))
    for (const line of [
      'noise',
      '{',
      '    "a": 1',
      '}',
      '{"b": 2}',
      '{',
      '    "cut": ',
      '{',
      '    "c": {',
      '    }',
      '}',
    ])
      take(line)
    expect(seen).toEqual([{ a: 1 }, { b: 2 }, { c: {} }])
  })
})

describe('what is found for the interview', () => {
  const config = {
    'current-context': 'lab',
    clusters: [
      { name: 'one', cluster: { server: 'https://10.0.0.1' } },
      { name: 'lab', cluster: { server: 'https://127.0.0.1:26443' } },
    ],
    contexts: [
      { name: 'prod', context: { cluster: 'one' } },
      { name: 'lab', context: { cluster: 'lab' } },
    ],
  }
  const search = (answers = {}) => {
    const { run } = fakeKubectl([
      [
        /config view -o json/,
        () => ({ stdout: JSON.stringify(config), stderr: 'a plugin says hello' }),
      ],
      [
        /--context lab get namespaces/,
        () => ({ stdout: 'namespace/default\nnamespace/kube-system\nnamespace/feldera\n' }),
      ],
    ])
    const { world, signal } = ctxOf(run)
    return {
      world: { ...world, which: async () => '/bin/kubectl' },
      folder: '/',
      typed: '',
      answers,
      signal,
    }
  }

  it('contexts, the current one first and never taken unasked', async () => {
    const { choices } = await findContexts(search())
    expect(choices).toEqual([
      { value: 'lab', title: 'lab', note: 'https://127.0.0.1:26443  current' },
      { value: 'prod', title: 'prod', note: 'https://10.0.0.1' },
    ])
  })

  it('contexts hold nothing of the credentials', async () => {
    expect(await readContexts(search(), undefined)).toEqual([
      { name: 'prod', server: 'https://10.0.0.1', current: false },
      { name: 'lab', server: 'https://127.0.0.1:26443', current: true },
    ])
  })

  it('the namespaces of the chosen context', async () => {
    const answers = { 'target.context': { value: 'lab', from: 'answer' } }
    const { choices } = await findNamespaces(search(answers))
    expect(choices.map(({ value }) => value)).toEqual(['default', 'feldera'])
    expect(await findNamespaces(search())).toEqual({ choices: [] })
  })
})

describe('the address of a Service', () => {
  it.each([
    [{ type: 'LoadBalancer', host: '127.10.0.3' }, { ingress: [{ ip: '127.10.0.3' }] }],
    [{ type: 'LoadBalancer', host: 'x.elb.example' }, { ingress: [{ hostname: 'x.elb.example' }] }],
    [{ type: 'LoadBalancer' }, {}],
  ])('%o', (address, loadBalancer) => {
    const service = {
      kind: 'Service',
      metadata: { name: 'x' },
      spec: { type: 'LoadBalancer' },
      status: { loadBalancer },
    }
    expect(serviceAddress(service)).toEqual(address)
  })
})
