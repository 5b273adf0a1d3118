import { spawnSync } from 'node:child_process'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import type { Verb } from '../../../src/plan/plan.ts'
import { aistoreOperator } from '../../../src/targets/aistore-operator/index.ts'
import { refusedField } from '../../../src/targets/aistore-operator/resource.ts'
import { aisSchema, strictly } from '../../support/ais-crd.ts'
import { flowOf, patches, specOf, target, text } from '../../support/operator-flow.ts'
import { isThere } from '../../support/scratch.ts'

describe('AIStore that the operator runs', () => {
  it('goes to HTTPS by Secret and resource: spec.tls alone would leave it on HTTP', async () => {
    const flow = await flowOf()
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(await specOf(flow)).toMatchObject({
      tls: { secretName: 'ais-tls' },
      configToUpdate: { net: { http: { use_https: true, skip_verify: false } } },
      proxySpec: { size: 1 },
    })
    expect(await flow.secretLeaf()).toBe(flow.leaf())
  })

  it('always has a ca.crt in the Secret: the operator has each node read one at its start', async () => {
    const options = { name: 'a.yaml', folder: '/' }
    const { answers } = loadAnswers(text(), questionsFor([target]), options)
    const tls = {
      secretName: '',
      useHttps: false,
      ports: { proxy: 1, target: 2 },
    }
    const wanted = {
      present: { server: '', tls, secret: 'ais-tls' },
      kept: '/kept',
      generation: 1,
      newRoot: true,
    }
    const filesOf = (privateRoot: boolean) => {
      const steps = aistoreOperator.enable({ ...wanted, answers, privateRoot })
      const act = steps.find(({ id }) => id === 'change.secret')?.act
      return act && 'input' in act ? act.input.files : undefined
    }
    expect(filesOf(true)).toMatchObject({ 'ca.crt': { kept: 'roots.pem' } })
    expect(filesOf(false)).toMatchObject({ 'ca.crt': { kept: 'chain.pem' } })
  })

  it('has the key on stdin alone', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const withKey = flow.calls.filter(({ stdin }) => stdin?.includes('tls.key'))
    expect(withKey).toHaveLength(1)
    expect(flow.calls.filter(({ argv }) => argv.join(' ').includes('PRIVATE KEY'))).toEqual([])
  })

  it('is rotated by the Secret and a load: the resource stays, and no pod restarts', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const before = flow.leaf()
    flow.calls.length = 0
    const asked = new Set<string>()
    flow.breakApi(({ url }) => {
      asked.add(new URL(url).protocol)
      return undefined
    })
    const rotated = await flow.go('rotate')
    expect(rotated).toMatchObject({ outcome: 'done' })
    expect(rotated.acted).toContain('change.load')
    expect(patches(flow)).toEqual([])
    // the tunnel may not outlive plain HTTP
    expect([...asked]).toEqual(['https:'])
    expect([flow.leaf() === before, await flow.secretLeaf()]).toEqual([false, flow.leaf()])
    expect(await flow.go('rotate', true)).toMatchObject({ outcome: 'done' })
    expect([flow.leaf(), await flow.secretLeaf()]).toEqual([before, before])
  })

  it('goes back to HTTP, and can be enabled again', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    const spec = await specOf(flow)
    expect([spec.tls, spec.configToUpdate.net.http]).toEqual([undefined, { use_https: false }])
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
  })

  it('is taken back where the operator refuses the change', async () => {
    const flow = await flowOf()
    flow.breakTool(words =>
      words.includes('"secretName":"ais-tls"')
        ? { exit: 1, stderr: 'Error from server: admission webhook denied the request' }
        : undefined,
    )
    expect((await flow.go('enable')).outcome).not.toBe('done')
    flow.breakTool(undefined)
    expect((await specOf(flow)).tls).toBe(undefined)
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
  })

  it('renders what the schema of the operator takes, with no field that it does not know', async () => {
    const flow = await flowOf()
    const takes = new Ajv({ strict: false }).compile(strictly(aisSchema))
    const found = (spec: unknown) => {
      takes({ spec })
      return takes.errors ?? []
    }
    await flow.go('enable')
    expect(found(await specOf(flow))).toEqual([])
    await flow.go('disable')
    expect(found(await specOf(flow))).toEqual([])
    expect(patches(flow)).toHaveLength(2)
    expect(found({ tlsSecretName: 'x' })).not.toEqual([])
    expect(found({ configToUpdate: { net: { http: { server_crt: '/x' } } } })).not.toEqual([])
  })

  it('AIS-15 spec.tls alone leaves HTTP, and older or its own fields are refused; ours serves HTTPS and names them', async () => {
    const naive = await flowOf()
    await naive.go('enable')
    await naive.go('disable')
    // the Secret is there and good: what is mounted does not matter
    const tls = { secretName: 'ais-tls' }
    expect(await naive.patch({ tls })).toMatchObject({ exit: 0 })
    expect(await naive.served()).toEqual(['http 200', 'http 200'])
    const refused = async (spec: object, words: string) =>
      expect(await naive.patch(spec)).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining(words),
      })
    await refused({ tlsSecretName: 'ais-tls' }, 'unknown field "spec.tlsSecretName"')
    const own = { server_crt: '/etc/ais/tls/server.crt' }
    await refused(
      { tls, configToUpdate: { net: { http: own } } },
      'configToUpdate.net.http.[server_crt] cannot be set together with spec.tls',
    )
    expect(await naive.served()).toEqual(['http 200', 'http 200'])
    const flow = await flowOf()
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(await flow.served()).toEqual([`${flow.leaf()} 200`, `${flow.leaf()} 200`])
    // fields that a resource of before has are named before anything is changed
    const object = (spec: object) => ({ kind: 'AIStore', metadata: { name: 'ais' }, spec })
    expect(refusedField(object({ tlsSecretName: 'x' }))).toBe('tlsSecretName')
    expect(refusedField(object({ configToUpdate: { net: { http: own } } }))).toBe(
      'configToUpdate.net.http.server_crt',
    )
    expect(refusedField(object({ tls }))).toBe(undefined)
  })

  it('writes scripts in which shellcheck finds nothing', async context => {
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    const flow = await flowOf()
    const check = async (verb: Verb) => {
      const input = await flow.script(verb)
      return spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' }).stdout
    }
    expect(await check('enable')).toBe('')
    await flow.go('enable')
    expect([await check('rotate'), await check('disable')]).toEqual(['', ''])
  })
})
