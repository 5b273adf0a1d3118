import { describe, expect, it } from 'vitest'
import type { RequestOptions } from '../../../src/net/request.ts'
import { make } from '../../support/certificates.ts'
import { type Flow, flowOf, text } from '../../support/operator-flow.ts'

const short = text().replace('wait: 20s', 'wait: 1s')
const loads = ({ method }: RequestOptions) => method === 'PUT'

/** A key of another pair, as somebody puts it there by hand. */
async function breakKey(flow: Flow) {
  const secret = await flow.kubectl('get', 'secret', 'ais-tls')
  const key = Buffer.from(make({ names: ['x'] }).keyPem).toString('base64')
  await flow.apply({ ...secret, data: { ...secret.data, 'tls.key': key } })
  return () => flow.apply(secret)
}

describe('what the nodes of AIStore on Kubernetes say themselves', () => {
  it('status shows for each pod what is left and what it raises, before anybody is served it', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const good = await flow.status()
    expect([good.alerts, good.parts]).toEqual([
      [],
      ['ais-proxy-0', 'ais-target-0'].map(name => ({
        ...{ name, alerts: [] },
        notAfter: good.served?.notAfter,
      })),
    ])
    expect(good.held?.state).toBe('as-recorded')
    const mend = await breakKey(flow)
    expect(await flow.load()).toMatchObject({ status: 400 })
    const { alerts, parts, seen } = await flow.status()
    expect(alerts).toEqual(['tls-cert-invalid'])
    expect(parts?.map(part => part.alerts)).toEqual([['tls-cert-invalid'], []])
    expect(seen).toBe('pod/ais-proxy-0:51080 says itself: tls-cert-invalid')
    await mend()
    await flow.load()
    expect((await flow.status()).alerts).toEqual([])
  })

  it('status tells a Secret that was changed by hand before any node loads it', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const secret = await flow.kubectl('get', 'secret', 'ais-tls')
    const chain = Buffer.from(make({ names: ['x'] }).pem).toString('base64')
    await flow.apply({ ...secret, data: { ...secret.data, 'tls.crt': chain } })
    const { alerts, held } = await flow.status()
    expect(alerts).toEqual(['secret-drift'])
    expect(held?.seen).toMatch(
      /^Secret ais-tls in namespace ais was changed by hand: it holds [0-9A-F:]{11}, recorded is/,
    )
  })

  it('status shows days left where a cluster wants a token for the rest', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    flow.breakApi(() => ({ status: 401, body: '{"message":"token required"}' }))
    const { alerts, parts } = await flow.status()
    expect([alerts, parts?.map(part => typeof part.notAfter)]).toEqual([[], ['string', 'string']])
  })

  it('a load that fails is told in the words of cluster and nodes, and taken back', async () => {
    const flow = await flowOf(short)
    await flow.go('enable')
    const before = flow.leaf()
    const message = 'failed to reload: tls: private key\u001b[31m does not match'
    const said = (body: object, status = 200) => ({ status, body: JSON.stringify(body) })
    flow.breakApi(options => {
      if (flow.undoes()) return undefined
      if (loads(options)) return said({ status: 400, message }, 400)
      return options.url.includes('what=tls_certificate')
        ? said({ error: 'tls-cert-invalid' })
        : undefined
    })
    const { outcome, exit, found } = await flow.go('rotate')
    expect([outcome, exit, found[0]?.id]).toEqual(['rolled-back', 1, 'ais-operator.not-loaded'])
    expect(found[0]?.subject).toBe('pod/ais-proxy-0, pod/ais-target-0')
    expect(found[0]?.evidence).toMatch(
      /^0 of 2 pods serve the new pair after 1 s; the cluster says 400 failed to reload: tls: private key does not match; pod\/ais-proxy-0:51080 says tls-cert-invalid; pod\/ais-target-0:51081 says tls-cert-invalid$/,
    )
    expect(found[0]?.fix).toMatch(/kubectl .*--namespace ais logs pod\/ais-proxy-0$/)
    expect([flow.leaf(), await flow.secretLeaf()]).toEqual([before, before])
    expect(await flow.served()).toEqual([`${before} 200`, `${before} 200`])
  })

  it('a cluster that wants a token is given that of the answers; without it that is said at once', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const before = flow.leaf()
    const asked: string[] = []
    flow.breakApi(({ headers = {}, ...options }) => {
      if (!loads(options)) return undefined
      asked.push(headers.authorization ?? '')
      return headers.authorization === 'Bearer abc.def'
        ? undefined
        : { status: 401, body: '{"message":"token required"}' }
    })
    const refused = await flow.go('rotate')
    expect(refused).toMatchObject({ outcome: 'rolled-back', exit: 77, failed: ['aistore.login'] })
    expect(refused.found[0]).toMatchObject({
      subject: 'pod/ais-proxy-0:51080',
      fix: expect.stringContaining('target.token: {file: ./token}'),
    })
    expect([asked, flow.leaf()]).toEqual([[''], before])
    flow.give({ 'target.token': '{"token":"abc.def"}' })
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(flow.leaf()).not.toBe(before)
  })
})
