import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
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
  await lab.cli(['disable', clients, '--yes'])
  await lab.cli(['disable', nodes, '--yes'])
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

  it('disable: clients see the pair of the nodes again, and may get their own once more', async () => {
    await lab.must(['disable', clients, '--yes'])
    expect(lab.leaves()).toEqual(Array(9).fill(leafOf(nodes)))
    expect(lab.restartTarget('t1')).toBe(undefined)
    await lab.must(['verify', nodes], 0)
    await lab.must(['init', '--answers', 'clients.yaml', '--yes'])
    expectBoth()
  })

  it('disable: where the nodes do not start without it, clients see it again', async () => {
    const once = `if mkdir '${lab.folder}/failed' 2>/dev/null; then echo 'unit ais is masked' >&2; exit 1; fi`
    const script = lab.file('once.sh', `#!/bin/sh\n${once}\nexec '${restart}'\n`)
    chmodSync(script, 0o755)
    const answered = join(lab.state, 'endpoints', clients, 'answers.yaml')
    const text = readFileSync(answered, 'utf8')
    writeFileSync(answered, text.replace(restart, script))
    const { stderr } = await lab.must(['disable', clients, '--yes'], 1)
    expect(stderr).toContain('what was there before is back and proven')
    expectBoth()
    await lab.must(['verify', clients])
  })

  it('disable: the pair of the nodes takes the whole cluster to HTTP', async () => {
    await lab.must(['disable', clients, '--yes'])
    lab.file('nodes.yaml', answers(nodes, local))
    await lab.must(['init', '--answers', 'nodes.yaml', '--yes'])
    await lab.must(['disable', nodes, '--yes'])
    expect(lab.leaves()).toEqual(Array(9).fill(''))
    const { net } = lab.ask('/v1/cluster?what=cluster_config')
    expect(net.http.pub?.server_crt ?? '').toBe('')
    expect(lab.lostObjects()).toEqual([])
  })
})
