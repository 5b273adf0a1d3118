import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuthN, authnProgram, startAuthN } from '../support/authn.ts'
import { freshCluster, labCluster, type RealAistore, realAistore } from '../support/real-aistore.ts'

const endpoint = 'ais-authn'
const { AIS_LAB_RESTART: restart = '', AIS_LAB_PORT: port = '18080' } = process.env
const program = authnProgram()

let lab: RealAistore
let authn: AuthN
let token: string

const answers = (more = '') => `version: 1
endpoint: ${endpoint}
domain: localhost
certificate: {source: self-signed, authority: local}
target:
  kind: aistore
  gateway: http://127.0.0.1:${port}
  certFile: ${lab.folder}/tls/server.crt
  place: here
  restart: ${lab.folder}/restart.sh
${more}
dns: {how: none}
`

/** Changes settings, with the token; seconds after a start the cluster says 503. */
function set(query: string) {
  const url = `http://127.0.0.1:${port}/v1/cluster/set-config?${query}`
  const again = ['--retry', '60', '--retry-delay', '1', '-X', 'PUT']
  const words = ['-q', '-sSf', ...again, '-H', `@${lab.folder}/headers`, url]
  const { status, stderr } = spawnSync('curl', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

const init = (name: string, exit = 0) => lab.must(['init', '--answers', name, '--yes'], exit)

function expectServed(https: boolean) {
  const leaves = new Set(lab.leaves())
  expect(leaves.size).toBe(1)
  expect(leaves.has('')).toBe(!https)
  expect(lab.lostObjects()).toEqual([])
}

/** Every file below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(each => each.isFile())
    .map(each => join(each.parentPath, each.name))
}

describe.skipIf(program === undefined)('a cluster that AuthN guards', () => {
  beforeAll(async () => {
    freshCluster()
    lab = realAistore(endpoint, { ...labCluster(), guarded: true })
    await lab.writeObjects()
    authn = await startAuthN(program ?? '', lab.folder, Number(port) + 50)
    const said = await authn.login()
    token = JSON.parse(said).token
    lab.file('auth.token', said) // as `ais auth login` keeps it
    lab.file('token', `${token}\n`)
    lab.file('headers', `Authorization: Bearer ${token}\n`)
    // the lab's own wait asks without a token: the nodes are started, and waited for by ours
    const script = `#!/bin/sh\nAIS_LAB_WAIT=1 '${restart}'\nexit 0\n`
    writeFileSync(join(lab.folder, 'restart.sh'), script, { mode: 0o755 })
    lab.file('none.yaml', answers())
    lab.file('file.yaml', answers('  token: {file: ./auth.token}'))
    lab.file('fd.yaml', answers('  token: {fd: 3}'))
    lab.file('wrong', `${token.slice(0, -8)}AAAAAAAA\n`)
    lab.file('wrong.yaml', answers('  token: {file: ./wrong}'))
    const key = encodeURIComponent(authn.secret)
    set(`auth.signature.method=HMAC&auth.signature.key=${key}`)
    // what a token is held against is read at a start
    expect(spawnSync(restart, ['--force']).status).toBe(0)
    set('auth.client_auth_required=true')
  })

  afterAll(async () => {
    await authn?.end()
    freshCluster()
    lab?.close()
  })

  it.each(['none', 'wrong'])('refuse: %s: without a good token nothing is changed', async name => {
    const run = await init(`${name}.yaml`, 77)
    expect(run.stderr).toContain('The cluster wants a token.')
    expect(run.stderr).not.toContain(token)
    expectServed(false)
  })

  it('enable http: with the file that ais auth login writes', async () => {
    await init('file.yaml')
    expectServed(true)
  })

  it('rotate: with a token on a file descriptor', async () => {
    const before = lab.leaves()
    const words = ['rotate', endpoint, '--answers', 'fd.yaml', '--yes']
    const run = await lab.cli(words, { fd3: join(lab.folder, 'token') })
    expect(run.exit, run.stdout + run.stderr).toBe(0)
    expectServed(true)
    expect(lab.leaves()).not.toEqual(before)
  })

  it('status, verify: each node is looked at', async () => {
    await init('file.yaml')
    await lab.must(['status', endpoint, '--once'])
    await lab.must(['verify', endpoint])
  })

  it('disable: back to HTTP, and the token is nowhere in what is kept', async () => {
    await lab.must(['disable', endpoint, '--yes'])
    expectServed(false)
    const kept = filesIn(lab.state).filter(path => readFileSync(path, 'latin1').includes(token))
    expect(kept).toEqual([])
  })
})
