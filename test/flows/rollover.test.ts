import { spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { answers, createSandbox, type Sandbox } from '../support/sandbox.ts'

let box: Sandbox

beforeEach(async () => {
  box = await createSandbox()
})

afterEach(() => box.close())

/** What an old client with a file of roots sees of the live service, without any code of ours. */
function clientSees(roots: string): string {
  const [address = ''] = JSON.parse(readFileSync(at('endpoint.json'), 'utf8')).addresses
  const [host, port] = address.split(':')
  const script = `
    const socket = require('node:tls').connect(
      { host: '${host}', port: ${port}, servername: 'svc.test', ca: require('fs').readFileSync('${roots}') },
      () => { console.log(socket.getPeerX509Certificate().fingerprint256); socket.end() })
    socket.on('error', error => { console.log(error.code) })`
  return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout.trim()
}

const at = (name: string) => join(box.state, 'endpoints/svc-a', name)

function leafNow(): string {
  const number = readFileSync(at('current'), 'utf8').trim()
  return JSON.parse(readFileSync(at(`generations/${number}/meta.json`), 'utf8')).leaf.fingerprint
}

it('a CA is rolled over, and clients that took both roots in time never lose the endpoint', async () => {
  box.file('a.yaml', answers(box))
  expect((await box.cli(['init', '--answers', 'a.yaml', '--yes'])).exit).toBe(0)
  const late = join(box.folder, 'late-client.pem')
  copyFileSync(at('trust/roots.pem'), late)
  expect(clientSees(late)).toBe(leafNow())

  const early = await box.cli(['cert', 'ca', 'roll', 'svc-a', '--sign'])
  expect(early.exit).toBe(75)
  expect(early.stderr).toContain('fix    secure-endpoint cert ca roll')

  const begun = await box.cli(['cert', 'ca', 'roll', 'svc-a', '--json'])
  expect(begun.exit).toBe(0)
  const first = JSON.parse(begun.stdout).authorities
  const old = first.find((each: { rollover?: object }) => each.rollover)
  expect(old).toMatchObject({ state: 'signs', endpoints: ['svc-a'] })
  expect(first.find((each: { name: string }) => each.name === old.rollover.to).state).toBe('next')
  const client = join(box.folder, 'client.pem')
  copyFileSync(at('trust/roots.pem'), client)
  expect(readFileSync(client, 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
  expect(statSync(at('trust/roots.pem')).mode & 0o777).toBe(0o600)

  // a rotation in between is still signed by the old CA: nobody is left behind
  expect((await box.cli(['rotate', 'svc-a', '--yes'])).exit).toBe(0)
  expect(clientSees(late)).toBe(leafNow())
  const shown = await box.cli(['show', 'svc-a'])
  expect(shown.stdout).toContain('clients are given both roots since')
  expect(shown.stdout).toContain(`secure-endpoint cert ca roll ${old.name} --sign`)

  expect((await box.cli(['cert', 'ca', 'roll', old.name, '--sign'])).exit).toBe(0)
  const refused = await box.cli(['cert', 'ca', 'roll', old.name, '--end'])
  expect(refused.exit).toBe(75)
  expect(refused.stderr).toContain('secure-endpoint rotate svc-a')
  expect((await box.cli(['rotate', 'svc-a', '--yes'])).exit).toBe(0)
  expect(clientSees(client)).toBe(leafNow())
  // the control: a client that never took the new root is the one that would have been lost
  expect(clientSees(late)).toMatch(/UNABLE|SELF_SIGNED/)

  expect((await box.cli(['cert', 'ca', 'roll', old.name, '--end'])).exit).toBe(0)
  expect(readFileSync(at('trust/roots.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(1)
  expect(clientSees(at('trust/roots.pem'))).toBe(leafNow())
  const ended = JSON.parse((await box.cli(['cert', 'ca', '--json'])).stdout).authorities
  expect(ended.map((each: { state: string }) => each.state).sort()).toEqual(['ended', 'signs'])
  const { trust } = JSON.parse((await box.cli(['show', 'svc-a', '--json'])).stdout)
  expect(trust.roots).toHaveLength(1)
  expect(trust.rollover).toBeUndefined()
}, 120_000)

it('a rollover that was begun by mistake is taken back, and the new CA is gone', async () => {
  const issue = ['cert', 'issue', 'svc.test', '--out']
  expect((await box.cli([...issue, 'one'])).exit).toBe(0)
  const [{ name }] = JSON.parse((await box.cli(['cert', 'ca', '--json'])).stdout).authorities
  await box.cli(['cert', 'ca', 'roll', name])
  await box.cli(['cert', 'ca', 'roll', name, '--sign'])
  expect((await box.cli(['cert', 'ca', 'roll', name, '--back'])).exit).toBe(0)
  expect((await box.cli(['cert', 'ca', 'roll', name, '--back'])).exit).toBe(0)
  const { authorities } = JSON.parse((await box.cli(['cert', 'ca', '--json'])).stdout)
  expect(authorities).toMatchObject([{ name, state: 'signs' }])
  expect(authorities[0].rollover).toBeUndefined()
  const again = await box.cli([...issue, 'two', '--json'])
  expect(JSON.parse(again.stdout).authority).toBe(name)
})

it('leaves that were handed out as files hold a rollover open until somebody says that they are replaced', async () => {
  await box.cli(['cert', 'issue', 'svc.test', '--out', 'one'])
  const [{ name }] = JSON.parse((await box.cli(['cert', 'ca', '--json'])).stdout).authorities
  await box.cli(['cert', 'ca', 'roll', name])
  await box.cli(['cert', 'issue', 'svc.test', '--out', 'two'])
  const both = readFileSync(join(box.folder, 'two/roots.pem'), 'utf8')
  expect(both.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
  await box.cli(['cert', 'ca', 'roll', name, '--sign'])
  const held = await box.cli(['cert', 'ca', 'roll', name, '--end'])
  expect(held.exit).toBe(75)
  expect(held.stderr).toContain(join(box.folder, 'one'))
  expect(held.stderr).toContain(join(box.folder, 'two'))
  expect((await box.cli(['cert', 'ca', 'roll', name, '--end', '--yes'])).exit).toBe(0)
  const back = await box.cli(['cert', 'ca', 'roll', name, '--back'])
  expect(back.exit).toBe(75)
  expect(back.stderr).toContain('cert ca list')
})
