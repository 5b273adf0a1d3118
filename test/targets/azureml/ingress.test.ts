import { afterEach, describe, expect, it } from 'vitest'
import { azuremlFlow, type Between, type Flow, usualAnswers } from '../../support/azureml-flow.ts'
import { make } from '../../support/certificates.ts'

let flow: Flow

afterEach(() => flow.close())

const answers = (more = '') => usualAnswers(`  mode: ingress\n  ingressClass: nginx${more}`)
const adopting = answers('\n  onConflict: adopt')

/** What somebody else serves through an Ingress of the very name. */
const theirs = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: 'ml',
    namespace: 'azureml',
    labels: { team: 'search' },
    annotations: { 'nginx.ingress.kubernetes.io/limit-rps': '5' },
  },
  spec: {
    ingressClassName: 'nginx',
    tls: [{ hosts: ['shop.lab.test'], secretName: 'shop-tls' }],
    rules: [
      {
        host: 'shop.lab.test',
        http: {
          paths: [
            {
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name: 'shop', port: { number: 80 } } },
            },
          ],
        },
      },
    ],
  },
}

const put = () => flow.kubectl(['create', '-f', '-'], theirs)

/** Their Ingress is there as they made it, and nobody was told to delete one. */
async function expectTheirs(): Promise<void> {
  const found = await flow.ingress()
  const { labels, annotations } = found?.metadata ?? {}
  expect({ labels, annotations, spec: found?.spec }).toEqual({
    labels: theirs.metadata.labels,
    annotations: theirs.metadata.annotations,
    spec: theirs.spec,
  })
  expect(deletes()).toEqual([])
}

function deletes(): string[] {
  return flow.words().filter(words => / delete .*ingress/.test(words))
}

/** Something happens just before the first call that matches. */
function justBefore(pattern: RegExp, meanwhile: () => Promise<unknown>): Between {
  let isDone = false
  return async (words, stage) => {
    if (!isDone && pattern.test(words)) {
      isDone = true
      await meanwhile()
    }
    return stage()
  }
}

describe('an Ingress of somebody else that has the name of ours', () => {
  it.each([answers(), answers('\n  onConflict: stop'), answers('\n  onConflict: rename')])(
    'is named before the plan, with both ways out',
    async text => {
      flow = await azuremlFlow(text)
      await put()
      const problem = await flow.go('enable').catch(error => error)
      expect(problem).toMatchObject({
        exit: 65,
        findings: [
          {
            id: 'azureml.foreign-ingress',
            evidence: 'it is made by kubectl-create, for shop.lab.test',
            fix: expect.stringMatching(/record name .*onConflict: adopt/),
          },
        ],
      })
      await expectTheirs()
    },
  )

  it('is taken over where that was agreed to, which the plan says, and put back where the run fails', async () => {
    flow = await azuremlFlow(adopting, 'leaf')
    await put()
    const went = await flow.go('enable')
    expect(went).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect(went.events).toContainEqual(
      expect.objectContaining({
        type: 'step.started',
        id: 'change.ingress',
        price: {
          text: 'The Ingress ml is made by kubectl-create: it is taken over, and what it says is kept. shop.lab.test: no longer served through it.',
        },
      }),
    )
    await expectTheirs()
  })

  it('is kept with its pair as generation 0, which can be brought back', async () => {
    flow = await azuremlFlow(adopting)
    const pair = make({ names: ['ml.lab.test'], at: Date.now() })
    const encoded = (pem: string) => Buffer.from(pem).toString('base64')
    await flow.kubectl(['apply', '-f', '-'], {
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'shop-tls' },
      data: { 'tls.crt': encoded(pair.pem), 'tls.key': encoded(pair.keyPem) },
    })
    await put()
    expect(await flow.go('enable')).toMatchObject({ exit: 0, failed: [] })
    expect(flow.leaf()).not.toBe(pair.certificate.fingerprint)
    expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ exit: 0, failed: [] })
    expect(flow.leaf()).toBe(pair.certificate.fingerprint)
    expect(await flow.go('disable')).toMatchObject({ exit: 0, failed: [] })
    expect(deletes()).toEqual([])
  })

  it.each([
    ['the Secret', /apply --server-side/],
    ['the Ingress itself', /apply --server-side .*--show-managed-fields/],
  ])('is never deleted where it comes when %s is applied', async (_what, pattern) => {
    flow = await azuremlFlow(answers())
    const went = await flow.go('enable', { between: justBefore(pattern, put) })
    expect(went).toMatchObject({ exit: 65, outcome: 'rolled-back' })
    expect(went.failed).toContain('azureml.foreign-ingress')
    await expectTheirs()
  })

  it('is left alone where it has taken the place of ours when the run is taken back', async () => {
    flow = await azuremlFlow(answers(), 'leaf')
    const another = async () => {
      await flow.kubectl(['delete', 'ingress', 'ml'])
      await put()
    }
    const went = await flow.go('enable', {
      between: justBefore(/ delete --raw .*ingresses/, another),
    })
    expect(went).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect(went.events).toContainEqual(
      expect.objectContaining({ type: 'finding', id: 'azureml.ingress-stays' }),
    )
    const found = await flow.ingress()
    expect(found?.spec).toEqual(theirs.spec)
  })
})

describe('an Ingress of ours', () => {
  it('that a run has made goes again where the run fails', async () => {
    flow = await azuremlFlow(answers(), 'leaf')
    expect(await flow.go('enable')).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect(await flow.ingress()).toBeUndefined()
    expect(deletes()).toHaveLength(1)
  })

  it('that was there before is put back, and never deleted', async () => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    const ours = await flow.ingress()
    const denied: Between = async (words, stage) => {
      const answer = await stage()
      return /apply .*--show-managed-fields/.test(words)
        ? { ...answer, exit: 1, stdout: '', stderr: 'admission webhook "w" denied the request' }
        : answer
    }
    const went = await flow.go('rotate', { between: denied })
    expect(went).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect((await flow.ingress())?.spec).toEqual(ours?.spec)
    expect(deletes()).toEqual([])
    expect(await flow.go('rotate')).toMatchObject({ exit: 0, failed: [] })
    expect(await flow.go('disable')).toMatchObject({ exit: 0, failed: [] })
  })

  it('stays where a later run fails before it touches it, whatever the run that made it has kept', async () => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    const ours = await flow.ingress()
    let reads = 0
    const failing: Between = async (words, stage) => {
      if (!/ get ingress ml /.test(words)) return stage()
      reads += 1
      // discovery and the look see it, what acts does not
      const stderr = 'Error from server (InternalError): an error on the server'
      return reads === 3 ? { ...(await stage()), exit: 1, stdout: '', stderr } : stage()
    }
    const went = await flow.go('disable', { between: failing })
    expect(went).toMatchObject({ exit: 1, outcome: 'rolled-back' })
    expect(await flow.ingress()).toEqual(ours)
    expect(deletes()).toEqual([])
  })

  it('that somebody has changed by hand says again what it must', async () => {
    flow = await azuremlFlow(answers())
    await flow.go('enable')
    const ours = await flow.ingress()
    const spec = { ...(ours?.spec as object), ingressClassName: 'other' }
    await flow.kubectl(['replace', '-f', '-'], { ...theirs, metadata: ours?.metadata, spec })
    expect(await flow.go('enable')).toMatchObject({ exit: 0, failed: [] })
    expect((await flow.ingress())?.spec).toEqual(ours?.spec)
  })
})
