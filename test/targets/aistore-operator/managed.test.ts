import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { mustManage } from '../../../src/road/must-manage.ts'
import { aistoreOperator } from '../../../src/targets/aistore-operator/index.ts'
import { skyserve } from '../../../src/targets/skyserve/index.ts'
import { aisSchema, strictly } from '../../support/ais-crd.ts'
import { make } from '../../support/certificates.ts'
import { type Flow, flowOf, patches, specOf, text } from '../../support/operator-flow.ts'
import { isThere } from '../../support/scratch.ts'

const domain = 'ais-proxy.ais.svc.cluster.local'
const managed = '{source: managed, issuer: ca-issuer, names: [ais.example.com]}'
const answers = (more = '') => text(more, managed)

const secretOf = (flow: Flow) => flow.kubectl('get', 'secret', 'ais-tls')
const leafIn = async (flow: Flow) => {
  const { data } = await secretOf(flow)
  return new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64')).fingerprint256
}

/** What cert-manager does when two thirds of the time are over. */
const renew = (flow: Flow) => flow.patch({ tls: { certificate: { renewBefore: '720h' } } })

/** Another pair in the Secret, with its root where it is one of another root. */
async function put(flow: Flow, { names, root = false }: { names: string[]; root?: boolean }) {
  const before = await secretOf(flow)
  const at = Date.now()
  const authority = make({ ca: true, cn: 'Renewed Root', at })
  const leaf = make({ issuer: authority, names, at })
  const texts = {
    ...{ 'tls.crt': leaf.pem, 'tls.key': leaf.keyPem },
    ...(root ? { 'ca.crt': authority.pem } : {}),
  }
  const encoded = Object.entries(texts).map(([key, pem]) => [
    key,
    Buffer.from(pem).toString('base64'),
  ])
  await flow.apply({ ...before, data: { ...before.data, ...Object.fromEntries(encoded) } })
}

describe('AIStore that cert-manager makes the certificate of', () => {
  it('goes to HTTPS by the resource alone: the key stays in the cluster', async () => {
    const flow = await flowOf(answers())
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    const spec = await specOf(flow)
    expect(spec).toMatchObject({
      tls: {
        certificate: {
          issuerRef: { name: 'ca-issuer', kind: 'ClusterIssuer' },
          additionalDNSNames: [domain, 'ais.example.com'],
          duration: '2160h',
        },
      },
      configToUpdate: { net: { http: { use_https: true, skip_verify: false } } },
    })
    const takes = new Ajv({ strict: false }).compile(strictly(aisSchema))
    expect([takes({ spec }), takes.errors]).toEqual([true, null])
    expect(flow.leaf()).toBe(await leafIn(flow))
    expect(flow.kept('roots.pem')).toContain('BEGIN CERTIFICATE')
    expect(flow.kept('key.pem')).toBe('')
    expect(flow.calls.filter(({ stdin }) => stdin?.includes('tls.key'))).toEqual([])
    flow.calls.length = 0
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(patches(flow)).toEqual([])
  })

  it('waits for the Secret of this issuer and these names, and goes back where none comes', async () => {
    const flow = await flowOf(answers('').replace('wait: 20s', 'wait: 1s'))
    flow.breakTool(words => (words.includes('get secret') ? { exit: 0, stderr: '' } : undefined))
    expect(await flow.go('enable')).toMatchObject({
      outcome: 'rolled-back',
      exit: 124,
      failed: ['ais-operator.not-issued'],
    })
    flow.breakTool(undefined)
    expect(await specOf(flow)).toMatchObject({
      configToUpdate: { net: { http: { use_https: false } } },
    })
    expect((await specOf(flow)).tls).toBe(undefined)
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
  })

  it('rotates to what the Secret holds by then: nothing is asked of the operator', async () => {
    const flow = await flowOf(answers())
    await flow.go('enable')
    const before = flow.leaf()
    await renew(flow)
    flow.calls.length = 0
    const rotated = await flow.go('rotate')
    expect(rotated).toMatchObject({ outcome: 'done', exit: 0 })
    expect(rotated.acted).toContain('change.load')
    expect(patches(flow)).toEqual([])
    expect(flow.leaf()).not.toBe(before)
    expect(flow.leaf()).toBe(await leafIn(flow))
    await expect(flow.go('rotate', true)).rejects.toMatchObject({ exit: 2 })
  })

  it('takes no Secret that is for other names', async () => {
    const flow = await flowOf(answers('').replace('wait: 20s', 'wait: 1s'))
    await flow.go('enable')
    const before = flow.leaf()
    await put(flow, { names: [domain, 'localhost'] })
    const rotated = await flow.go('rotate')
    expect(rotated).toMatchObject({ exit: 124, failed: ['ais-operator.not-issued'] })
    expect(flow.leaf()).toBe(before)
  })

  it('has no other issuer sign it while the nodes trust the root of before: the way is over HTTP', async () => {
    const flow = await flowOf(answers())
    await flow.go('enable')
    const [before, pods] = [flow.leaf(), await flow.started()]
    flow.answer(answers().replace('ca-issuer', 'other-issuer'))
    flow.calls.length = 0
    await expect(flow.go('enable')).rejects.toMatchObject({
      exit: 65,
      findings: [
        {
          id: 'ais-operator.other-root',
          evidence:
            'its issuer is ClusterIssuer ca-issuer, that of the answers ClusterIssuer other-issuer',
          fix: expect.stringMatching(
            /secure-endpoint disable ais-k8s; kubectl .* delete secret ais-tls; secure-endpoint init/,
          ),
        },
      ],
    })
    expect([patches(flow), flow.leaf(), await flow.started()]).toEqual([[], before, pods])
    // what the refusal names
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    await flow.remove('secret', 'ais-tls')
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect((await secretOf(flow)).metadata.annotations).toMatchObject({
      'cert-manager.io/issuer-name': 'other-issuer',
    })
    expect(await flow.served()).toEqual([`${flow.leaf()} 200`, `${flow.leaf()} 200`])
  })

  it('loads nothing of another root that cert-manager has put there, which would part the nodes', async () => {
    const flow = await flowOf(answers())
    await flow.go('enable')
    const before = flow.leaf()
    await put(flow, { names: [domain, 'ais.example.com', 'localhost'], root: true })
    await expect(flow.go('rotate')).rejects.toMatchObject({
      exit: 65,
      findings: [
        {
          id: 'ais-operator.other-root',
          evidence: 'ca.crt of Secret ais-tls is not the one that the nodes started with',
        },
      ],
    })
    expect(await flow.served()).toEqual([`${before} 200`, `${before} 200`])
    await flow.load()
    expect((await flow.served()).map(each => each.slice(-3))).toEqual(['503', '503'])
  })

  it('goes back to HTTP, and can be enabled again, also with a pair of our own', async () => {
    const flow = await flowOf(answers())
    await flow.go('enable')
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    const { tls, configToUpdate } = await specOf(flow)
    expect([tls, configToUpdate.net.http]).toEqual([undefined, { use_https: false }])
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
    await flow.go('disable')
    flow.answer(text('  secret: ais-own'))
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
    expect((await specOf(flow)).tls).toEqual({ secretName: 'ais-own' })
  })

  it('is no other way of a resource that serves a pair already, and asks for no address', async () => {
    const other = (evidence: string) => ({
      exit: 65,
      findings: [{ id: 'ais-operator.other-way', evidence: expect.stringContaining(evidence) }],
    })
    const flow = await flowOf(text())
    await flow.go('enable')
    flow.calls.length = 0
    flow.answer(answers())
    await expect(flow.go('enable')).rejects.toMatchObject(other('spec.tls.secretName is ais-tls'))
    const back = await flowOf(answers())
    await back.go('enable')
    back.answer(text())
    await expect(back.go('enable')).rejects.toMatchObject(other('cert-manager makes it'))
    expect(patches(flow)).toEqual([])
    const address = await flowOf(answers().replace('ais.example.com', '10.0.0.5'))
    await expect(address.go('enable')).rejects.toMatchObject({
      findings: [{ id: 'ais-operator.no-address', evidence: '10.0.0.5' }],
    })
  })

  it('is for targets that take it', () => {
    const questions = questionsFor([aistoreOperator])
    const { certificate } = loadAnswers(answers(), questions, { name: 'a', folder: '/' }).answers
    expect(() => mustManage(certificate, aistoreOperator, false)).not.toThrow()
    expect(() => mustManage(certificate, skyserve, false)).toThrow('takes no certificate')
  })

  it('has scripts that shellcheck finds nothing in', async context => {
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    const flow = await flowOf(answers())
    const check = async (verb: 'enable' | 'rotate' | 'disable') => {
      const input = await flow.script(verb)
      return spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' }).stdout
    }
    expect(await check('enable')).toBe('')
    await flow.go('enable')
    expect([await check('rotate'), await check('disable')]).toEqual(['', ''])
  })
})
