import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { recordPaths } from '../../src/record/paths.ts'
import { writeUnfinished } from '../../src/road/unfinished.ts'
import { alerts } from '../../src/status/endpoint-status.ts'
import { lookAtEndpoint, recordedStatus, whereOf } from '../../src/status/look.ts'
import { pollingInterval } from '../../src/status/polling-interval.ts'
import { dayMs, make } from '../support/certificates.ts'
import { recorded, served, stage } from '../support/recorded.ts'
import { closedPort, serveTcp } from '../support/servers.ts'

const { at, issuing, leaf } = served
const { signal } = new AbortController()

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

  it('takes one handshake that fails for no verdict', async ({ onTestFinished }) => {
    const [, port = ''] = (await stage(onTestFinished, leaf)).split(':')
    let connections = 0
    const busy = await serveTcp(onTestFinished, socket => {
      connections += 1
      if (connections < 3) return void socket.destroy()
      const behind = connect(Number(port), '127.0.0.1')
      behind.on('error', () => socket.destroy())
      socket.pipe(behind).pipe(socket)
    })
    const { world } = await recorded(onTestFinished, { addresses: [`127.0.0.1:${busy}`] })
    const seen = await lookAtEndpoint('svc-a', world, signal)
    expect(seen.alerts).toEqual([])
    expect(seen.served?.fingerprint).toBe(leaf.certificate.fingerprint)
    expect(connections).toBe(3)
  })

  it('believes it the third time, and says what was seen', async ({ onTestFinished }) => {
    let connections = 0
    const port = await serveTcp(onTestFinished, socket => {
      connections += 1
      socket.destroy()
    })
    const { world } = await recorded(onTestFinished, { addresses: [`127.0.0.1:${port}`] })
    const seen = await lookAtEndpoint('svc-a', world, signal)
    expect(seen.alerts).toEqual(['unreachable'])
    expect(seen.seen).not.toBe('')
    expect(connections).toBe(3)
  })

  it('looks no more once it is stopped', async ({ onTestFinished }) => {
    const stopping = new AbortController()
    let connections = 0
    const port = await serveTcp(onTestFinished, () => {
      connections += 1
      stopping.abort()
    })
    const { world } = await recorded(onTestFinished, { addresses: [`127.0.0.1:${port}`] })
    await lookAtEndpoint('svc-a', world, stopping.signal)
    expect(connections).toBe(1)
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
