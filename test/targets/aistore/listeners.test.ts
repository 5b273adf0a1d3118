import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { handshake } from '../../../src/net/handshake.ts'
import type { Node } from '../../../src/targets/aistore/cluster.ts'
import { clusterIn } from '../../../src/targets/aistore/cluster.ts'
import { siblingRoots } from '../../../src/targets/aistore/siblings.ts'
import { flowOf, usualAnswers } from '../../support/aistore-flow.ts'
import { isThere } from '../../support/scratch.ts'

type Flow = Awaited<ReturnType<typeof flowOf>>

const whole = usualAnswers()
const inside = usualAnswers('  listeners: inside')
/** Another endpoint on the same cluster: another root, other files. */
const outside = (flow: Flow, more = '') =>
  usualAnswers(
    `  listeners: public\n  certFile: /etc/ais/tls/public.crt\n  keyFile: /etc/ais/tls/public.key\n  roots: ${rootsOf(flow)}\n${more}`,
    '{source: self-signed, authority: none}',
  ).replace('endpoint: ais', 'endpoint: ais-public')
const rootsOf = (flow: Flow) =>
  join(flow.world.stateFolder, 'endpoints/ais/generations/1/roots.pem')

const http = async (flow: Flow) => {
  const { json } = await flow.get('/v1/cluster?what=cluster_config')
  return (json as { net: { http: { pub: Record<string, unknown>; use_https: boolean } } }).net.http
}

/** The leaves of all public listeners, and of all others. */
async function leaves(flow: Flow): Promise<{ public: Set<string>; inside: Set<string> }> {
  const { json } = await flow.get('/v1/daemon?what=smap')
  const nodes = clusterIn(json)?.nodes ?? []
  const of = async (nets: (keyof Node)[]) => {
    const seen = nodes.flatMap(node =>
      nets.map(async net => {
        const [host = '', port] = String(node[net]).split(':')
        const at = { host, port: Number(port), name: 'localhost', roots: [], timeoutMs: 5_000 }
        const { chain } = await handshake({ ...at, signal: AbortSignal.timeout(5_000) })
        return chain[0] ? new X509Certificate(chain[0]).fingerprint256 : ''
      }),
    )
    return new Set(await Promise.all(seen))
  }
  return { public: await of(['public']), inside: await of(['control', 'data']) }
}

/** What the last proof of a run has seen, by probe. */
function proven({ events }: Awaited<ReturnType<Flow['go']>>): Record<string, string> {
  return Object.fromEntries(
    events.flatMap(each => (each.type === 'proof' ? [[each.id, each.seen]] : [])),
  )
}

async function withBoth(): Promise<{ flow: Flow; own: string; theirs: string }> {
  const flow = await flowOf()
  await flow.go('enable')
  const own = flow.leaf()
  flow.answer(outside(flow))
  flow.changes.length = 0
  expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
  return { flow, own, theirs: flow.leaf() }
}

describe('AIStore with a public pair of its own', () => {
  it('gets one by one restart; the others keep theirs, and each port is proven by its own', async () => {
    const { flow, own, theirs } = await withBoth()
    expect(flow.changes).toEqual([
      'PUT /v1/cluster/set-config?net.http.pub.server_crt=/etc/ais/tls/public.crt&net.http.pub.server_key=/etc/ais/tls/public.key',
      'PUT /v1/cluster',
      './restart-ais.sh --all',
    ])
    expect(await leaves(flow)).toEqual({ public: new Set([theirs]), inside: new Set([own]) })
    const { alerts, parts } = await flow.status()
    expect([alerts, parts?.length]).toEqual([[], 3])
    flow.changes.length = 0
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
    expect(flow.changes).toEqual([])
  })

  it('asks which of the two is meant, and takes either', async () => {
    const { flow, own, theirs } = await withBoth()
    flow.answer(whole)
    await expect(flow.go('enable')).rejects.toMatchObject({
      exit: 65,
      findings: [{ id: 'aistore.public-pair', fix: expect.stringContaining('listeners: inside') }],
    })
    const insideToo = inside.replace(
      'listeners: inside',
      `listeners: inside\n  roots: ${join(flow.world.stateFolder, 'endpoints/ais-public/generations/1/roots.pem')}`,
    )
    flow.answer(insideToo)
    flow.changes.length = 0
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
    expect(flow.changes).toEqual([])
    // at its public listeners, too: they may serve its pair again
    const { json } = await flow.get('/v1/daemon?what=smap')
    const address = clusterIn(json)?.nodes[0]?.public ?? ''
    expect(await siblingRoots({ address }, flow.world)).toContain(rootsOf(flow))
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(flow.changes).toEqual(['PUT /v1/cluster/load-x509'])
    expect(flow.leaf()).not.toBe(own)
    expect(await leaves(flow)).toEqual({
      public: new Set([theirs]),
      inside: new Set([flow.leaf()]),
    })
    expect((await flow.status()).alerts).toEqual([])
  })

  it('rotates what clients see without a restart, whatever its root', async () => {
    const { flow, own, theirs } = await withBoth()
    flow.changes.length = 0
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(flow.changes).toEqual(['PUT /v1/cluster/load-x509'])
    expect(flow.leaf()).not.toBe(theirs)
    expect(await leaves(flow)).toEqual({ public: new Set([flow.leaf()]), inside: new Set([own]) })
    expect(await flow.go('rotate', { bringBack: true })).toMatchObject({ outcome: 'done' })
    expect((await leaves(flow)).public).toEqual(new Set([theirs]))
  })

  it('has one pair again where the nodes do not start with two', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const own = flow.leaf()
    flow.answer(outside(flow))
    let times = 0
    flow.breakTool(() => {
      times += 1
      return times === 1 ? { exit: 1, stderr: 'unit ais is masked' } : undefined
    })
    const went = await flow.go('enable')
    expect(went).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(proven(went)['tls.leaf']).toBe(`${own.slice(0, 11)}, as inside, at 3 of 3 addresses`)
    expect((await http(flow)).pub.server_crt ?? '').toBe('')
    expect(await leaves(flow)).toEqual({ public: new Set([own]), inside: new Set([own]) })
  })

  it.each(['change.public', 'change.shutdown', 'change.start', 'serve.proof'])(
    'stopped in %s is taken up, or taken back',
    async stopAt => {
      const flow = await flowOf()
      await flow.go('enable')
      const own = flow.leaf()
      flow.answer(outside(flow))
      await flow.go('enable', { stopAt })
      expect(await flow.resume({ undo: true })).toMatchObject({ outcome: 'rolled-back' })
      expect((await leaves(flow)).public).toEqual(new Set([own]))
      expect(await flow.go('enable', { stopAt })).toMatchObject({ outcome: 'interrupted' })
      expect(await flow.resume()).toMatchObject({ outcome: 'done', exit: 0 })
      expect((await leaves(flow)).public).toEqual(new Set([flow.leaf()]))
    },
  )

  it('says what cannot be, before anything is changed', async () => {
    const flow = await flowOf(inside)
    const refused = (evidence: string) => ({
      exit: 65,
      findings: [{ id: 'aistore.listeners', evidence: expect.stringContaining(evidence) }],
    })
    await expect(flow.go('enable')).rejects.toMatchObject(refused('one pair for all'))
    flow.answer(outside(flow))
    await expect(flow.go('enable')).rejects.toMatchObject(refused('speaks HTTP'))
    flow.answer(outside(flow, '  deployment: new\n  targets: 2'))
    await expect(flow.go('enable')).rejects.toMatchObject(refused('target.deployment is new'))
    flow.answer(whole)
    await flow.go('enable')
    flow.changes.length = 0
    flow.answer(outside(flow).replace('/public.crt', '/server.crt'))
    await expect(flow.go('enable')).rejects.toMatchObject(refused('/etc/ais/tls/server.crt'))
    flow.answer(outside(flow, '  clientAuth: 4'))
    await expect(flow.go('enable')).rejects.toMatchObject(refused('target.clientAuth is 4'))
    expect(flow.changes).toEqual([])
  })

  it('is taken away by one restart: its listeners serve what the others do, and no record says more', async () => {
    const { flow, own, theirs } = await withBoth()
    flow.changes.length = 0
    const went = await flow.go('disable')
    expect(went).toMatchObject({ outcome: 'done', exit: 0, failed: [] })
    expect(flow.changes).toEqual([
      'PUT /v1/cluster/set-config?net.http.pub.server_crt=&net.http.pub.server_key=',
      'PUT /v1/cluster',
      './restart-ais.sh --all',
    ])
    expect(proven(went)).toMatchObject({
      'tls.leaf': `${own.slice(0, 11)}, as inside, at 3 of 3 addresses`,
      'aistore.node-state': 'started and in the map, at 3 of 3 addresses',
    })
    expect(await leaves(flow)).toEqual({ public: new Set([own]), inside: new Set([own]) })
    expect(await http(flow)).toMatchObject({ use_https: true })
    expect((await flow.status()).seen).toBe('not served yet')
    expect(readFileSync(flow.node('/etc/ais/tls/public.crt'), 'utf8')).toContain('BEGIN CERT')
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect((await leaves(flow)).public).toEqual(new Set([flow.leaf()]))
    expect(flow.leaf()).not.toBe(theirs)
  })

  it('is there again where the nodes do not start without it', async () => {
    const { flow, own, theirs } = await withBoth()
    let times = 0
    flow.breakTool(() => {
      times += 1
      return times === 1 ? { exit: 1, stderr: 'unit ais is masked' } : undefined
    })
    const went = await flow.go('disable')
    expect(went).toMatchObject({ outcome: 'rolled-back', exit: 1 })
    expect(proven(went)['tls.leaf']).toContain('is the wanted leaf')
    expect(await leaves(flow)).toEqual({ public: new Set([theirs]), inside: new Set([own]) })
    expect((await http(flow)).pub.server_crt).toBe('/etc/ais/tls/public.crt')
    expect((await flow.status()).alerts).toEqual([])
  })

  it.each(['change.public', 'change.shutdown', 'change.start', 'serve.proof'])(
    'that is taken away, stopped in %s, is taken up, or taken back',
    async stopAt => {
      const { flow, own, theirs } = await withBoth()
      expect(await flow.go('disable', { stopAt })).toMatchObject({ outcome: 'interrupted' })
      expect(await flow.resume({ undo: true })).toMatchObject({ outcome: 'rolled-back' })
      expect((await leaves(flow)).public).toEqual(new Set([theirs]))
      expect(await flow.go('disable', { stopAt })).toMatchObject({ outcome: 'interrupted' })
      expect(await flow.resume()).toMatchObject({ outcome: 'done', exit: 0 })
      expect((await leaves(flow)).public).toEqual(new Set([own]))
    },
  )

  it('stays where nobody here trusts what its listeners would serve', async () => {
    const { flow, theirs } = await withBoth()
    rmSync(join(flow.world.stateFolder, 'endpoints/ais'), { recursive: true })
    flow.changes.length = 0
    const went = await flow.go('disable')
    expect(went).toMatchObject({ exit: 65, failed: ['check.inside', 'aistore.inside-unknown'] })
    expect(flow.changes).toEqual([])
    expect((await leaves(flow)).public).toEqual(new Set([theirs]))
  })

  it('has plans that shellcheck finds nothing in', async context => {
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    const { flow } = await withBoth()
    const input = await flow.script('disable')
    expect(input).toContain('ais_prove_joined')
    expect(spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' }).stdout).toBe('')
  })

  it('is not put in place where a clock says that it is not valid', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    flow.answer(outside(flow))
    flow.changes.length = 0
    flow.breakApi(async options => {
      const said = await flow.real(options)
      const headers = { ...said.headers, date: 'Thu, 01 Jan 2015 00:00:00 GMT' }
      return said.status === undefined ? undefined : { ...said, headers }
    })
    const went = await flow.go('enable')
    expect(went.failed).toContain('check.clocks')
    expect(flow.changes).toEqual([])
  })
})
