import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { request } from '../../../src/net/request.ts'
import { make } from '../../support/certificates.ts'
import { type FelderaFlow, flowOf, text } from '../../support/feldera-flow.ts'

describe('Feldera with a certificate of somebody else', () => {
  it('adopts a certificate of somebody else only where that is said, and can go back to it', async () => {
    const flow = await flowOf()
    const other = make({ names: ['*.feldera.svc.cluster.local', 'localhost'], at: Date.now() })
    const encoded = (pem: string) => Buffer.from(pem).toString('base64')
    await flow.kubectl(['apply', '-f', '-'], {
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'theirs' },
      data: { 'tls.crt': encoded(other.pem), 'tls.key': encoded(other.keyPem) },
    })
    const file = join(flow.folder, 'theirs.yaml')
    writeFileSync(file, 'httpsSecretRef: theirs\n')
    await flow.helm('upgrade', '--install', 'feldera', 'feldera-chart', '--values', file)
    const refused = await flow.run('enable').catch(error => error)
    expect(refused).toMatchObject({ exit: 65, findings: [{ id: 'feldera.foreign-secret' }] })
    flow.breakTool(call =>
      call.argv.includes('upgrade')
        ? { exit: 1, stderr: 'Error: context deadline exceeded' }
        : undefined,
    )
    const adopt = text('  onConflict: adopt')
    expect(await flow.run('enable', { text: adopt })).toMatchObject({ outcome: 'rolled-back' })
    expect(await flow.values()).toMatchObject({ httpsSecretRef: 'theirs' })
    flow.breakTool()
    expect(await flow.run('enable', { text: adopt })).toMatchObject({ outcome: 'done' })
    expect(await flow.secrets()).toContain('theirs')
  })
})

/** A flow on whose release somebody else has switched HTTPS on, with a Secret `theirs`. */
async function adopted() {
  const flow = await flowOf(text('  onConflict: adopt'))
  const root = make({ ca: true, cn: 'Their root', at: Date.now() })
  const names = ['*.feldera.svc.cluster.local', 'localhost']
  const leaf = make({ names, issuer: root, at: Date.now() })
  const encoded = (pem: string) => Buffer.from(pem).toString('base64')
  const theirs = {
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'theirs' },
    data: { 'tls.crt': encoded(leaf.pem + root.pem), 'tls.key': encoded(leaf.keyPem) },
  }
  await flow.kubectl(['apply', '-f', '-'], theirs)
  const file = join(flow.folder, 'theirs.yaml')
  writeFileSync(file, 'httpsSecretRef: theirs\n')
  await flow.helm('upgrade', '--install', 'feldera', 'feldera-chart', '--values', file)
  return { flow, theirs, leaf: leaf.certificate.fingerprint }
}

describe('a certificate of somebody else', () => {
  it.each(['ask', 'stop', 'rename'])(
    'is not replaced with onConflict: %s, and its Secret is not touched',
    async onConflict => {
      const { flow, theirs, leaf } = await adopted()
      const before = flow.words().length
      const problem = await flow
        .run('enable', { text: text(`  onConflict: ${onConflict}`) })
        .catch(error => error)
      expect(problem).toMatchObject({ exit: 65, findings: [{ id: 'feldera.foreign-secret' }] })
      const { fix } = problem.findings[0]
      expect(fix).toContain('target.onConflict: adopt')
      expect(fix.includes('A release has one certificate')).toBe(onConflict === 'rename')
      const changing = flow
        .words()
        .slice(before)
        .filter(words => / (apply|create|upgrade|delete|restart) /.test(words))
      // a review of permissions stores nothing
      expect(
        changing.filter(words => !/ create --validate=false -f - -o json/.test(words)),
      ).toEqual([])
      expect(await flow.values()).toMatchObject({ httpsSecretRef: 'theirs' })
      expect(await flow.secrets()).toEqual(['theirs'])
      expect((await flow.secret('theirs')).data).toEqual(theirs.data)
      expect(await flow.leafServed('feldera-api-server')).toBe(leaf)
    },
  )

  it('stays byte for byte in its Secret when it is adopted, ours is put beside it', async () => {
    const { flow, theirs } = await adopted()
    const before = await flow.secret('theirs')
    expect(await flow.run('enable')).toMatchObject({ outcome: 'done' })
    expect(await flow.secret('theirs')).toEqual(before)
    expect(before.data).toEqual(theirs.data)
    expect(await flow.secrets()).toEqual([expect.stringMatching(/^prod-[0-9a-f]{8}$/), 'theirs'])
  })
})

describe('rotate --undo of an adopted release', () => {
  it('brings the Secret of before back, with its bytes and the value that names it', async () => {
    const { flow, theirs, leaf } = await adopted()
    expect(await flow.run('enable')).toMatchObject({ outcome: 'done' })
    expect(await flow.run('rotate')).toMatchObject({ outcome: 'done' })
    const undo = () => flow.run('rotate', { bringBack: true })
    expect(await undo()).toMatchObject({ outcome: 'done' })
    expect(await flow.current()).toMatchObject({ generation: 1 })
    expect(await undo()).toMatchObject({ outcome: 'done', exit: 0 })
    expect(await flow.current()).toMatchObject({ generation: 0, leaf, https: true })
    expect(await flow.values()).toMatchObject({ httpsSecretRef: 'theirs' })
    expect((await flow.secret('theirs')).data).toEqual(theirs.data)
    for (const name of ['feldera-api-server', 'feldera-kubernetes-runner', 'pipeline-'])
      expect(await flow.leafServed(name)).toBe(leaf)
    // it is its owner's again, who may renew it
    const renewed = Buffer.from(make({ names: ['x'], at: Date.now() }).pem).toString('base64')
    await flow.kubectl(['apply', '-f', '-'], {
      ...theirs,
      data: { ...theirs.data, 'tls.crt': renewed },
    })
    expect(await flow.status()).toMatchObject({ alerts: [] })
    await flow.kubectl(['apply', '-f', '-'], theirs)
    expect(await flow.pipelineRuns()).toBe(true)
    await expect(undo()).rejects.toMatchObject({ exit: 65 })
    expect(await flow.run('rotate')).toMatchObject({ outcome: 'done' })
    expect(await undo()).toMatchObject({ outcome: 'done' })
    expect(await flow.current()).toMatchObject({ generation: 0, leaf })
  })

  it.each(['is gone', 'holds something else'])(
    'serves the kept bytes from a Secret of ours where the one of before %s',
    async now => {
      const { flow, theirs, leaf } = await adopted()
      await flow.run('enable')
      const other = { ...theirs.data, 'tls.key': Buffer.from('other').toString('base64') }
      if (now === 'is gone') await flow.kubectl(['delete', 'secret', 'theirs'])
      else await flow.kubectl(['apply', '-f', '-'], { ...theirs, data: other })
      expect(await flow.run('rotate', { bringBack: true })).toMatchObject({ outcome: 'done' })
      const { httpsSecretRef } = await flow.values()
      expect(httpsSecretRef).toMatch(/^prod-[0-9a-f]{8}$/)
      expect((await flow.secret(String(httpsSecretRef))).data).toEqual(theirs.data)
      expect(await flow.leafServed('feldera-api-server')).toBe(leaf)
      if (now !== 'is gone') expect((await flow.secret('theirs')).data).toEqual(other)
    },
  )
})

describe('a chain of somebody else that lacks its root', () => {
  it.each(['the leaf alone', 'leaf and intermediate'])(
    'is adopted, with what that means said, and replaced by one that ends with it: %s',
    async which => {
      const root = make({ ca: true, cn: 'Their root', at: Date.now() })
      const middle = make({ ca: true, cn: 'Their CA', issuer: root, at: Date.now() })
      const issuer = which === 'the leaf alone' ? root : middle
      const names = ['*.feldera.svc.cluster.local', 'localhost']
      const leaf = make({ names, issuer, at: Date.now() })
      const flow = await flowOf(text('  onConflict: adopt'))
      const chain = issuer === root ? leaf.pem : leaf.pem + middle.pem
      const encoded = (pem: string) => Buffer.from(pem).toString('base64')
      await flow.kubectl(['apply', '-f', '-'], {
        kind: 'Secret',
        type: 'kubernetes.io/tls',
        metadata: { name: 'theirs' },
        data: { 'tls.crt': encoded(chain), 'tls.key': encoded(leaf.keyPem) },
      })
      const file = join(flow.folder, 'theirs.yaml')
      writeFileSync(file, 'httpsSecretRef: theirs\n')
      await flow.helm('upgrade', '--install', 'feldera', 'feldera-chart', '--values', file)
      // the stage answers for the API without a handshake: ours is made for real here
      const ended = overTls(flow)
      const run = await flow.run('enable')
      expect(run).toMatchObject({ outcome: 'done', exit: 0 })
      expect(new Set(await ended())).toEqual(new Set(['200']))
      const found = run.events.find(({ type }) => type === 'finding')
      expect(found).toMatchObject({ id: 'feldera.no-root', severity: 'warns', subject: 'theirs' })
      expect(found).toMatchObject({ evidence: expect.stringContaining('signed by CN=Their root') })
    },
  )
})

/** Makes each request to the API over TLS for real beside the stage's answer; how they ended. */
function overTls(flow: FelderaFlow): () => Promise<(string | undefined)[]> {
  const made: Promise<string | undefined>[] = []
  flow.breakApi(options => {
    if (options.url.startsWith('https:')) {
      // the connection that ours holds is closed with the stage's answer, before this one's
      const { agent: _agent, ...own } = options
      const answer = request({ ...own, method: 'GET' })
      made.push(answer.then(({ status, error }) => error ?? String(status)))
    }
    return undefined
  })
  return () => Promise.all(made)
}
