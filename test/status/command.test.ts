import { Writable } from 'node:stream'
import { createServer as createTls } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { keyPem } from '../../src/certificates/private-key.ts'
import type { Io } from '../../src/commands/io.ts'
import { type StatusOptions, status } from '../../src/commands/status.ts'
import { Problem } from '../../src/errors.ts'
import { chooseGlyphs } from '../../src/front/words/glyphs.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { writeUnfinished } from '../../src/road/unfinished.ts'
import type { EndpointStatus } from '../../src/status/endpoint-status.ts'
import { dayMs, make } from '../support/certificates.ts'
import { fakeClock, fakeWorld } from '../support/play.ts'
import { chainOf, recordEndpoint, served, stage } from '../support/recorded.ts'
import { createScratch } from '../support/scratch.ts'
import { closedPort, serveTcp } from '../support/servers.ts'

type AtEnd = (close: () => void) => void

/** A world of its own, and what the command says and ends with in it. */
function inWorld(atEnd: AtEnd) {
  const { folder } = createScratch(atEnd)
  const look = async (options: StatusOptions = {}, names: string[] = [], ahead = 0) => {
    let out = ''
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        out += chunk
        done()
      },
    })
    const io = {
      world: fakeWorld({ stateFolder: folder, clock: fakeClock(served.at + ahead) }),
      stdout,
      glyphs: chooseGlyphs({}, true),
      colour: { out: false, err: false },
      signal: new AbortController().signal,
      meet: 'none',
    } as unknown as Io
    const exit = await status(names, { once: true, ...options }, io)
    return { exit, out }
  }
  return { folder, look }
}

const { leaf, issuing, at } = served

/** Endpoints with each thing that can be wrong, by what is wrong with them. */
async function zoo(folder: string, atEnd: AtEnd): Promise<void> {
  const good = await stage(atEnd, leaf)
  const old = make({ issuer: issuing, at, from: -80, to: 10 })
  const ending = make({ issuer: issuing, at, from: -88, to: 2 })
  const expired = make({ issuer: issuing, at, from: -90, to: -1 })
  await recordEndpoint(folder, 'good', { addresses: [good] })
  await recordEndpoint(folder, 'due', { addresses: [await stage(atEnd, old)], leaf: old })
  await recordEndpoint(folder, 'ending', { addresses: [await stage(atEnd, ending)], leaf: ending })
  await recordEndpoint(folder, 'expired', {
    addresses: [await stage(atEnd, expired)],
    leaf: expired,
  })
  await recordEndpoint(folder, 'distrusted', {
    addresses: [good],
    roots: make({ ca: true, at }).pem,
  })
  await recordEndpoint(folder, 'drifted', {
    addresses: [await stage(atEnd, make({ issuer: issuing, at }))],
  })
  await recordEndpoint(folder, 'plain', { https: false })
  await recordEndpoint(folder, 'silent', { addresses: [`127.0.0.1:${await closedPort()}`] })
  const unfinished = await recordEndpoint(folder, 'unfinished', { addresses: [good] })
  await writeUnfinished(unfinished, { plan: { target: 'skyserve' } } as never)
}

const worstFirst = [
  'expired',
  'distrusted',
  'drifted',
  'ending',
  'silent',
  'unfinished',
  'due',
  'plain',
  'good',
]

describe.concurrent('status --once', () => {
  it('shows every endpoint, the worst first', async ({ onTestFinished }) => {
    const { folder, look } = inWorld(onTestFinished)
    await zoo(folder, onTestFinished)
    const { out } = await look()
    const rows = out.trimEnd().split('\n')
    expect(rows.map(row => row.split(' ')[0])).toEqual(worstFirst)
    const json = JSON.parse((await look({ json: true })).out)
    expect(json.schema).toBe('secure-endpoint/status@1')
    expect(json.endpoints.map(({ name }: EndpointStatus) => name)).toEqual(worstFirst)
    expect(json.endpoints.map(({ alerts }: EndpointStatus) => alerts[0] ?? '')).toEqual([
      'tls-cert-expired',
      'tls-cert-invalid',
      'drift',
      'tls-cert-will-soon-expire',
      'unreachable',
      'unfinished',
      'rotation-due',
      'plain-http',
      '',
    ])
  })

  it('sorts what is as bad by the time that is left, then by name', async ({ onTestFinished }) => {
    const { folder, look } = inWorld(onTestFinished)
    const short = make({ issuer: issuing, at, from: -3, to: 20 })
    for (const name of ['b', 'a'])
      await recordEndpoint(folder, name, { addresses: [await stage(onTestFinished, leaf)] })
    await recordEndpoint(folder, 'c', {
      addresses: [await stage(onTestFinished, short)],
      leaf: short,
    })
    const { out } = await look()
    expect(out.split('\n').map(row => row.split(' ')[0])).toEqual(['c', 'a', 'b', ''])
  })

  it.for([
    ['by default', {}, ['expired', 'distrusted', 'drifted', 'silent']],
    ['for any alert', { failOn: 'any' }, worstFirst.slice(0, -1)],
    ['for none', { failOn: 'none' }, []],
    ['for those that are named', { failOn: 'rotation-due,plain-http' }, ['ending', 'due', 'plain']],
  ] as const)('ends with 1 %s', async ([_what, options, bad], { onTestFinished }) => {
    const { folder, look } = inWorld(onTestFinished)
    await zoo(folder, onTestFinished)
    const ends = await Promise.all(
      worstFirst.map(async name => [name, (await look({ ...options }, [name])).exit] as const),
    )
    expect(ends.filter(([, exit]) => exit === 1).map(([name]) => name)).toEqual(bad)
    expect((await look({ ...options })).exit).toBe(bad.length > 0 ? 1 : 0)
  })

  it('does not know an alert of another name', async ({ onTestFinished }) => {
    const { look } = inWorld(onTestFinished)
    const error = await look({ failOn: 'drift,expired' }).catch(thrown => thrown)
    expect(error).toBeInstanceOf(Problem)
    expect(error).toMatchObject({ exit: 2, message: '--fail-on: expired is no alert.' })
  })

  it('does not know an endpoint that is not recorded', async ({ onTestFinished }) => {
    const { folder, look } = inWorld(onTestFinished)
    await recordEndpoint(folder, 'fraud-model')
    const error = await look({}, ['fraud-modle']).catch(thrown => thrown)
    expect(error).toMatchObject({ exit: 65 })
    expect(error.findings[0].fix).toBe('Did you mean fraud-model?')
  })

  it('says how to make the first one', async ({ onTestFinished }) => {
    const { look } = inWorld(onTestFinished)
    const { exit, out } = await look()
    expect(out).toBe('No endpoint is recorded on this machine. Make one: secure-endpoint init\n')
    expect(exit).toBe(0)
  })

  it('tells one endpoint in whole', async ({ onTestFinished }) => {
    const { folder, look } = inWorld(onTestFinished)
    await recordEndpoint(folder, 'svc-a', { addresses: [await stage(onTestFinished, leaf)] })
    const fine = await look({}, ['svc-a'])
    expect(fine.out).toMatch(/^\+ svc-a {2}skyserve\n {2}address +https:/)
    expect(fine.exit).toBe(0)
    const late = await look({}, ['svc-a'], 88 * dayMs)
    expect(late.out).toMatch(/^x svc-a/)
    expect(late.out).toContain('tls-cert-expired the served leaf has expired')
    expect(late.exit).toBe(1)
    const gone = recordPaths(folder, 'svc-a')
    await writeUnfinished(gone, { plan: { target: 'skyserve' } } as never)
    expect((await look({}, ['svc-a'])).out).toContain('a run of it is not finished')
  })

  it('looks at 64 endpoints at once, and at no more', async ({ onTestFinished }) => {
    const { folder, look } = inWorld(onTestFinished)
    const tls = createTls({ cert: chainOf(leaf), key: keyPem(leaf.key) })
    tls.on('tlsClientError', (_error, socket) => socket.destroy())
    let [open, most] = [0, 0]
    const held: (() => void)[] = []
    const port = await serveTcp(onTestFinished, socket => {
      open += 1
      most = Math.max(most, open)
      socket.on('close', () => {
        open -= 1
      })
      held.push(() => tls.emit('connection', socket))
      // nobody is answered before all 64 have come
      if (most >= 64) for (const answer of held.splice(0)) answer()
    })
    const names = Array.from({ length: 70 }, (_, index) => `svc-${index}`)
    for (const name of names)
      await recordEndpoint(folder, name, { addresses: [`127.0.0.1:${port}`] })
    const warnings: string[] = []
    const warned = ({ name }: Error) => warnings.push(name)
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    const { exit, out } = await look({ json: true })
    const { endpoints } = JSON.parse(out)
    expect(endpoints).toHaveLength(70)
    expect(endpoints.flatMap(({ alerts }: EndpointStatus) => alerts)).toEqual([])
    expect(exit).toBe(0)
    expect(most).toBe(64)
    expect(warnings).toEqual([])
  })
})
