import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { make } from '../../support/certificates.ts'
import { type Flow, flowOf, patches, specOf, text } from '../../support/operator-flow.ts'

const domain = 'ais-proxy.ais.svc.cluster.local'
const on = (onConflict: string, more = '') => text(`  onConflict: ${onConflict}\n${more}`)

/** A Secret that somebody else has made. */
async function theirs(flow: Flow, name: string) {
  const at = Date.now()
  const root = make({ ca: true, cn: 'Their Root', at })
  const leaf = make({ issuer: root, names: [domain, 'localhost', '127.0.0.1'], at })
  const texts = { 'tls.crt': leaf.pem, 'tls.key': leaf.keyPem, 'ca.crt': root.pem }
  await flow.apply({
    kind: 'Secret',
    metadata: {
      name,
      namespace: 'ais',
      managedFields: [{ manager: 'argocd', operation: 'Apply' }],
    },
    type: 'kubernetes.io/tls',
    data: Object.fromEntries(
      Object.entries(texts).map(([key, pem]) => [key, Buffer.from(pem).toString('base64')]),
    ),
  })
  return new X509Certificate(leaf.pem).fingerprint256
}

/** The same, and the cluster serves it. */
async function servesTheirs(flow: Flow, name: string) {
  const leaf = await theirs(flow, name)
  const http = { use_https: true, skip_verify: false }
  await flow.patch({ tls: { secretName: name }, configToUpdate: { net: { http } } })
  return leaf
}

const secretNow = (flow: Flow, name: string) => flow.kubectl('get', 'secret', name)
const mounted = async (flow: Flow) => (await specOf(flow)).tls
const both = (leaf: string) => [`${leaf} 200`, `${leaf} 200`]

describe('AIStore that the operator runs with what somebody else has put there', () => {
  it.each(['ask', 'stop'])('%s: is left as it is, and adopt and rename are named', async how => {
    const flow = await flowOf(on(how))
    const leaf = await servesTheirs(flow, 'theirs')
    const before = await secretNow(flow, 'theirs')
    await expect(flow.go('enable')).rejects.toMatchObject({
      exit: 65,
      findings: [
        {
          id: 'ais-operator.foreign-tls',
          evidence: 'spec.tls.secretName is theirs',
          fix: expect.stringMatching(
            /target\.secret: theirs and target\.onConflict: adopt .*target\.onConflict: rename/,
          ),
        },
      ],
    })
    expect(patches(flow)).toEqual([])
    expect([await secretNow(flow, 'theirs'), await flow.served()]).toEqual([before, both(leaf)])
  })

  it('adopt: its content becomes ours, is kept as generation 0, and comes back from there', async () => {
    const flow = await flowOf(on('adopt', '  secret: theirs'))
    const leaf = await servesTheirs(flow, 'theirs')
    const { data } = await secretNow(flow, 'theirs')
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(await mounted(flow)).toEqual({ secretName: 'theirs' })
    expect(await flow.served()).toEqual(both(flow.leaf()))
    expect(flow.leaf()).not.toBe(leaf)
    expect(await flow.go('rotate', true)).toMatchObject({ outcome: 'done', exit: 0 })
    expect([(await secretNow(flow, 'theirs')).data, await flow.served()]).toEqual([
      data,
      both(leaf),
    ])
  })

  it.each(['adopt', 'rename'])(
    '%s: a script takes what it has found for the pair of before',
    async how => {
      const flow = await flowOf(on(how, how === 'adopt' ? '  secret: theirs' : ''))
      await servesTheirs(flow, 'theirs')
      const folders = (script: string) => {
        const head = script.slice(0, script.indexOf('\ncd '))
        const run = spawnSync('bash', ['-c', `${head}\necho "$FOUND" "$OLD"`], {
          env: { HOME: '/home/somebody' },
          encoding: 'utf8',
        })
        return run.stdout.trim().split(' ')
      }
      const first = await flow.script('enable')
      expect(first).toMatch(/aisop_keep .* theirs\n/)
      expect(first).toMatch(/aisop_startable .* "\$OLD"\/chain\.pem/)
      const [found, old] = folders(first)
      expect([found, old]).toEqual([expect.stringMatching(/^\/home\/somebody\/.*\/found$/), found])
      await flow.go('enable')
      const later = folders(await flow.script('rotate'))
      expect(later[1]).toMatch(/\/endpoints\/ais-k8s\/generations\/1$/)
    },
  )

  it('rename: the pods get a Secret of our own, and the other one keeps each byte', async () => {
    const flow = await flowOf(on('rename'))
    await servesTheirs(flow, 'theirs')
    const before = await secretNow(flow, 'theirs')
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(await mounted(flow)).toEqual({ secretName: 'ais-tls' })
    expect(await flow.served()).toEqual(both(flow.leaf()))
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done' })
    expect([await mounted(flow), await flow.secretLeaf()]).toEqual([
      { secretName: 'ais-tls' },
      flow.leaf(),
    ])
    expect(await secretNow(flow, 'theirs')).toEqual(before)
  })

  it('rename: also where theirs has the name of the answers, from then on', async () => {
    const flow = await flowOf(on('rename'))
    await servesTheirs(flow, 'ais-tls')
    const before = await secretNow(flow, 'ais-tls')
    for (const verb of ['enable', 'rotate', 'disable', 'enable'] as const)
      expect([verb, await flow.go(verb)]).toMatchObject([verb, { outcome: 'done', exit: 0 }])
    expect(await mounted(flow)).toEqual({ secretName: 'ais-tls-ais-k8s' })
    expect(await flow.served()).toEqual(both(flow.leaf()))
    expect(await secretNow(flow, 'ais-tls')).toEqual(before)
  })

  it('rename: where the new pair is not loaded theirs is served again, and no copy of its key stays', async () => {
    const flow = await flowOf(on('rename').replace('wait: 20s', 'wait: 1s'))
    const leaf = await servesTheirs(flow, 'theirs')
    const before = await secretNow(flow, 'theirs')
    const key = before.data?.['tls.key']
    flow.breakApi(({ method }) =>
      method === 'PUT' && !flow.undoes() ? { status: 500 } : undefined,
    )
    expect(await flow.go('enable')).toMatchObject({
      outcome: 'rolled-back',
      failed: ['ais-operator.not-loaded'],
    })
    expect([await mounted(flow), await flow.served()]).toEqual([
      { secretName: 'theirs' },
      both(leaf),
    ])
    expect(await secretNow(flow, 'theirs')).toEqual(before)
    expect(flow.calls.some(({ stdin }) => stdin?.includes(key ?? '?'))).toBe(true)
    await expect(secretNow(flow, 'ais-tls')).rejects.toThrow('JSON')
  })

  it('names a Secret of somebody else that no pod mounts before the plan; rename takes another', async () => {
    const flow = await flowOf(on('adopt'))
    await theirs(flow, 'ais-tls')
    const before = await secretNow(flow, 'ais-tls')
    await expect(flow.go('enable')).rejects.toMatchObject({
      exit: 65,
      findings: [
        {
          id: 'ais-operator.foreign-secret',
          subject: 'ais/ais-tls',
          evidence: 'made by argocd',
          fix: expect.stringContaining('target.onConflict: rename'),
        },
      ],
    })
    expect(patches(flow)).toEqual([])
    flow.answer(on('rename'))
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(await mounted(flow)).toEqual({ secretName: 'ais-tls-ais-k8s' })
    expect(await secretNow(flow, 'ais-tls')).toEqual(before)
  })

  it('puts nothing over a Secret that somebody else has made since the plan', async () => {
    const flow = await flowOf()
    const planned = await flow.planned('enable')
    await theirs(flow, 'ais-tls')
    const before = await secretNow(flow, 'ais-tls')
    expect(await flow.carry(planned)).toMatchObject({
      exit: 65,
      failed: ['ais-operator.foreign-secret'],
    })
    expect([await secretNow(flow, 'ais-tls'), patches(flow)]).toEqual([before, []])
  })

  it('names a field that the operator refuses beside spec.tls, before anything is changed', async () => {
    const flow = await flowOf()
    const found = await flow.kubectl('get', 'aistores.ais.nvidia.com', 'ais')
    const object = (spec: object) => JSON.stringify({ ...found, spec: { ...found.spec, ...spec } })
    const refuses = (spec: object, field: string) => {
      flow.breakTool(words =>
        words.includes('get aistores.ais.nvidia.com') ? { stdout: object(spec) } : undefined,
      )
      return expect(flow.go('enable')).rejects.toMatchObject({
        exit: 65,
        findings: [
          {
            id: 'ais-operator.refused-field',
            subject: 'ais/ais',
            evidence: `spec.${field} is set`,
            fix: 'Take it out of the resource: kubectl edit aistores.ais.nvidia.com ais',
          },
        ],
      })
    }
    await refuses({ tlsSecretName: 'x' }, 'tlsSecretName')
    const http = { server_crt: '/etc/x.crt' }
    await refuses({ configToUpdate: { net: { http } } }, 'configToUpdate.net.http.server_crt')
    expect(patches(flow)).toEqual([])
  })
})
