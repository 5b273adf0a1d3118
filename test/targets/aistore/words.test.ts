import { describe, expect, it } from 'vitest'
import type { Json } from '../../../src/plan/plan.ts'
import { clusterIn, listenersOf, urlsAre } from '../../../src/targets/aistore/cluster.ts'
import { commandWords } from '../../../src/targets/aistore/command-words.ts'
import { isGateway } from '../../../src/targets/aistore/find.ts'
import { alertsIn, hasStarted } from '../../../src/targets/aistore/flags.ts'

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

  it('tells whether every URL has a scheme', () => {
    expect([urlsAre(map, 'http'), urlsAre(map, 'https'), urlsAre({}, 'http')]).toEqual([
      ...[true, false, false],
    ])
  })

  it.each([null, {}, { uuid: 'x' }, { uuid: 'x', proxy_si: { daemon_id: 'p' }, pmap: { p: {} } }])(
    '%j is none',
    value => {
      expect(clusterIn(value as Json)).toBe(undefined)
    },
  )
})
