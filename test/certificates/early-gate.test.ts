import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startInterview } from '../../src/answers/interview.ts'
import type { Draft } from '../../src/answers/question.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import * as der from '../../src/certificates/der.ts'
import { extension } from '../../src/certificates/extension-writers.ts'
import { oids } from '../../src/certificates/oids.ts'
import { gateEarly } from '../../src/commands/early-gate.ts'
import type { Io } from '../../src/commands/io.ts'
import type { Front } from '../../src/front/front.ts'
import type { AddressKind } from '../../src/net/address-kind.ts'
import { createOffers } from '../../src/net/offers.ts'
import { targets } from '../../src/targets/index.ts'
import { family, make, now } from '../support/certificates.ts'
import { toolFolder } from '../support/tool-folder.ts'

const { root, issuing, leaf } = family()
const lock = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' } as const
const tools = toolFolder({
  'chain.pem': leaf.pem + issuing.pem,
  'locked.pem': leaf.key.export(lock),
  'other.pem': make().keyPem,
  'key.pem': leaf.keyPem,
  'roots.pem': root.pem,
})
const questions = questionsFor(targets)

let offered: Buffer | undefined
const fetched: string[] = []
const authority = createServer(({ url = '' }, response) => {
  fetched.push(url)
  response.writeHead(offered ? 200 : 404).end(offered)
})
/** A leaf that says where its issuer's certificate lies, alone in `alone/`. */
const alone = make({ issuer: issuing })
const other = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root })
beforeAll(async () => {
  await new Promise<void>(resolve => authority.listen(0, '127.0.0.1', resolve))
  const { port } = authority.address() as AddressInfo
  const url = der.contextPrimitive(6, Buffer.from(`http://127.0.0.1:${port}/ca.der`))
  const access = der.sequence(der.sequence(der.oid(oids.caIssuers), url))
  const more = [extension(oids.authorityInfo, access)]
  mkdirSync(join(tools.folder, 'alone'))
  tools.write('alone/leaf.pem', make({ issuer: issuing, key: alone.key, more }).pem)
  writeFileSync(join(tools.folder, 'alone', 'key.pem'), alone.keyPem, { mode: 0o600 })
})
afterAll(() => authority.close())

/** What a person who answers so would be asked, and where that leads. */
interface Says {
  passphrases?: string[]
  choice?: string
  gate?: string
  chain?: string
  /** Where the authority's address is said to lie. */
  at?: AddressKind
  rehearses?: boolean
}

async function meet(key: string, says: Says) {
  const asked: string[] = []
  const passphrases = [...(says.passphrases ?? [])]
  const front = {
    async passphrase(file: string, wrong: string | undefined) {
      asked.push(`passphrase ${file}${wrong ? ' again' : ''}`)
      return passphrases.shift()
    },
    async choose(title: string) {
      asked.push(title)
      return says.choice
    },
    async gate(judgement: { findings: { id: string }[] }) {
      asked.push(judgement.findings.map(({ id }) => id).join())
      return says.gate ?? 'leave'
    },
  } as unknown as Front
  const given = (value: string) => ({ value, from: 'answer' }) as const
  const draft: Draft = {
    domain: given('fraud.ml.example.com'),
    'certificate.source': given('uploaded'),
    'certificate.chain': given(says.chain ?? 'chain.pem'),
    'certificate.key': given(key),
    'certificate.roots': given('roots.pem'),
  }
  const offered = createOffers({ kindOf: () => says.at ?? 'public' })
  const io = { world: { clock: { now: () => now }, env: {}, offered } } as unknown as Io
  const secrets: { passphrase?: string } = {}
  const ended = await gateEarly(front, startInterview(draft, questions), {
    ...{ questions, folder: tools.folder, io, secrets, rehearses: says.rehearses === true },
  })
  return { asked, ended, secrets }
}

const values = (ended: Awaited<ReturnType<typeof meet>>['ended'], id: string) =>
  ended === 'leave' ? undefined : ended.interview.draft[id]?.value

describe('the wizard and a locked key', () => {
  test('asks for the passphrase until it is right, then whether the key may go in open', async () => {
    const { asked, ended, secrets } = await meet('locked.pem', {
      ...{ passphrases: ['wrong', 'right'], choice: 'unlock' },
    })
    expect(asked).toEqual([
      'passphrase locked.pem',
      'passphrase locked.pem again',
      'locked.pem opens with its passphrase. Shall a copy without it go in?',
    ])
    expect(ended).toMatchObject({ next: 'on' })
    expect(values(ended, 'certificate.repair')).toEqual(['unlock'])
    expect(secrets).toEqual({ passphrase: 'right' })
    expect(JSON.stringify(ended)).not.toContain('right"')
  })

  test('without agreement the files can be changed, or the command left', async () => {
    const { asked, ended } = await meet('locked.pem', {
      ...{ passphrases: ['right'], choice: 'other', gate: 'leave' },
    })
    expect(asked.at(-1)).toContain('cert.key-unlock')
    expect(ended).toBe('leave')
  })

  test('a key near by that is taken instead is kept in the answers', async () => {
    const { asked, ended } = await meet('other.pem', { gate: 'take:key.pem' })
    expect(asked).toHaveLength(1)
    expect(ended).toMatchObject({ next: 'on' })
    expect(values(ended, 'certificate.key')).toBe('key.pem')
  })
})

describe('the wizard and a missing intermediate', () => {
  const chain = 'alone/leaf.pem'
  const question = expect.stringMatching(
    /is missing\. Shall it be fetched from its authority, 127\.0\.0\.1:\d+\?$/,
  )

  test('fetches it only after it has asked, and keeps the agreement in the answers', async () => {
    offered = issuing.certificate.der
    fetched.length = 0
    const met = await meet('alone/key.pem', { chain, choice: 'fetch' })
    expect(met.asked).toEqual([question])
    expect(met.ended).toMatchObject({ next: 'on' })
    expect(values(met.ended, 'certificate.repair')).toEqual(['intermediate'])
    expect(fetched).toEqual(['/ca.der'])
  })

  test('asks no address without agreement', async () => {
    fetched.length = 0
    const met = await meet('alone/key.pem', { chain, choice: 'other' })
    expect(met.asked).toEqual([question, 'cert.intermediate-missing'])
    expect(met.ended).toBe('leave')
    expect(fetched).toEqual([])
  })

  test('asks again where the authority is of a private network', async () => {
    offered = issuing.certificate.der
    fetched.length = 0
    const met = await meet('alone/key.pem', { chain, choice: 'fetch', at: 'private' })
    expect(met.asked).toEqual([
      question,
      expect.stringMatching(
        /has an address of a private network\. Is it the authority of your own/,
      ),
    ])
    expect(values(met.ended, 'certificate.repair')).toEqual(['intermediate', 'private-network'])
    expect(fetched).toEqual(['/ca.der'])
  })

  test('is not asked for from this machine', async () => {
    fetched.length = 0
    const met = await meet('alone/key.pem', { chain, choice: 'fetch', at: 'inner' })
    expect(met.asked).toEqual([question, 'cert.intermediate-missing'])
    expect(fetched).toEqual([])
  })

  test('is not fetched in a rehearsal', async () => {
    fetched.length = 0
    const met = await meet('alone/key.pem', { chain, choice: 'fetch', rehearses: true })
    expect(met.asked).toEqual(['cert.intermediate-missing'])
    expect(fetched).toEqual([])
  })

  test('asks once: an authority that offers nothing of use leads to the usual choice', async () => {
    offered = other.certificate.der
    const met = await meet('alone/key.pem', { chain, choice: 'fetch' })
    expect(met.asked).toEqual([question, 'cert.intermediate-missing'])
    offered = undefined
    const gone = await meet('alone/key.pem', { chain, choice: 'fetch' })
    expect(gone.asked).toEqual([question, 'cert.intermediate-missing'])
  })
})
