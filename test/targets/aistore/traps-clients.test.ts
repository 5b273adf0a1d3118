import { describe, expect, it, onTestFinished } from 'vitest'
import { type AistoreFlow, flowOf, shutDown, usualAnswers } from '../../support/aistore-flow.ts'
import { make } from '../../support/certificates.ts'
import { createScratch } from '../../support/scratch.ts'

const set = (flow: AistoreFlow, query: string) => flow.put(`/v1/cluster/set-config?${query}`)

/** Answers that name a leaf which is good for servers alone. */
function serverOnly(): string {
  const { folder, file } = createScratch(onTestFinished)
  const at = Date.now()
  const root = make({ ca: true, cn: 'Private CA', at })
  const leaf = make({ names: ['ais.lab.test', '127.0.0.1'], issuer: root, at, eku: ['serverAuth'] })
  file('ca.pem', root.pem)
  file('chain.pem', leaf.pem)
  file('key.pem', leaf.keyPem)
  return usualAnswers(
    '',
    `{source: uploaded, chain: ${folder}/chain.pem, key: ${folder}/key.pem, roots: ${folder}/ca.pem}`,
  )
}

describe('traps of AIStore with client certificates', () => {
  it('AIS-6 level 3 without a CA is refused; ours gives nodes a leaf that is good for clients, too', async () => {
    const flow = await flowOf()
    expect((await set(flow, 'net.http.client_auth_tls=3')).json).toMatchObject({
      message: 'net.http: client_ca_tls required when client_auth_tls >= 3 (got 3)',
    })
    const strict = await flowOf(serverOnly())
    await set(strict, 'net.http.client_auth_tls=4&net.http.client_ca_tls=/etc/ais/tls/ca.crt')
    await expect(strict.go('enable')).rejects.toMatchObject({ exit: 65 })
    expect(strict.changes).toEqual([])
    const { plan } = await flow.go('enable')
    expect(JSON.stringify(plan.steps)).toContain('"extendedKeyUsage":["serverAuth","clientAuth"]')
    // without a certificate of one's own nobody gets in any more, nor can set it back
    await set(flow, 'net.http.client_auth_tls=4')
    await shutDown(flow)
    await flow.world.run({ argv: ['./restart-ais.sh'], limitMs: 1_000 })
    await expect(flow.get('/v1/health')).rejects.toThrow('does not answer')
    const ours = await flowOf(usualAnswers('  clientAuth: 4'))
    expect((await ours.go('enable')).outcome).toBe('done')
    await expect(ours.get('/v1/health')).rejects.toThrow('does not answer')
    expect((await ours.go('rotate')).outcome).toBe('done')
  })
})
