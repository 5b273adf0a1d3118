import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { make } from '../../support/certificates.ts'
import { flowOf, patches, text } from '../../support/operator-flow.ts'

const inside = 'ais.svc.cluster.local'
const names = [
  ...[`ais-proxy.${inside}`, `*.${inside}`, `*.ais-proxy.${inside}`, `*.ais-target.${inside}`],
  ...['localhost', '127.0.0.1'],
]
const both = (leaf: string) => [`${leaf} 200`, `${leaf} 200`]

/** A flow on a machine that trusts a root, and answers that upload a pair of it. */
async function trusting() {
  const folder = mkdtempSync(join(tmpdir(), 'public-root-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const at = Date.now()
  const root = make({ ca: true, cn: 'Known Root', at })
  const bundle = join(folder, 'bundle.pem')
  writeFileSync(bundle, root.pem)
  const upload = (name: string, more = '') => {
    const leaf = make({ issuer: root, names, at })
    const [chain, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
    writeFileSync(chain, leaf.pem)
    writeFileSync(key, leaf.keyPem, { mode: 0o600 })
    return text(more, `{source: uploaded, chain: ${chain}, key: ${key}}`)
  }
  const start = (answers: string) => flowOf(answers, { ...process.env, SSL_CERT_FILE: bundle })
  return { upload, start }
}

describe('a pair of a root that this machine trusts, for AIStore that the operator runs', () => {
  it('is put there once: the same command again starts no pod', async () => {
    const { upload, start } = await trusting()
    const flow = await start(upload('one'))
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(flow.kept('roots.pem')).toBe('')
    const pods = await flow.started()
    flow.calls.length = 0
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect([await flow.started(), patches(flow)]).toEqual([pods, []])
    expect(await flow.served()).toEqual(both(flow.leaf()))
  })

  it('follows one of a private root, and the other way round', async () => {
    const { upload, start } = await trusting()
    const flow = await start(text())
    for (const answers of [text(), upload('one'), text(), upload('two'), upload('three')]) {
      flow.answer(answers)
      expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
      expect(await flow.served()).toEqual(both(flow.leaf()))
    }
  })

  it('is served again, and proven, where the next one is not loaded', async () => {
    const { upload, start } = await trusting()
    const flow = await start(upload('one'))
    await flow.go('enable')
    const leaf = flow.leaf()
    flow.answer(upload('two').replace('wait: 20s', 'wait: 1s'))
    flow.breakApi(({ method }) =>
      method === 'PUT' && !flow.undoes() ? { status: 500 } : undefined,
    )
    expect(await flow.go('enable')).toMatchObject({
      outcome: 'rolled-back',
      failed: ['ais-operator.not-loaded'],
    })
    expect([flow.leaf(), await flow.served()]).toEqual([leaf, both(leaf)])
  })
})
