import { describe, expect, it } from 'vitest'
import { keyPem } from '../../src/certificates/private-key.ts'
import { leafSummary } from '../../src/certificates/summary.ts'
import { writeEndpoint } from '../../src/record/endpoint.ts'
import { setCurrentGeneration, writeGeneration } from '../../src/record/generation.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { serveStage } from '../../src/rehearsal/stage-server.ts'
import { writeUnfinished } from '../../src/road/unfinished.ts'
import { alerts } from '../../src/status/endpoint-status.ts'
import { lookAtEndpoint, pollingInterval, recordedStatus, whereOf } from '../../src/status/look.ts'
import { dayMs, family, type Made, make } from '../support/certificates.ts'
import { fakeClock, fakeWorld } from '../support/play.ts'
import { createScratch } from '../support/scratch.ts'
import { closedPort } from '../support/servers.ts'

const domain = 'fraud.ml.example.com'
const at = Date.now()
const { root, issuing, leaf } = family({ at })
const { signal } = new AbortController()
type AtEnd = (close: () => void) => void

async function stage(atEnd: AtEnd, { certificate, key }: Made): Promise<string> {
  const chain = certificate.pem + issuing.pem
  const tls = { chain, key: keyPem(key), old: false }
  const server = await serveStage({ tls, readyAt: 0, now: Date.now })
  atEnd(() => void server.close())
  return `127.0.0.1:${server.port}`
}

interface Recorded {
  addresses?: string[]
  https?: boolean
  /** The leaf of the current generation. */
  leaf?: Made
  roots?: string
  /** Milliseconds that the clock is ahead. */
  ahead?: number
}

/** A world with one record, `svc-a`. */
async function recorded(atEnd: AtEnd, more: Recorded = {}) {
  const { folder } = createScratch(atEnd)
  const world = fakeWorld({ stateFolder: folder, clock: fakeClock(at + (more.ahead ?? 0)) })
  const paths = recordPaths(folder, 'svc-a')
  const recordedLeaf = more.leaf ?? leaf
  await writeGeneration(
    paths,
    {
      number: 1,
      made: new Date(at).toISOString(),
      source: 'self-signed',
      leaf: leafSummary(recordedLeaf.certificate),
    },
    { 'roots.pem': more.roots ?? root.pem },
  )
  await setCurrentGeneration(paths, 1)
  await writeEndpoint(paths, {
    name: 'svc-a',
    target: 'skyserve',
    domain,
    https: more.https ?? true,
    live: {},
    url: `https://${domain}:30001/`,
    addresses: more.addresses ?? [],
    clients: [],
  })
  return { world, paths }
}

describe.concurrent('a look at an endpoint', () => {
  it('finds nothing wrong where the recorded leaf is served', async ({ onTestFinished }) => {
    const addresses = [await stage(onTestFinished, leaf)]
    const { world } = await recorded(onTestFinished, { addresses })
    expect(await lookAtEndpoint('svc-a', world, signal)).toMatchObject({
      name: 'svc-a',
      target: 'skyserve',
      alerts: [],
      seen: '',
      looked: new Date(at).toISOString(),
      served: { fingerprint: leaf.certificate.fingerprint },
      leaf: { fingerprint: leaf.certificate.fingerprint },
    })
  })

  it('sees another leaf than the recorded one', async ({ onTestFinished }) => {
    const other = make({ issuer: issuing, at })
    const addresses = [await stage(onTestFinished, other)]
    const { world } = await recorded(onTestFinished, { addresses })
    expect(await lookAtEndpoint('svc-a', world, signal)).toMatchObject({
      alerts: ['drift'],
      seen: `serves ${other.certificate.fingerprint.slice(0, 11)}`,
      served: { fingerprint: other.certificate.fingerprint },
    })
  })

  it.for([
    ['two thirds of its life over', 61, ['rotation-due']],
    ['under three days left', 85, ['tls-cert-will-soon-expire', 'rotation-due']],
    ['none left', 88, ['tls-cert-expired']],
  ] as const)('says that a leaf has %s', async ([_what, days, expected], { onTestFinished }) => {
    const addresses = [await stage(onTestFinished, leaf)]
    const { world } = await recorded(onTestFinished, { addresses, ahead: days * dayMs })
    expect((await lookAtEndpoint('svc-a', world, signal)).alerts).toEqual(expected)
  })

  it('says that clients do not trust it', async ({ onTestFinished }) => {
    const addresses = [await stage(onTestFinished, leaf)]
    const { world } = await recorded(onTestFinished, {
      addresses,
      roots: make({ ca: true, at }).pem,
    })
    expect(await lookAtEndpoint('svc-a', world, signal)).toMatchObject({
      alerts: ['tls-cert-invalid'],
      seen: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    })
  })

  it('says that nothing answers, and why', async ({ onTestFinished }) => {
    const addresses = [`127.0.0.1:${await closedPort()}`]
    const { world } = await recorded(onTestFinished, { addresses })
    const seen = await lookAtEndpoint('svc-a', world, signal)
    expect(seen).toMatchObject({ alerts: ['unreachable'], seen: 'ECONNREFUSED' })
    expect(seen.served).toBeUndefined()
    const none = await recorded(onTestFinished, { addresses: [] })
    expect(await lookAtEndpoint('svc-a', none.world, signal)).toMatchObject({
      alerts: ['unreachable'],
      seen: 'no address is recorded',
    })
  })

  it('takes the worst of several addresses', async ({ onTestFinished }) => {
    const good = await stage(onTestFinished, leaf)
    const other = await stage(onTestFinished, make({ issuer: issuing, at }))
    const gone = `127.0.0.1:${await closedPort()}`
    const { world } = await recorded(onTestFinished, { addresses: [good, gone, other, good] })
    expect((await lookAtEndpoint('svc-a', world, signal)).alerts).toEqual(['drift'])
    const both = await recorded(onTestFinished, { addresses: [good, gone] })
    expect((await lookAtEndpoint('svc-a', both.world, signal)).alerts).toEqual(['unreachable'])
  })

  it('does not look for TLS where the endpoint is back on HTTP', async ({ onTestFinished }) => {
    const { world } = await recorded(onTestFinished, { https: false })
    expect(await lookAtEndpoint('svc-a', world, signal)).toMatchObject({
      alerts: ['plain-http'],
      seen: 'plain HTTP',
    })
  })

  it('tells a run that is not finished, beside what is served', async ({ onTestFinished }) => {
    const addresses = [await stage(onTestFinished, leaf)]
    const { world, paths } = await recorded(onTestFinished, { addresses })
    await writeUnfinished(paths, { plan: { target: 'skyserve' } } as never)
    expect((await lookAtEndpoint('svc-a', world, signal)).alerts).toEqual(['unfinished'])
    expect((await recordedStatus('svc-a', world)).alerts).toEqual(['unfinished'])
    // one that has never been served
    const first = recordPaths(world.stateFolder, 'svc-b')
    const { mkdir } = await import('node:fs/promises')
    await mkdir(first.folder, { recursive: true })
    await writeUnfinished(first, { plan: { target: 'skyserve' } } as never)
    expect(await lookAtEndpoint('svc-b', world, signal)).toMatchObject({
      target: 'skyserve',
      alerts: ['unfinished'],
      seen: 'not served yet',
    })
  })
})

describe('alerts', () => {
  it('are sorted worst first, each with words', () => {
    expect(alerts.map(({ alert }) => alert).slice(0, 3)).toEqual([
      'tls-cert-expired',
      'tls-cert-invalid',
      'drift',
    ])
    for (const { text } of alerts) expect(text).toMatch(/^[a-z]/)
  })

  it.each([
    [30 * 24, 6 * 60],
    [25, 6 * 60],
    [24, 60],
    [7, 60],
    [6, 10],
    [2, 10],
    [1, 1],
    [0.01, 1],
    [-1, 60],
  ])('are looked for after %d hours left every %d minutes', (hours, minutes) => {
    expect(pollingInterval(hours * 3_600_000)).toBe(minutes * 60_000)
  })

  it('name where an endpoint is', () => {
    expect(whereOf(undefined)).toBe('')
    expect(whereOf({ addresses: ['127.0.0.1:1'] } as never)).toBe('127.0.0.1:1')
  })
})
