import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Performing } from '../../../src/plan/op.ts'
import type { Json } from '../../../src/plan/plan.ts'
import { placedOp, placeFilesOp } from '../../../src/targets/aistore/ops-files.ts'
import { rootsOp } from '../../../src/targets/aistore/ops-found.ts'
import { make } from '../../support/certificates.ts'
import { fakeWorld } from '../../support/play.ts'
import { createScratch } from '../../support/scratch.ts'

const at = Date.now()
const root = make({ ca: true, cn: 'Private CA', at })
const leaf = make({ names: ['ais.lab.test'], issuer: root, at })

/** A pair in a folder, and where it goes: with nothing of a rehearsal. */
function files() {
  const { folder, file } = createScratch(onTestFinished)
  const of = (name: string) => join(folder, 'nodes', name)
  const input: Record<string, Json> = {
    chain: file('chain.pem', leaf.pem),
    key: file('key.pem', leaf.keyPem),
    roots: file('roots.pem', root.pem),
    certFile: of('server.crt'),
    keyFile: of('server.key'),
    caFile: of('ca.crt'),
    named: true,
  }
  const ctx = { world: fakeWorld() } as Performing
  return { input, ctx, of }
}

describe('the files of a node', () => {
  it('are written here: the key for its owner alone and before the certificate', async () => {
    const { input, ctx, of } = files()
    expect(await placedOp.run(input, ctx)).toMatchObject({ placed: false })
    expect(await placeFilesOp.run(input, ctx)).toMatchObject({ placed: true })
    expect(await placedOp.run(input, ctx)).toMatchObject({ placed: true })
    const modes = ['server.key', 'ca.crt', 'server.crt'].map(
      name => statSync(of(name)).mode & 0o777,
    )
    expect(modes).toEqual([0o600, 0o644, 0o644])
    const [key, cert] = ['server.key', 'server.crt'].map(name => statSync(of(name)).mtimeMs)
    expect(key).toBeLessThanOrEqual(cert ?? 0)
    expect(readFileSync(of('server.crt'), 'utf8')).toBe(leaf.pem)
  })

  it('are written again where somebody has changed one of them', async () => {
    const { input, ctx, of } = files()
    await placeFilesOp.run(input, ctx)
    writeFileSync(of('server.key'), 'not a key\n')
    expect(await placedOp.run(input, ctx)).toMatchObject({ placed: false })
    await placeFilesOp.run(input, ctx)
    expect(readFileSync(of('server.key'), 'utf8')).toBe(leaf.keyPem)
  })

  it('that do not belong together stop the run before anything is set', async () => {
    const { input, ctx } = files()
    const other = make({ names: ['ais.lab.test'], issuer: root, at })
    writeFileSync(String(input.key), other.keyPem)
    await expect(placeFilesOp.run(input, ctx)).rejects.toMatchObject({
      exit: 1,
      findings: [{ id: 'aistore.refused', subject: input.certFile }],
    })
  })

  it('are trusted by the nodes only where these know the root', async () => {
    const { input, ctx, of } = files()
    await placeFilesOp.run(input, ctx)
    const ask = {
      roots: input.roots ?? null,
      known: '/nowhere',
      caFile: of('ca.crt'),
      place: 'here',
    }
    expect(await rootsOp.run(ask, ctx)).toMatchObject({ seen: 'the nodes trust its root' })
    writeFileSync(of('ca.crt'), make({ ca: true, cn: 'Other CA', at }).pem)
    await expect(rootsOp.run(ask, ctx)).rejects.toMatchObject({
      exit: 65,
      findings: [{ id: 'aistore.other-root' }],
    })
  })
})
