import { describe, expect, it } from 'vitest'
import { saidRelease } from '../../src/kubernetes/helm/said-release.ts'

/** As helm 3.19 prints it, with the parts that nobody needs. */
function printed(config: unknown, values: unknown): string {
  return JSON.stringify({
    name: 'feldera',
    info: { status: 'deployed', description: 'Upgrade complete' },
    chart: { metadata: { name: 'feldera-chart', version: '0.337.0' }, values },
    config,
    manifest: '---',
    version: 7,
  })
}

describe('what helm says of a release that it has upgraded', () => {
  it('is its state and the values that are asked for, no others', () => {
    const said = saidRelease(printed({ httpsSecretRef: 'pair', licence: 'secret' }, {}), [
      'httpsSecretRef',
    ])
    expect(said).toEqual({
      status: 'deployed',
      revision: 7,
      chart: 'feldera-chart',
      version: '0.337.0',
      values: { httpsSecretRef: 'pair' },
    })
  })

  it("takes the chart's own value where none was given, at any depth", () => {
    const values = (config: unknown) =>
      saidRelease(printed(config, { a: { b: 'own' } }), ['a.b', 'c'])?.values
    expect(values({})).toEqual({ 'a.b': 'own', c: '' })
    expect(values({ a: { b: null }, c: false })).toEqual({ 'a.b': 'own', c: '' })
    expect(values({ a: { b: 'given' }, c: true })).toEqual({ 'a.b': 'given', c: 'true' })
  })

  it.each(['', '{}', 'Release "feldera" has been upgraded.', '[1]'])('is nothing of %s', text => {
    expect(saidRelease(text, ['a'])).toBeUndefined()
  })
})
