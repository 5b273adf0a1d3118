import { describe, expect, it, onTestFinished } from 'vitest'
import type { Json } from '../../../src/plan/plan.ts'
import type { Api } from '../../../src/targets/aistore/api.ts'
import { clusterIn, listenersOf, urlsAre } from '../../../src/targets/aistore/cluster.ts'
import { commandWords } from '../../../src/targets/aistore/command-words.ts'
import { findGateways, isGateway } from '../../../src/targets/aistore/find.ts'
import { alertsIn, hasStarted } from '../../../src/targets/aistore/flags.ts'
import { leaderOf, type Place } from '../../../src/targets/aistore/place.ts'
import { fakeWorld } from '../../support/play.ts'
import { createScratch } from '../../support/scratch.ts'

describe('the command that starts the nodes', () => {
  it.each([
    ['systemctl start ais.target', ['systemctl', 'start', 'ais.target']],
    ['./restart.sh  "two words" \'$HOME\'', ['./restart.sh', 'two words', '$HOME']],
    ['ssh host"-1" start', ['ssh', 'host-1', 'start']],
    ["run ''", ['run', '']],
  ])('%s is split as a shell would', (text, words) => {
    expect(commandWords(text)).toEqual(words)
  })

  it.each([
    '',
    '  ',
    'a | b',
    'a; b',
    'a && b',
    'echo $(id)',
    'a `id`',
    "a 'open",
    'a > b',
    'a\nb',
    'rm *',
  ])('%j is no such command', text => {
    expect(commandWords(text)).toBe(undefined)
  })
})

describe('the state flags of a node', () => {
  it('are tested bit by bit: a busy machine adds one of its own', () => {
    expect([6, 2_097_158, 2, 4, 0].map(hasStarted)).toEqual([true, true, false, false, false])
    expect(alertsIn(6 + 2_097_152)).toEqual([])
    expect(alertsIn(6 + 65_536 + 262_144)).toEqual([
      'tls-cert-invalid',
      'tls-cert-will-soon-expire',
    ])
    expect(alertsIn(6 + 131_072)).toEqual(['tls-cert-expired'])
  })
})

describe('the URL of a gateway', () => {
  it.each([
    ['http://10.0.0.5:8080', true],
    ['https://ais.example.com', true],
    ['http://user:pass@10.0.0.5:8080', false],
    ['http://10.0.0.5:8080/v1', false],
    ['10.0.0.5:8080', false],
    ['ftp://10.0.0.5', false],
  ])('%s: %s', (url, expected) => {
    expect(isGateway(url)).toBe(expected)
  })
})

const node = (id: string, ports: number[], host = '10.0.0.1') => ({
  daemon_id: id,
  public_net: { direct_url: `http://${host}:${ports[0]}` },
  intra_control_net: { direct_url: `http://${host}:${ports[1]}` },
  intra_data_net: { direct_url: `http://${host}:${ports[2]}` },
})

describe('a cluster map', () => {
  const proxy = node('p2', [8080, 8080, 8080])
  const map: Json = {
    uuid: 'abc',
    proxy_si: proxy,
    pmap: { p2: proxy, p1: node('p1', [1, 2, 3], '[fd00::1]') },
    tmap: { t1: node('t1', [4, 5, 6]) },
  }

  it('gives each node with its listeners, proxies first', () => {
    const cluster = clusterIn(map)
    expect(cluster).toMatchObject({ uuid: 'abc', primary: 'p2' })
    expect(cluster?.nodes.map(({ id }) => id)).toEqual(['p1', 'p2', 't1'])
    expect(cluster?.nodes[0]).toMatchObject({ public: '[fd00::1]:1', control: '[fd00::1]:2' })
    expect(cluster?.nodes.map(each => listenersOf(each).length)).toEqual([3, 1, 3])
  })

  it('is asked of another proxy where the one of before is gone: that says who decides now', async () => {
    const place = {
      ...clusterIn(map),
      primary: 'p2',
      roots: [],
      system: false,
      client: { chain: '', key: '' },
    } as Place
    const elected = { ...(map as object), proxy_si: node('p1', [1, 2, 3], '[fd00::1]') } as Json
    const said: Record<string, Json> = { '[fd00::1]:1': elected }
    const api = {
      get: async (address: string) => ({ json: said[address] ?? null, seen: '' }),
    } as unknown as Api
    expect(await leaderOf(place, api)).toBe('[fd00::1]:1')
    said['[fd00::1]:1'] = { ...(elected as object), uuid: 'another cluster' }
    expect(await leaderOf(place, api)).toBe('10.0.0.1:8080')
  })

  it('tells whether every URL has a scheme', () => {
    expect([urlsAre(map, 'http'), urlsAre(map, 'https'), urlsAre({}, 'http')]).toEqual([
      ...[true, false, false],
    ])
  })

  it.each(['../../etc', 'a b', '', 'x/y'])('with %j for an id is none', id => {
    const target = node(id, [4, 5, 6])
    expect(clusterIn({ ...(map as object), tmap: { t: target } } as Json)).toBe(undefined)
    expect(clusterIn({ ...(map as object), uuid: id } as Json)).toBe(undefined)
  })

  it.each([null, {}, { uuid: 'x' }, { uuid: 'x', proxy_si: { daemon_id: 'p' }, pmap: { p: {} } }])(
    '%j is none',
    value => {
      expect(clusterIn(value as Json)).toBe(undefined)
    },
  )
})

describe('the gateways that are offered', () => {
  const find = async (env: Record<string, string>, speaks: string, settings?: string) => {
    const { folder, file } = createScratch(onTestFinished)
    if (settings !== undefined) file('.config/ais/cli/cli.json', settings)
    const said = {
      http: { status: 200, body: '' },
      https: { status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' },
      down: { error: 'ECONNREFUSED', body: '' },
    }[speaks]
    const api = async () => ({ headers: {}, tookMs: 0, body: '', ...said })
    const world = fakeWorld({ env, home: folder, api })
    const signal = AbortSignal.timeout(5_000)
    return (await findGateways({ world, answers: {}, folder, typed: '', signal })).choices
  }

  it('are those of the environment and of ais, with what they speak', async () => {
    const env = { AIS_ENDPOINT: 'http://10.0.0.5:8080/' }
    const settings = '{"cluster": {"url": "http://10.0.0.6:8080"}}'
    expect(await find(env, 'http', settings)).toEqual([
      {
        value: 'http://10.0.0.5:8080',
        title: 'http://10.0.0.5:8080',
        note: 'AIS_ENDPOINT, HTTP',
      },
      {
        value: 'http://10.0.0.6:8080',
        title: 'http://10.0.0.6:8080',
        note: "ais's own settings, HTTP",
      },
    ])
    expect(await find({ AIS_ENDPOINT: 'not a url' }, 'http', 'no json')).toEqual([])
  })

  it('are adopted where they have a certificate, with the roots that ais uses', async () => {
    const env = { AIS_ENDPOINT: 'https://10.0.0.5:8080', AIS_CLIENT_CA: '/ca.crt' }
    const [choice] = await find(env, 'https')
    expect(choice).toMatchObject({
      note: 'AIS_ENDPOINT, HTTPS, is adopted',
      also: { 'target.onConflict': 'adopt', 'target.roots': '/ca.crt' },
    })
    expect((await find(env, 'down'))[0]).toMatchObject({ note: 'AIS_ENDPOINT, does not answer' })
  })
})
