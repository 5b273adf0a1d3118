import { describe, expect, it } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import type { Search } from '../../../src/answers/question.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { discover } from '../../../src/targets/azureml/discover.ts'
import { findClusters, findExtensions } from '../../../src/targets/azureml/find.ts'
import { azureml } from '../../../src/targets/azureml/index.ts'
import type { Target } from '../../../src/targets/target.ts'
import {
  azWords,
  extensionJson,
  type Said,
  secretSettings,
  toolDouble,
} from '../../support/azure.ts'
import { usualAnswers } from '../../support/azureml-flow.ts'
import { make } from '../../support/certificates.ts'
import { fakeWorld } from '../../support/play.ts'

const [ca, otherCa] = [make({ ca: true }), make({ ca: true })]

const kubeconfig = (server: string, authority = ca) => ({
  clusters: [
    {
      cluster: {
        server,
        'certificate-authority-data': Buffer.from(authority.pem).toString('base64'),
      },
    },
  ],
})

interface Here {
  list?: Said
  az?: Said
  kubectl?: Said
  arc?: Record<string, string> | 'forbidden'
  missing?: string
  answers?: string
  ingress?: Said
  /** What the last proven run has recorded. */
  live?: Record<string, string>
}

/** What is found where az and kubectl say these things. */
async function found(here: Here) {
  const { run, words } = toolDouble(said => {
    if (said.startsWith('az k8s-extension list')) {
      return here.list ?? { stdout: [extensionJson({ allowInsecureConnections: 'True' })] }
    }
    if (said.startsWith('az aks')) return here.az ?? { stdout: kubeconfig('https://aks1:443') }
    if (said.includes('azure-clusterconfig')) {
      if (here.arc === 'forbidden')
        return { exit: 1, stderr: 'Error from server (Forbidden): configmaps is forbidden' }
      return here.arc ? { stdout: { kind: 'ConfigMap', data: here.arc } } : { stdout: '' }
    }
    if (said.includes(' config view')) {
      return here.kubectl ?? { stdout: kubeconfig('https://aks1:443/') }
    }
    if (said.includes(' get ingress ')) return here.ingress
    if (said.startsWith('az resource list')) return { stdout: [] }
    return { exit: 1, stderr: 'no such words' }
  })
  const world = fakeWorld({
    run,
    which: async name => (name === here.missing ? undefined : `/bin/${name}`),
  })
  const questions = questionsFor([azureml as Target])
  const text = here.answers ?? usualAnswers('  mode: secret')
  const answered = loadAnswers(text, questions, { name: 'a.yaml', folder: '/' })
  const { exit, findings, present } = await discover(answered, world, recordOf(here))
  return { exit, ids: findings.map(({ id }) => id), present, words: words(), findings }
}

function recordOf({ live }: Here) {
  return live ? { record: { live, https: false } as never } : {}
}

const agreed = {
  subscription: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'rg1',
  cluster: 'aks1',
  server: `https://aks1 ${ca.certificate.fingerprint}`,
}

describe('what is read of Azure ML before a plan', () => {
  it('is the extension and the server that az and kubectl agree on', async () => {
    const { exit, present, words } = await found({})
    expect(exit).toBeUndefined()
    expect(present).toMatchObject({ server: 'https://aks1', extension: { mode: 'http' } })
    expect(words.every(each => !/ (create|update|delete|apply) /.test(each))).toBe(true)
  })

  it.each([
    ['another server', { kubectl: { stdout: kubeconfig('https://other:443') } }],
    ['another CA', { kubectl: { stdout: kubeconfig('https://aks1:443', otherCa) } }],
  ])('stops at two clusters: %s', async (_what, here) => {
    expect(await found(here)).toMatchObject({ exit: 65, ids: ['azureml.other-cluster'] })
  })

  it('does not ask az for a cluster that a proven run agreed on, as long as it is that one', async () => {
    const asks = ({ words }: { words: string[] }) => words.some(each => each.startsWith('az aks'))
    const same = await found({ live: agreed })
    expect([same.exit, asks(same)]).toEqual([undefined, false])
    const moved = await found({
      live: agreed,
      kubectl: { stdout: kubeconfig('https://aks1:443', otherCa) },
    })
    expect([moved.exit, asks(moved)]).toEqual([65, true])
    for (const other of [{ cluster: 'aks2' }, { resourceGroup: 'rg2' }, { subscription: 's' }])
      expect(asks(await found({ live: { ...agreed, ...other } }))).toBe(true)
  })

  it('knows an Arc-enabled cluster by its own id in it', async () => {
    const answers = usualAnswers('  mode: secret').replace('clusterType: aks', 'clusterType: arc')
    const id = {
      AZURE_SUBSCRIPTION_ID: '00000000-0000-4000-8000-000000000001',
      AZURE_RESOURCE_GROUP: 'RG1',
      AZURE_RESOURCE_NAME: 'aks1',
    }
    expect((await found({ answers, arc: id })).exit).toBeUndefined()
    const other = { ...id, AZURE_RESOURCE_NAME: 'arc2' }
    expect(await found({ answers, arc: other })).toMatchObject({
      exit: 65,
      ids: ['azureml.other-cluster'],
    })
    expect(await found({ answers })).toMatchObject({ exit: 65, ids: ['azureml.cluster-unsure'] })
  })

  it('says which Role is wanted where the id of an Arc-enabled cluster may not be read', async () => {
    const answers = usualAnswers('  mode: secret').replace('clusterType: aks', 'clusterType: arc')
    const { exit, findings } = await found({ answers, arc: 'forbidden' })
    expect([exit, findings[0]?.id]).toEqual([77, 'kube.forbidden'])
    expect(findings[0]?.fix).toContain('doctor --answers FILE --role')
  })

  it.each([
    ['login', 77, 'azure.login'],
    ['403', 77, 'azure.forbidden'],
    ['429', 75, 'azure.throttled'],
    ['no-extension', 69, 'azure.no-k8s-extension'],
    ['no-subscription', 65, 'azure.no-subscription'],
    ['no-cluster', 65, 'azure.not-found'],
  ] as const)('ends where az says %s: exit %i', async (words, exit, id) => {
    const list = { exit: 1, stderr: azWords[words as never] as string }
    expect(await found({ list })).toMatchObject({ exit, ids: [id] })
  })

  it.each([
    ['that is there, of NodePort,', '  mode: secret', 'nodePort'],
    ['that is there, of ClusterIP,', '  mode: pem', 'ClusterIP'],
    ['that is made, of NodePort,', '  mode: secret\n  serviceType: NodePort', undefined],
  ])('stops where an extension %s has no address outside', async (_what, more, type) => {
    const settings = { allowInsecureConnections: 'True' }
    const there = type && extensionJson({ ...settings, inferenceRouterServiceType: type })
    const list = { stdout: there ? [there] : [] }
    const here = await found({ list, answers: usualAnswers(more) })
    expect(here).toMatchObject({
      exit: 65,
      findings: [
        {
          id: 'azureml.no-address',
          fix: expect.stringMatching(/target\.mode: ingress .*target\.front/),
        },
      ],
    })
    const front = await found({ list, answers: usualAnswers(`${more}\n  front: 10.0.0.7`) })
    expect(front.exit).toBeUndefined()
    const ingress = usualAnswers(more.replace(/mode: \w+/, 'mode: ingress'))
    expect((await found({ list, answers: ingress, ingress: {} })).exit).toBeUndefined()
  })

  it('takes the type of an extension that serves models, not the one of the answers', async () => {
    const answers = usualAnswers('  mode: secret\n  serviceType: ClusterIP')
    expect((await found({ answers })).exit).toBeUndefined()
  })

  it('names a tool that is missing', async () => {
    expect(await found({ missing: 'az' })).toMatchObject({ exit: 69, ids: ['tool.az.missing'] })
  })

  it('names an extension of another name, and a pair of somebody else', async () => {
    const other = { stdout: [extensionJson({}, { name: 'aml-ext' })] }
    expect(await found({ list: other })).toMatchObject({
      exit: 65,
      ids: ['azureml.other-extension'],
    })
    const theirs = { stdout: [extensionJson(secretSettings('theirs'))] }
    const { exit, findings } = await found({ list: theirs })
    expect([exit, findings[0]?.evidence]).toEqual([65, 'Secret theirs'])
  })

  it('wants a DNS name, before any tool is called', async () => {
    const answers = usualAnswers('  mode: secret').replace('ml.lab.test', '10.0.0.7')
    expect(await found({ answers })).toMatchObject({ exit: 65, ids: ['azureml.domain'], words: [] })
  })
})

describe('what the wizard finds', () => {
  const search = (answers: Record<string, string>, said: Said): Search => ({
    world: fakeWorld({ run: toolDouble(() => said).run, which: async name => `/bin/${name}` }),
    answers: Object.fromEntries(
      Object.entries(answers).map(([id, value]) => [id, { value, from: 'answer' as const }]),
    ),
    folder: '/',
    typed: '',
    signal: new AbortController().signal,
  })

  it('are clusters of both types, with what choosing one answers as well', async () => {
    const all = [
      { name: 'aks1', resourceGroup: 'rg1', type: 'Microsoft.ContainerService/ManagedClusters' },
      { name: 'arc1', resourceGroup: 'rg2', type: 'Microsoft.Kubernetes/connectedClusters' },
      { name: 'vm\u001b[31m', resourceGroup: 'rg1', type: 'Microsoft.Compute/virtualMachines' },
    ]
    const { choices } = await findClusters(search({ 'target.subscription': 's' }, { stdout: all }))
    expect(choices.map(({ value, also }) => [value, also])).toEqual([
      ['aks1', { 'target.resourceGroup': 'rg1', 'target.clusterType': 'aks' }],
      ['arc1', { 'target.resourceGroup': 'rg2', 'target.clusterType': 'arc' }],
    ])
  })

  it('is the extension with what it serves, adopted where that is a pair', async () => {
    const answers = {
      'target.subscription': 's',
      'target.resourceGroup': 'rg1',
      'target.cluster': 'aks1',
      'target.clusterType': 'aks',
    }
    const theirs = { stdout: [extensionJson(secretSettings('theirs'))] }
    const { choices } = await findExtensions(search(answers, theirs))
    expect(choices).toMatchObject([{ value: 'azureml', also: { 'target.onConflict': 'adopt' } }])
    const failed = await findExtensions(search(answers, { exit: 1, stderr: azWords.login }))
    expect(failed).toEqual({ choices: [], source: expect.stringContaining('az is not logged in') })
  })
})
