import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { make } from '../../support/certificates.ts'
import { type Flow, flowOf, patches, specOf, text } from '../../support/operator-flow.ts'
import { isThere } from '../../support/scratch.ts'

const name = 'ais-tls'
const domain = 'ais-proxy.ais.svc.cluster.local'
const none = '{source: self-signed, authority: none}'
const note = 'secure-endpoint.dev/started-with'

const dataOf = async (flow: Flow, secret = name) => {
  const { data = {} } = await flow.kubectl('get', 'secret', secret)
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}
const served = (leaf: string) => [`${leaf} 200`, `${leaf} 200`]

/** What a Secret holds, as somebody puts it there who knows nothing of roots. */
async function overwrite(flow: Flow) {
  const at = Date.now()
  const root = make({ ca: true, cn: 'Another Root', at })
  const leaf = make({ issuer: root, names: [domain, 'localhost', '127.0.0.1'], at })
  const texts = { 'tls.crt': leaf.pem, 'tls.key': leaf.keyPem, 'ca.crt': root.pem }
  const encoded = Object.entries(texts).map(([key, pem]) => [
    key,
    Buffer.from(pem).toString('base64'),
  ])
  const before = await flow.kubectl('get', 'secret', name)
  await flow.apply({ ...before, data: Object.fromEntries(encoded) })
  return new X509Certificate(leaf.pem).fingerprint256
}

describe('a pair of another root for AIStore that the operator runs', () => {
  it('parts the nodes where it is loaded, and where one after the other starts with it', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const leaf = await overwrite(flow)
    await flow.load()
    expect(await flow.served()).toEqual([`${leaf} 503`, `${leaf} 503`])
    const other = await flowOf()
    await other.go('enable')
    const second = await overwrite(other)
    const annotations = { [note]: 'now' }
    await other.patch({ proxySpec: { annotations }, targetSpec: { annotations } })
    // the first is refused by those that follow, which wait for it for good
    expect(await other.served()).toEqual([`${second} 503`, `${other.leaf()} 200`])
  })

  it('has all pods start again with both roots, then loads it: none refuses another', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const [before, pods] = [flow.leaf(), await flow.started()]
    flow.answer(text('', none))
    flow.calls.length = 0
    const planned = await flow.planned('rotate')
    const priced = planned.plan.steps.find(({ price }) => price)
    expect(priced).toMatchObject({ id: 'change.resource', price: { downtime: [10, 600] } })
    const rotated = await flow.go('rotate')
    expect(rotated).toMatchObject({ outcome: 'done', exit: 0 })
    expect(rotated.acted.filter(id => id.startsWith('change.'))).toEqual([
      ...['change.trust', 'change.resource', 'change.taken', 'change.rollout'],
      ...['change.secret', 'change.load'],
    ])
    const leaf = flow.leaf()
    expect(leaf).not.toBe(before)
    expect(patches(flow)).toMatchObject([
      { spec: { proxySpec: { annotations: { [note]: leaf } }, tls: { secretName: name } } },
    ])
    expect(await flow.served()).toEqual(served(leaf))
    const again = await flow.started()
    expect(again.filter(uid => pods.includes(uid))).toEqual([])
    expect((await dataOf(flow))['ca.crt']).toBe(flow.kept('roots.pem'))
    // and back, where the root is another one once more
    expect(await flow.go('rotate', true)).toMatchObject({ outcome: 'done' })
    expect([flow.leaf(), await flow.served()]).toEqual([before, served(before)])
  })

  it('gives no pod the new pair before the operator has started all with both roots', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const before = flow.leaf()
    flow.answer(text('', none).replace('wait: 20s', 'wait: 1s'))
    // the stateful sets as an operator leaves them that has not looked at its resource yet
    const kinds = 'deployments.apps,statefulsets.apps,services,pods'
    const stdout = JSON.stringify(await flow.kubectl('get', kinds))
    flow.breakTool(words =>
      words.includes(`get ${kinds}`) && !flow.undoes() ? { stdout } : undefined,
    )
    const secret = await dataOf(flow)
    expect(await flow.go('rotate')).toMatchObject({
      outcome: 'rolled-back',
      exit: 124,
      failed: ['ais-operator.not-taken'],
    })
    expect([flow.leaf(), await dataOf(flow)]).toEqual([before, secret])
  })

  it('starts no pod again where the root stays', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const pods = await flow.started()
    await flow.go('rotate')
    expect(await flow.started()).toEqual(pods)
    expect(await flow.served()).toEqual(served(flow.leaf()))
  })

  it('goes back to pair and root of before where the new pair is not loaded', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const [before, secret, spec] = [flow.leaf(), await dataOf(flow), await specOf(flow)]
    flow.answer(text('', none).replace('wait: 20s', 'wait: 1s'))
    flow.breakApi(({ method }) =>
      method === 'PUT' && !flow.undoes() ? { status: 500 } : undefined,
    )
    expect(await flow.go('rotate')).toMatchObject({
      outcome: 'rolled-back',
      failed: ['ais-operator.not-loaded'],
    })
    flow.breakApi(undefined)
    expect([flow.leaf(), await dataOf(flow)]).toEqual([before, secret])
    expect(await flow.served()).toEqual(served(before))
    // all have started again with the root of before alone
    expect(await specOf(flow)).toMatchObject({
      ...spec,
      proxySpec: { annotations: { [note]: before } },
    })
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done' })
    expect(await flow.served()).toEqual(served(flow.leaf()))
  })

  it('says that no pod would start with a pair that has expired, before anything is changed', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    flow.answer(text('', none))
    flow.calls.length = 0
    flow.later(400)
    expect(await flow.go('rotate')).toMatchObject({
      outcome: 'failed',
      exit: 65,
      failed: ['ais-operator.not-startable'],
    })
    expect(patches(flow)).toEqual([])
    expect(flow.calls.filter(({ stdin }) => stdin?.includes('tls.key'))).toEqual([])
  })

  it('writes nothing over a pair that somebody has put there, and all pods serve: the way is over HTTP', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const leaf = await overwrite(flow)
    for (const use_https of [false, true])
      await flow.patch({ configToUpdate: { net: { http: { use_https } } } })
    expect(await flow.served()).toEqual(served(leaf))
    const secret = await dataOf(flow)
    flow.answer(text('', none))
    flow.calls.length = 0
    const rotated = await flow.go('rotate')
    expect(rotated).toMatchObject({
      outcome: 'failed',
      exit: 65,
      failed: ['ais-operator.other-pair'],
    })
    expect(rotated.found).toMatchObject([
      { subject: `ais/${name}`, fix: expect.stringContaining('secure-endpoint disable ais-k8s') },
    ])
    expect([patches(flow), await dataOf(flow), await flow.served()]).toEqual([
      [],
      secret,
      served(leaf),
    ])
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done' })
    expect(await flow.served()).toEqual(served(flow.leaf()))
  })

  it('brings no pair back that somebody has put back already, over what all pods trust by now', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const [leaf, first] = [flow.leaf(), await flow.kubectl('get', 'secret', name)]
    flow.answer(text('', none))
    await flow.go('rotate')
    await flow.apply(first)
    for (const use_https of [false, true])
      await flow.patch({ configToUpdate: { net: { http: { use_https } } } })
    await flow.patch({ proxySpec: { annotations: { [note]: 'by-hand' } } })
    expect(await flow.served()).toEqual(served(leaf))
    expect(await flow.go('rotate', true)).toMatchObject({
      exit: 65,
      failed: ['ais-operator.other-pair'],
    })
    expect(await flow.served()).toEqual(served(leaf))
  })

  it('says so where the root alone is another', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const secret = await flow.kubectl('get', 'secret', name)
    const root = make({ ca: true, cn: 'Another Root', at: Date.now() }).pem
    await flow.apply({
      ...secret,
      data: { ...secret.data, 'ca.crt': Buffer.from(root).toString('base64') },
    })
    flow.answer(text('', none))
    expect(await flow.go('rotate')).toMatchObject({ exit: 65, failed: ['ais-operator.other-pair'] })
  })

  it.each(['change.taken', 'change.load'])(
    'goes on where an earlier try stopped in %s',
    async at => {
      const flow = await flowOf()
      await flow.go('enable')
      flow.answer(text('', none))
      const planned = await flow.planned('rotate')
      const stop = new AbortController()
      expect(
        await flow.carry(planned, { signal: stop.signal, onStep: id => id === at && stop.abort() }),
      ).toMatchObject({ outcome: 'interrupted' })
      expect(await flow.carry(planned)).toMatchObject({ outcome: 'done', exit: 0 })
      expect(await flow.served()).toEqual(served(flow.leaf()))
    },
  )

  it('writes a script for it in which shellcheck finds nothing', async context => {
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    const flow = await flowOf()
    await flow.go('enable')
    flow.answer(text('', none))
    const input = await flow.script('rotate')
    expect(input).toMatch(/aisop_join "\$RUN\/ca\.crt" .*roots\.pem.*chain\.pem.*roots\.pem/)
    expect(input).toMatch(/aisop_patch lab ais '' ais .* "\$prepare_certificate_fingerprint"/)
    expect(spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' }).stdout).toBe('')
  })

  it('takes the note of a start away with HTTPS: a later start may be for the same leaf', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    flow.answer(text('', none))
    await flow.go('rotate')
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    const { proxySpec, targetSpec } = await specOf(flow)
    expect([proxySpec.annotations, targetSpec.annotations]).toEqual([{}, {}])
  })
})
