import { describe, expect, it } from 'vitest'
import { doctor } from '../../../src/commands/doctor.ts'
import { status } from '../../../src/commands/status.ts'
import { verify } from '../../../src/commands/verify.ts'
import { make } from '../../support/certificates.ts'
import { flowOf, said } from '../../support/feldera-flow.ts'

/** An endpoint whose Secret somebody has put another pair into; its pods serve what they have read. */
async function changedByHand() {
  const flow = await flowOf()
  await flow.run('enable')
  const [name = ''] = await flow.secrets()
  const secret = await flow.secret(name)
  const other = make({ names: ['other.example.com'], at: Date.now() })
  const encoded = (pem: string) => Buffer.from(pem).toString('base64')
  const data = { 'tls.crt': encoded(other.pem), 'tls.key': encoded(other.keyPem) }
  await flow.kubectl(['apply', '-f', '-'], { ...secret, data })
  const short = (fingerprint: string) => fingerprint.slice(0, 11)
  const recorded = short((await flow.current()).leaf)
  const holds = short(other.certificate.fingerprint)
  const words = `Secret ${name} in namespace feldera was changed by hand: it holds ${holds}, recorded is ${recorded}`
  return { flow, name, secret, words }
}

describe('a Secret that was changed by hand, while the pods serve what they have read before', () => {
  it('is drift for status, which says what to type', async () => {
    const { flow, words } = await changedByHand()
    expect(await flow.status()).toMatchObject({ alerts: ['secret-drift'], seen: '' })
    const one = await said(flow, io => status(['prod'], { once: true }, io))
    expect(one.exit).toBe(1)
    expect(one.out).toContain(
      `secret-drift ${words}. It is served from the next restart of a pod on`,
    )
    expect(one.out).toContain('secure-endpoint rotate prod')
    const json = await said(flow, io => status([], { json: true }, io))
    expect(json.exit).toBe(1)
    expect(JSON.parse(json.out).endpoints[0].held).toEqual({ state: 'changed', seen: words })
    const row = await said(flow, io => status([], { once: true }, io))
    expect(row.out).toMatch(/ secret-drift $/)
    const other = await said(flow, io => status(['prod'], { once: true, failOn: 'drift' }, io))
    expect(other.exit).toBe(0)
  })

  it('fails verify and doctor, each with its own id', async () => {
    const { flow, words } = await changedByHand()
    const text = await said(flow, io => verify('prod', { wait: '1s' }, io))
    expect(text.exit).toBe(1)
    expect(text.out).toContain(words)
    const { exit, out } = await said(flow, io => verify('prod', { wait: '1s', json: true }, io))
    expect(exit).toBe(1)
    const probes = JSON.parse(out).probes as { id: string; state: string; seen: string }[]
    expect(probes.filter(({ state }) => state === 'fail')).toMatchObject([
      { id: 'secret.leaf', seen: words, fix: expect.stringContaining('rotate prod') },
    ])
    const doctored = await said(flow, io => doctor('prod', { json: true }, io))
    expect(doctored.exit).toBe(1)
    expect(JSON.parse(doctored.out).findings).toMatchObject([
      { id: 'endpoint.secret-drift', evidence: words, severity: 'blocks' },
    ])
  })

  it('is given its pair back by the next run, which restarts nothing', async () => {
    const { flow, name, secret } = await changedByHand()
    const run = await flow.run('enable')
    expect(run.outcome).toBe('done')
    expect((await flow.secret(name)).data).toEqual(secret.data)
    expect(run.acted).toContain('change.secret')
    expect(run.acted).not.toContain('change.stop')
    expect(await flow.status()).toMatchObject({ alerts: [], held: { state: 'as-recorded' } })
    expect(await said(flow, io => verify('prod', { wait: '1s' }, io))).toMatchObject({ exit: 0 })
  })

  it('is named where it lost its certificate, or the end of its chain alone', async () => {
    const { flow, name, secret } = await changedByHand()
    const [leaf = ''] = Buffer.from(secret.data?.['tls.crt'] ?? '', 'base64')
      .toString()
      .split(/(?=-----BEGIN)/)
    const data = { ...secret.data, 'tls.crt': Buffer.from(leaf).toString('base64') }
    await flow.kubectl(['apply', '-f', '-'], { ...secret, data })
    expect((await flow.status()).held?.seen).toMatch(
      /it holds the recorded leaf [0-9A-F:]{11} with another chain$/,
    )
    await flow.kubectl(['delete', 'secret', name])
    expect(await flow.status()).toMatchObject({
      alerts: ['secret-drift'],
      held: { seen: expect.stringMatching(/it is gone, or holds no certificate$/) },
    })
  })

  it.each([
    [
      'who may not read Secrets',
      'Error from server (Forbidden): secrets "prod" is forbidden: User "ro" cannot get resource "secrets"',
      'A permission in the cluster is missing.',
    ],
    [
      'whose login has run out',
      'error: You must be logged in to the server (Unauthorized)',
      'The cluster does not know who asks.',
    ],
  ])('is not looked at for a user %s: said, and nothing fails', async (_who, stderr, why) => {
    const { flow, name } = await changedByHand()
    flow.breakTool(({ argv }) =>
      argv.includes('get') && argv.includes('secret') ? { exit: 1, stderr } : undefined,
    )
    const words = `not looked at: ${why} (Secret ${name} in namespace feldera)`
    expect(await flow.status()).toMatchObject({
      alerts: [],
      held: { state: 'unseen', seen: words },
    })
    const one = await said(flow, io => status(['prod'], { once: true }, io))
    expect(one).toMatchObject({ exit: 0, out: expect.stringContaining(words) })
    const { exit, out } = await said(flow, io => verify('prod', { wait: '1s', json: true }, io))
    expect(exit).toBe(0)
    expect(JSON.parse(out).probes).toContainEqual(
      expect.objectContaining({ id: 'secret.leaf', state: 'skip', seen: words }),
    )
  })

  it('is never asked for its key', async () => {
    const { flow } = await changedByHand()
    const before = flow.calls.length
    await flow.status()
    await said(flow, io => verify('prod', { wait: '1s' }, io))
    const asked = flow
      .words()
      .slice(before)
      .filter(words => / get secrets? /.test(words))
    expect(asked.length).toBeGreaterThan(0)
    for (const words of asked) expect(words).toMatch(/ -o=jsonpath=\{\.data\.tls\\\.crt\}$/)
  })
})
