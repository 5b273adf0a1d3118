import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { check } from '../../src/commands/cert/check.ts'
import type { Io } from '../../src/commands/io.ts'
import type { Finding } from '../../src/findings.ts'
import { now, runTool } from '../support/certificates.ts'
import { chainZoo } from './zoo/chains.ts'
import { fileZoo } from './zoo/files.ts'
import { formZoo } from './zoo/forms.ts'
import { keyZoo } from './zoo/keys.ts'
import { leafZoo } from './zoo/leaves.ts'
import { root, type ZooUpload } from './zoo/uploads.ts'

const zoo = Object.entries({ ...fileZoo, ...formZoo, ...keyZoo, ...leafZoo, ...chainZoo })
const scratch = mkdtempSync(join(tmpdir(), 'se-zoo-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const openssl = runTool('openssl', ['version']).status === 0
const certtool = runTool('certtool', ['--version']).status === 0
const kubectl = runTool('kubectl', ['version', '--client']).status === 0

test('at least 60 uploads differ', () => {
  expect(zoo.length).toBeGreaterThanOrEqual(60)
})

describe.each(zoo)('%s', (name, upload) => {
  const folder = join(scratch, name.replace(/\W+/g, '-'))
  const { verdict, ids, repairs = [], flags = {} } = upload

  test(`${verdict}: ${ids.join(', ') || 'nothing to say'}`, async () => {
    lay(upload, folder)
    const said = await look(upload, folder)
    expect([...new Set(said.findings.map(({ id }) => id))].sort()).toEqual([...ids].sort())
    expect(said.verdict).toBe(verdict)
    expect([...new Set(said.repairs.map(({ kind }) => kind))].sort()).toEqual([...repairs].sort())
    expect(said.exit).toBe(verdict === 'blocked' ? 65 : 0)
    for (const { fix, why, evidence } of said.findings) {
      expect([fix, why, evidence].every(text => text !== '')).toBe(true)
    }
  })

  test('what openssl verify accepts is accepted, or it is said why not', context => {
    if (upload.alone) return context.skip(upload.alone)
    if (!openssl) return context.skip('there is no openssl here')
    if (flags.roots !== undefined || 'roots' in flags || flags.at)
      return context.skip('other roots')
    lay(upload, folder)
    const named = /^[\d.]+$/.test(flags.domain ?? '') ? '-verify_ip' : '-verify_hostname'
    const host = flags.domain?.replace('bücher', 'xn--bcher-kva') ?? 'fraud.ml.example.com'
    const { status } = runTool('openssl', [
      ...['verify', '-attime', String(now / 1000), '-purpose', 'sslserver', named, host],
      ...['-CAfile', join(folder, 'root.txt'), '-untrusted', join(folder, 'c.pem')],
      join(folder, 'c.pem'),
    ])
    // it takes the first certificate of a file for the leaf, and does not look for another
    if (status === 0 && verdict === 'blocked') expect(upload.openssl).toBeTruthy()
    if (status !== 0) expect(upload.openssl).toBeUndefined()
  })

  test('what certtool accepts is accepted, or it is said why not', context => {
    if (upload.alone) return context.skip(upload.alone)
    if (!certtool) return context.skip('there is no certtool here')
    if ('roots' in flags || flags.domain || flags.at) return context.skip('other names or roots')
    lay(upload, folder)
    const { status } = runTool('certtool', [
      // without a purpose it does not look at the extended key usage
      ...['--verify', '--verify-purpose', '1.3.6.1.5.5.7.3.1'],
      ...['--verify-hostname', 'fraud.ml.example.com'],
      ...['--load-ca-certificate', join(folder, 'root.txt'), '--infile', join(folder, 'c.pem')],
    ])
    const reason = upload.openssl ?? upload.certtool
    if (status === 0 && verdict === 'blocked') expect(reason).toBeTruthy()
    if (status !== 0) expect(upload.certtool).toBeUndefined()
  })

  test.runIf(upload.kubectl)(`kubectl create secret tls ${upload.kubectl} it`, context => {
    if (!kubectl) return context.skip('there is no kubectl here')
    lay(upload, folder)
    const { status } = runTool('kubectl', [
      ...['create', 'secret', 'tls', 'x', '--dry-run=client', '-o', 'name'],
      ...['--cert', join(folder, 'c.pem'), '--key', join(folder, 'k.pem')],
    ])
    expect(status === 0 ? 'accepts' : 'refuses').toBe(upload.kubectl)
  })
})

function lay({ files }: ZooUpload, folder: string): void {
  for (const [name, content] of Object.entries({ ...files, 'root.txt': root.pem })) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content, { mode: 0o600 })
  }
}

async function look({ files, flags }: ZooUpload, folder: string) {
  let said = ''
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      said += chunk
      done()
    },
  })
  const world = { cwd: folder, env: {}, clock: { now: () => now } }
  const options = { domain: 'fraud.ml.example.com', roots: 'root.txt', ...flags, json: true }
  const named = ['c.pem', ...('k.pem' in files ? ['k.pem'] : [])]
  const exit = await check(named, options, { world, stdout, meet: 'none' } as unknown as Io)
  const parsed: { verdict: string; findings: Finding[]; repairs: { kind: string }[] } =
    JSON.parse(said)
  return { exit, ...parsed }
}
