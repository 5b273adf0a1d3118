import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { checkTarget } from '../../../src/commands/doctor-checks.ts'
import type { Io } from '../../../src/commands/io.ts'
import type { RunTool } from '../../../src/process/tool.ts'
import { readEndpoint, writeEndpoint } from '../../../src/record/endpoint.ts'
import { recordPaths } from '../../../src/record/paths.ts'
import { aistore } from '../../../src/targets/aistore/index.ts'
import { inPlain } from '../../../src/targets/aistore/offline/edit.ts'
import { readStateFile, stateFileWith } from '../../../src/targets/aistore/offline/state-file.ts'
import type { Target } from '../../../src/targets/target.ts'
import { realWorld, type World } from '../../../src/world.ts'

const target = aistore as Target
const written = readStateFile(
  Buffer.from(readFileSync(new URL('ais.conf.base64', import.meta.url), 'latin1'), 'base64'),
)
const { uuid } = written.content as { uuid: string }
const ids = ['p1', 't1', 't2']

let folder: string
let world: World

const answered = () =>
  loadAnswers(
    `version: 1
endpoint: ais
domain: localhost
certificate: {source: self-signed, authority: local}
target:
  kind: aistore
  gateway: http://127.0.0.1:8080
  place: here
  restart: ./start.sh
  confdir: ${folder}/nodes/{node}
`,
    questionsFor([target]),
    { name: 'a.yaml', folder },
  )

/** A port of loopback that nothing listens at. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

/** A cluster on record of which no node runs, with the settings of HTTPS in its own files. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'se-offline-'))
  const never: RunTool = async call => {
    throw new Error(`${call.argv[0]} must not be called`)
  }
  world = { ...realWorld(never), stateFolder: join(folder, 'state') }
  const port = await freePort()
  const at = `127.0.0.1:${port}`
  const nodes = ids.map(id => ({
    ...{ id, kind: id.startsWith('p') ? 'proxy' : 'target' },
    ...{ public: at, control: at, data: at },
  }))
  const live = { uuid, primary: 'p1', host: '127.0.0.1', nodes: JSON.stringify(nodes) }
  const base = { name: 'ais', target: 'aistore', https: true, addresses: [], clients: [] }
  await writeEndpoint(recordPaths(world.stateFolder, 'ais'), { ...base, live })
  const content = structuredClone(written.content) as { net: { http: object } }
  const http = { use_https: true, server_crt: '/none/server.crt', server_key: '/none/server.key' }
  Object.assign(content.net.http, http)
  for (const id of ids) {
    mkdirSync(join(folder, 'nodes', id), { recursive: true })
    writeFileSync(conf(id), stateFileWith(written, content as never))
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const conf = (id: string) => join(folder, 'nodes', id, '.ais.conf')

async function doctor() {
  const io = { world, signal: AbortSignal.timeout(20_000) } as Io
  const checked = await checkTarget(target, { answered: answered(), needed: true }, io)
  return checked.flatMap(({ findings }) => findings)
}

async function discover() {
  const record = await readEndpoint(recordPaths(world.stateFolder, 'ais'))
  const found = await target.offline?.discover(answered(), world, { record, secrets: {} })
  return { ...found, ids: found?.findings.map(({ id }) => id) }
}

describe('a cluster that is down', () => {
  it('is explained by doctor from the files of its nodes', async () => {
    const findings = await doctor()
    const said = findings.map(({ id, subject }) => [id, subject])
    // no cluster map lies there either
    expect(said).toEqual([
      ['aistore.map-gone', 'p p1, t t1, t t2'],
      ['aistore.no-file', 'p p1, t t1, t t2'],
    ])
    expect(findings[1]?.fix).toContain('secure-endpoint disable ais --offline')
  })

  it('is named node by node where nothing of it lies here', async () => {
    for (const id of ids) rmSync(conf(id))
    const findings = await doctor()
    expect(findings.map(({ id }) => id)).toEqual(ids.map(() => 'aistore.node-down'))
    expect(findings[0]?.fix).toContain('./start.sh')
  })

  it('cannot be taken back from here where the settings of one node are elsewhere', async () => {
    rmSync(conf('t2'))
    const found = await discover()
    expect([found.exit, found.ids]).toEqual([69, ['aistore.not-here']])
    expect(found.findings?.[0]?.fix).toContain('target.confdir')
  })

  it('cannot be taken back from here where one of them is damaged', async () => {
    const bytes = readFileSync(conf('t1'))
    bytes[40] = (bytes[40] as number) ^ 1
    writeFileSync(conf('t1'), bytes)
    expect((await discover()).ids).toEqual(['aistore.not-here'])
  })

  it('cannot be taken back from here where no node has settings of this cluster', async () => {
    for (const id of ids) {
      const content = { ...(written.content as object), uuid: 'another' }
      writeFileSync(conf(id), stateFileWith(written, content))
    }
    expect((await discover()).ids).toEqual(['aistore.other-uuid'])
  })

  it('is read from its files, and what they are to become is HTTP', async () => {
    const found = await discover()
    expect(found.exit).toBe(undefined)
    expect(found.present).toMatchObject({ cluster: { uuid, primary: 'p1' }, scheme: 'https' })
    const { content } = readStateFile(readFileSync(conf('t1')))
    expect(inPlain(content)).toMatchObject({ net: { http: { use_https: false } } })
  })
})
