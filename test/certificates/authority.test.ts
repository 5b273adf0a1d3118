import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  keepAuthority,
  listAuthorities,
  readAuthorities,
  readAuthority,
  readableAuthorities,
} from '../../src/certificates/authority.ts'
import { findAuthority } from '../../src/certificates/choose-authority.ts'
import { issueAuthority } from '../../src/certificates/issue.ts'
import { Problem } from '../../src/errors.ts'
import { dayMs, now } from '../support/certificates.ts'

let state = ''
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'authority-'))
})
afterEach(() => rm(state, { recursive: true }))

const around = { now, random: randomBytes }
const until = now + 90 * dayMs

async function keep(names: string[], days = 90) {
  const pair = await issueAuthority({ names, keyType: 'ecdsa-p256', days, ...around })
  return keepAuthority(state, pair, names, around)
}

test('keeps a CA so that it can be read again, for the user alone', async () => {
  const kept = await keep(['fraud.ml.example.com'])
  const hex = kept.certificate.fingerprint.slice(0, 11).replaceAll(':', '').toLowerCase()
  expect(kept.name).toBe(`fraud.ml.example.com-${hex}`)
  const folder = join(state, 'authorities', kept.name)
  expect((await readdir(folder)).sort()).toEqual(['ca-key.pem', 'ca.pem', 'meta.json'])
  for (const file of await readdir(folder)) {
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
  }
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect(JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8'))).toEqual({
    schema: 'secure-endpoint/authority@1',
    name: kept.name,
    made: '2026-11-21T09:00:00.000Z',
    names: ['fraud.ml.example.com'],
    fingerprint: kept.certificate.fingerprint,
    notAfter: new Date(kept.certificate.notAfter).toISOString(),
  })
  const read = await readAuthority(state, kept.name)
  expect(read?.key.equals(kept.key)).toBe(true)
  expect(await listAuthorities(state)).toEqual([kept.name])
})

test('finds one whose constraints cover all names', async () => {
  expect(await findAuthority(state, ['fraud.ml.example.com'], now, until)).toBeUndefined()
  const kept = await keep(['fraud.ml.example.com', '10.0.0.5'])
  const found = async (...names: string[]) => (await findAuthority(state, names, now, until))?.name
  expect(await found('fraud.ml.example.com')).toBe(kept.name)
  expect(await found('a.fraud.ml.example.com', '10.0.0.5')).toBe(kept.name)
  expect(await found('*.fraud.ml.example.com')).toBe(kept.name)
  expect(await found('fraud.ml.example.com', 'other.example.com')).toBeUndefined()
  expect(await found('10.0.0.6')).toBeUndefined()
  expect(await found()).toBeUndefined()
})

test('finds none that ends before the leaf or is not valid yet, and of two the longer one', async () => {
  const names = ['fraud.ml.example.com']
  const one = await keep(names)
  const end = one.certificate.notAfter
  expect((await findAuthority(state, names, now, end))?.name).toBe(one.name)
  expect(await findAuthority(state, names, now, end + 1)).toBeUndefined()
  expect(await findAuthority(state, names, now - 2 * dayMs, until)).toBeUndefined()
  const longer = await keep(names, 5000)
  expect((await findAuthority(state, names, now, until))?.name).toBe(longer.name)
})

test('is never written over', async () => {
  const kept = await keep(['fraud.ml.example.com'])
  const path = join(state, 'authorities', kept.name, 'meta.json')
  const before = await readFile(path, 'utf8')
  const again = await keepAuthority(state, kept, ['other.example.com'], around)
  expect(again.name).toMatch(/^other\.example\.com-/)
  const same = await keepAuthority(state, kept, ['fraud.ml.example.com'], {
    ...around,
    now: now + 1,
  })
  expect(same.name).toBe(kept.name)
  expect(await readFile(path, 'utf8')).toBe(before)
  expect((await readdir(join(state, 'authorities'))).filter(name => name.startsWith('.'))).toEqual(
    [],
  )
})

test('one that is damaged is said to be, without anything of its key', async () => {
  const one = await keep(['fraud.ml.example.com'])
  const other = await keep(['other.example.com'])
  const keyOf = (name: string) => join(state, 'authorities', name, 'ca-key.pem')
  const key = await readFile(keyOf(other.name), 'utf8')
  for (const content of [key, 'rubbish', '']) {
    await writeFile(keyOf(one.name), content)
    const problem = await readAuthority(state, one.name).catch((error: unknown) => error)
    expect(problem).toBeInstanceOf(Problem)
    expect((problem as Problem).findings[0]).toMatchObject({ id: 'cert.authority-damaged' })
    expect(JSON.stringify((problem as Problem).findings)).not.toContain(key.split('\n')[1])
  }
  await rm(keyOf(one.name))
  await expect(findAuthority(state, ['fraud.ml.example.com'], now, until)).rejects.toThrow(Problem)
})

test('one that is damaged is passed over where another endpoint is looked at', async () => {
  const one = await keep(['fraud.ml.example.com'])
  const other = await keep(['other.example.com'])
  await writeFile(join(state, 'authorities', one.name, 'ca.pem'), 'rubbish')
  await expect(readAuthorities(state)).rejects.toThrow(Problem)
  expect((await readableAuthorities(state)).map(({ name }) => name)).toEqual([other.name])
})

test('one that a newer version wrote is refused by name', async () => {
  const kept = await keep(['fraud.ml.example.com'])
  const path = join(state, 'authorities', kept.name, 'meta.json')
  await writeFile(path, (await readFile(path, 'utf8')).replace('authority@1', 'authority@2'))
  await expect(findAuthority(state, kept.certificate.dnsNames, now, until)).rejects.toThrow(/newer/)
})

test('a half written folder is no authority', async () => {
  const kept = await keep(['fraud.ml.example.com'])
  await rm(join(state, 'authorities', kept.name, 'meta.json'))
  expect(await findAuthority(state, ['fraud.ml.example.com'], now, until)).toBeUndefined()
})

test('a name with signs that no folder should have gives a plain folder name', async () => {
  const kept = await keep(['*.example.com'])
  expect(kept.name).toMatch(/^example\.com-[0-9a-f]{8}$/)
  const address = await keep(['2001:db8::17'])
  expect(address.name).toMatch(/^2001-db8-17-[0-9a-f]{8}$/)
})
