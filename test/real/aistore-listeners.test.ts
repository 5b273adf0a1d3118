import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RealAistore, realAistore } from '../support/real-aistore.ts'

const [nodes, clients] = ['ais-nodes', 'ais-clients']
const { AIS_LAB_RESTART: restart = '', AIS_LAB_PORT: port = '18080' } = process.env

let lab: RealAistore
let uuid: string

const answers = (name: string, certificate: string, more = '') => `version: 1
endpoint: ${name}
domain: localhost
certificate: ${certificate}
target:
  kind: aistore
  gateway: http://127.0.0.1:${port}
  place: here
  restart: ${restart}
  certFile: ${lab.folder}/tls/${name}.crt
  keyFile: ${lab.folder}/tls/${name}.key
${more}
dns: {how: none}
`

const local = '{source: self-signed, authority: local}'
const pids = () => spawnSync(process.env.AIS_LAB_NODE ?? '', ['pid'], { encoding: 'utf8' }).stdout

beforeAll(async () => {
  lab = realAistore(clients)
  lab.file('nodes.yaml', answers(nodes, local))
  lab.file('inside.yaml', answers(nodes, local, '  listeners: inside'))
  const other = '{source: self-signed, authority: none}'
  lab.file('clients.yaml', answers(clients, other, '  listeners: public'))
  uuid = lab.ask('/v1/daemon?what=smap').uuid
  await lab.writeObjects()
})

afterAll(async () => {
  await lab.cli(['disable', nodes, '--yes'])
  const keys = ['server_crt=', 'server_key='].map(each => `net.http.pub.${each}`).join('&')
  await fetch(`http://127.0.0.1:${port}/v1/cluster/set-config?${keys}`, { method: 'PUT' })
  lab.close()
})

function leafOf(name: string): string {
  const record = join(lab.state, 'endpoints', name)
  const current = readFileSync(join(record, 'current'), 'utf8').trim()
  const meta = readFileSync(join(record, 'generations', current, 'meta.json'), 'utf8')
  return JSON.parse(meta).leaf.fingerprint
}

/** Clients see one pair and nodes another; objects, UUID and a target that restarts are as ever. */
function expectBoth(): void {
  const expected = [...Array(3).fill(leafOf(clients)), ...Array(6).fill(leafOf(nodes))]
  expect(lab.leaves()).toEqual(expected)
  expect(lab.ask('/v1/daemon?what=smap').uuid).toBe(uuid)
  expect(lab.lostObjects()).toEqual([])
}

describe('a real AIStore cluster with a public pair of its own', () => {
  it('enable public: three ports outside serve one pair, six inside the other', async () => {
    await lab.must(['init', '--answers', 'nodes.yaml', '--yes'])
    expect(new Set(lab.leaves())).toEqual(new Set([leafOf(nodes)]))
    await lab.must(['init', '--answers', 'clients.yaml', '--yes'])
    expectBoth()
  })

  it('again: neither of the two changes anything', async () => {
    const { stderr } = await lab.must(['init', '--answers', 'nodes.yaml', '--yes'], 65)
    expect(stderr).toContain('target.listeners: inside')
    const before = [pids(), ...lab.leaves()]
    await lab.must(['init', '--answers', 'inside.yaml', '--yes'])
    await lab.must(['init', '--answers', 'clients.yaml', '--yes'])
    expect([pids(), ...lab.leaves()]).toEqual(before)
  })

  it('rotate both: each on its own ports, and no node was restarted', async () => {
    const before = { pids: pids(), nodes: leafOf(nodes), clients: leafOf(clients) }
    await lab.must(['rotate', clients, '--yes'])
    expect([leafOf(nodes), leafOf(clients) === before.clients]).toEqual([before.nodes, false])
    expectBoth()
    await lab.must(['rotate', nodes, '--yes'])
    expect(leafOf(nodes)).not.toBe(before.nodes)
    expectBoth()
    expect(pids()).toBe(before.pids)
  })

  it('verify: both are as they were proven', async () => {
    for (const name of [nodes, clients]) {
      await lab.must(['verify', name])
      await lab.must(['status', name, '--once'])
    }
  })

  it('a target that restarts joins, with both pairs', () => {
    expect(lab.restartTarget('t1')).toBe(undefined)
    expectBoth()
  })

  it('disable: the pair of the nodes takes the whole cluster to HTTP; that of clients names its commands', async () => {
    const { stderr } = await lab.must(['disable', clients, '--yes'], 65)
    expect(stderr).toContain('net.http.pub.server_crt=')
    await lab.must(['disable', nodes, '--yes'])
    expect(lab.leaves()).toEqual(Array(9).fill(''))
  })
})
