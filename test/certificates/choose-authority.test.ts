import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readAuthorities } from '../../src/certificates/authority.ts'
import {
  chooseAuthority,
  makeAuthority,
  type Signing,
} from '../../src/certificates/choose-authority.ts'
import { keyTypeProblem } from '../../src/certificates/key-choice.ts'
import {
  readRollover,
  stateOfAuthority,
  successorOf,
  trustedBeside,
  writeRollover,
} from '../../src/certificates/rollover.ts'
import { Problem } from '../../src/errors.ts'
import { dayMs, now, profile } from '../support/certificates.ts'

let state = ''
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'choose-'))
})
afterEach(() => rm(state, { recursive: true }))

function wish(more: Partial<Signing> = {}): Signing {
  return {
    stateFolder: state,
    names: ['fraud.ml.example.com'],
    keyType: 'ecdsa-p256',
    days: 90,
    now,
    random: randomBytes,
    ...more,
  }
}

const idOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Problem ? error.findings[0]?.id : String(error)),
  )

describe('the CA that signs', () => {
  test('is made once, and used again for what it may vouch for', async () => {
    const first = await chooseAuthority(wish())
    expect(first.made).toBe(true)
    const below = await chooseAuthority(wish({ names: ['*.fraud.ml.example.com'] }))
    expect(below).toMatchObject({ made: false, authority: { name: first.authority.name } })
    const other = await chooseAuthority(wish({ names: ['search.ml.example.com'] }))
    expect(other.made).toBe(true)
    expect(other.authority.certificate).toMatchObject({
      pathLength: 0,
      nameConstraints: { critical: true, permittedDns: ['search.ml.example.com'] },
    })
  })

  test('stays the one that clients of the endpoint trust, though another lives longer', async () => {
    const trusted = await makeAuthority(wish())
    const longer = await makeAuthority(wish({ now: now + 5 * dayMs }))
    const at = { now: now + 6 * dayMs }
    expect((await chooseAuthority(wish(at))).authority.name).toBe(longer.name)
    const kept = await chooseAuthority(wish({ ...at, prefer: trusted.name }))
    expect(kept.authority.name).toBe(trusted.name)
    expect((await chooseAuthority(wish({ ...at, prefer: 'gone' }))).authority.name).toBe(
      longer.name,
    )
  })

  test('has a key that trust stores take, whatever the leaf has', async () => {
    const { certificate } = (await chooseAuthority(wish({ keyType: 'ed25519' }))).authority
    expect(certificate.keyType).toBe('ecdsa-p256')
    const large = await makeAuthority(wish({ keyType: 'ecdsa-p384', names: ['a.example.com'] }))
    expect(large.certificate.keyType).toBe('ecdsa-p384')
  })

  test('is locked by the passphrase that it was made with', async () => {
    const { authority } = await chooseAuthority(wish({ passphrase: 'a long one' }))
    const key = readFileSync(join(state, 'authorities', authority.name, 'ca-key.pem'), 'utf8')
    expect(key).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
    expect((await readAuthorities(state))[0]?.locked).toBe(true)
    expect(await idOf(chooseAuthority(wish()))).toBe('cert.authority-locked')
    expect(await idOf(chooseAuthority(wish({ passphrase: 'x' })))).toBe('cert.authority-passphrase')
    const again = await chooseAuthority(wish({ passphrase: 'a long one' }))
    expect(again.authority.key.equals(authority.key)).toBe(true)
  })
})

describe('a rollover', () => {
  const entry = (name: string, to?: string, stage: 'both' | 'new-signs' | 'ended' = 'both') => ({
    name,
    ...(to
      ? { rollover: { schema: 'secure-endpoint/rollover@1' as const, to, stage, since: {} } }
      : {}),
  })

  test('gives each CA its part at each stage', () => {
    const at = (stage: 'both' | 'new-signs' | 'ended') => {
      const all = [entry('old', 'new', stage), entry('new'), entry('other')]
      return [
        all.map(each => stateOfAuthority(each, all)).join(' '),
        trustedBeside('new', all)
          .map(({ name }) => name)
          .join(),
        trustedBeside('old', all)
          .map(({ name }) => name)
          .join(),
        successorOf('old', all),
      ]
    }
    expect(at('both')).toEqual(['signs next signs', 'old', 'new', 'old'])
    expect(at('new-signs')).toEqual(['old signs signs', 'old', 'new', 'new'])
    expect(at('ended')).toEqual(['ended signs signs', '', '', 'new'])
    expect(trustedBeside('other', [entry('old', 'new'), entry('other')])).toEqual([])
  })

  test('of three that follow each other trusts all that overlap', () => {
    const all = [entry('a', 'b', 'new-signs'), entry('b', 'c'), entry('c')]
    expect(trustedBeside('b', all).map(({ name }) => name)).toEqual(['a', 'c'])
    expect(successorOf('a', all)).toBe('b')
    const ring = [entry('a', 'b', 'ended'), entry('b', 'a', 'ended')]
    expect(successorOf('a', ring)).toBe('a')
  })

  test('decides who signs, and both are in what clients are given', async () => {
    const old = await makeAuthority(wish())
    const next = await makeAuthority(wish({ now: now + 1000 }))
    const later = now + dayMs
    const chosen = async () => {
      const { authority, roots } = await chooseAuthority(wish({ now: later, prefer: old.name }))
      return [authority.name, roots.map(({ fingerprint }) => fingerprint)]
    }
    const both = [old.certificate.fingerprint, next.certificate.fingerprint]
    await writeRollover(state, old.name, { to: next.name, stage: 'both' }, now)
    expect(await chosen()).toEqual([old.name, both])
    const begun = await readRollover(state, old.name)
    if (!begun) throw new Error('no rollover')
    await writeRollover(state, old.name, { ...begun, stage: 'new-signs' }, later)
    expect(await chosen()).toEqual([next.name, [...both].reverse()])
    expect((await readRollover(state, old.name))?.since).toEqual({
      both: new Date(now).toISOString(),
      'new-signs': new Date(later).toISOString(),
    })
    await writeRollover(state, old.name, { ...begun, stage: 'ended' }, later)
    expect(await chosen()).toEqual([next.name, [next.certificate.fingerprint]])
  })

  test('lets the next one sign early only where the old one would not live long enough', async () => {
    const old = await makeAuthority(wish())
    const next = await makeAuthority(wish({ now: now + 400 * dayMs }))
    await writeRollover(state, old.name, { to: next.name, stage: 'both' }, now)
    const nearTheEnd = now + 3600 * dayMs
    const { authority, made, roots } = await chooseAuthority(wish({ now: nearTheEnd }))
    expect([authority.name, made, roots.length]).toEqual([next.name, false, 2])
  })
})

test('a key type that the target does not take is refused with what it takes', () => {
  const takes = profile({ keys: ['rsa', 'ecdsa-p256'] })
  expect(keyTypeProblem(takes, 'ecdsa-p256')).toBeUndefined()
  const refused = keyTypeProblem(takes, 'ed25519')
  expect(refused?.exit).toBe(65)
  expect(refused?.findings[0]).toMatchObject({
    id: 'cert.key-type-target',
    evidence: 'it takes ecdsa-p256, rsa-2048, rsa-3072, rsa-4096',
  })
})
