import { describe, expect, test } from 'vitest'
import { judge } from '../../src/certificates/gate.ts'
import type { JudgeInput } from '../../src/certificates/judgement.ts'
import { readUpload } from '../../src/certificates/read.ts'
import { repairKinds, repairOf } from '../../src/certificates/repair-kinds.ts'
import { family, make, now, profile, upload } from '../support/certificates.ts'

const { root, issuing, leaf } = family()

function look(files: Record<string, string | Buffer>, more: Partial<JudgeInput> = {}) {
  return judge({ ...upload(files), profile: profile(), now, systemRoots: [root.pem], ...more })
}

const key = { 'key.pem': leaf.keyPem }
const names = (judgement: ReturnType<typeof judge>) =>
  judgement.chain.map(({ commonName }) => commonName)

test('the diff says what goes in and where it was', () => {
  const text = 'Bag Attributes\n  friendlyName: fraud\n\n'
  const file = text + issuing.pem + leaf.pem + root.pem
  const judgement = look({ 'fullchain.pem': file, ...key })
  expect(judgement.verdict).toBe('repaired')
  expect(judgement.diff).toEqual([
    {
      ...{ sign: '+', subject: 'fraud.ml.example.com', goes: 1, was: 2, file: 'fullchain.pem' },
      ...{ text: 'put first', id: 'cert.order' },
    },
    { sign: ' ', subject: 'Example Issuing CA 3', goes: 2, was: 1, file: 'fullchain.pem' },
    {
      ...{ sign: '-', subject: 'Example Root CA', was: 3, file: 'fullchain.pem' },
      ...{ text: 'left out: not needed', id: 'cert.root-sent' },
    },
    {
      ...{ sign: '-', subject: '2 lines of other text', file: 'fullchain.pem' },
      ...{ text: 'left out: not PEM', id: 'cert.text-around' },
    },
  ])
  expect(judgement.repairs.map(({ kind }) => kind)).toEqual(['order', 'root', 'text-around'])
  expect(judgement.findings.map(({ id, severity }) => [id, severity])).toEqual([
    ['cert.order', 'notes'],
    ['cert.root-sent', 'notes'],
    ['cert.text-around', 'notes'],
  ])
  expect(names(judgement)).toEqual(['fraud.ml.example.com', 'Example Issuing CA 3'])
})

describe('cert.order', () => {
  test('however many certificates move, it is one repair', () => {
    const upper = make({ ca: true, cn: 'Upper', issuer: root })
    const lower = make({ ca: true, cn: 'Lower', issuer: upper })
    const below = make({ issuer: lower })
    const files = { 'c.pem': upper.pem + lower.pem + below.pem, 'k.pem': below.keyPem }
    const judgement = look(files)
    expect(judgement.repairs).toMatchObject([{ id: 'cert.order', text: 'put first' }])
    expect(judgement.diff.map(({ sign }) => sign)).toEqual(['+', '+', ' '])
    expect(names(judgement)).toEqual(['fraud.ml.example.com', 'Lower', 'Upper'])
  })

  test('a chain that is spread over files is joined, not reordered', () => {
    const judgement = look({ 'a-chain.pem': issuing.pem, 'cert.pem': leaf.pem, ...key })
    expect(judgement.verdict).toBe('ok')
    expect(names(judgement)).toEqual(['fraud.ml.example.com', 'Example Issuing CA 3'])
  })
})

test('cert.duplicate: in one file and over two, but not what only looks the same', () => {
  const twice = look({ 'c.pem': leaf.pem + leaf.pem + issuing.pem, ...key })
  expect(twice.repairs).toMatchObject([{ id: 'cert.duplicate', file: 'c.pem' }])
  expect(twice.diff.find(({ sign }) => sign === '-')).toMatchObject({ was: 2 })
  const files = look({ 'cert.pem': leaf.pem, 'fullchain.pem': leaf.pem + issuing.pem, ...key })
  expect(files.repairs).toMatchObject([{ id: 'cert.duplicate', file: 'cert.pem' }])
  const again = make({ issuer: issuing, key: leaf.key })
  const renewed = look({ 'c.pem': leaf.pem + again.pem + issuing.pem, ...key })
  expect(renewed.repairs.map(({ id }) => id)).toEqual(['cert.stranger'])
})

test('cert.stranger: a certificate of another chain, but none of this one', () => {
  const other = make({ names: ['other.example.com'] })
  const judgement = look({ 'c.pem': other.pem + leaf.pem + issuing.pem, ...key })
  expect(judgement.repairs).toMatchObject([
    { id: 'cert.stranger', subject: 'other.example.com', text: 'left out: not of this chain' },
  ])
  expect(look({ 'c.pem': leaf.pem + issuing.pem, ...key }).repairs).toEqual([])
})

test('cert.root-sent: not where the root is needed', () => {
  const files = { 'c.pem': leaf.pem + issuing.pem + root.pem, ...key }
  expect(look(files).repairs).toMatchObject([{ id: 'cert.root-sent', kind: 'root' }])
  expect(look(files, { profile: profile({ root: 'needed' }) }).repairs).toEqual([])
})

test('cert.root-sent: another edition of the root is the root, too', () => {
  const edition = make({ ca: true, cn: 'Example Root CA', key: root.key, to: 4000 })
  const judgement = look({ 'c.pem': leaf.pem + issuing.pem + edition.pem, ...key })
  expect(judgement.repairs.map(({ id }) => id)).toEqual(['cert.root-sent'])
})

test('cert.text-around: text in the chain file, but not blank lines or text in the key file', () => {
  const blank = look({ 'c.pem': `\r\n${leaf.pem}\n \n${issuing.pem}`, ...key })
  expect(blank.verdict).toBe('ok')
  const inKey = look({ 'c.pem': leaf.pem + issuing.pem, 'k.pem': `# mine\n${leaf.keyPem}` })
  expect(inKey.verdict).toBe('ok')
  const one = look({ 'c.pem': `# chain\n${leaf.pem}${issuing.pem}`, ...key })
  expect(one.repairs).toMatchObject([{ id: 'cert.text-around', subject: '1 line of other text' }])
})

describe('cert.format and cert.encoding', () => {
  const ids = (files: Record<string, string | Buffer>) => look(files).repairs.map(({ id }) => id)
  const der = { 'c.der': leaf.certificate.der, 'i.pem': issuing.pem, ...key }

  test('DER goes in as PEM', () => {
    const judgement = look(der)
    expect(judgement.verdict).toBe('repaired')
    expect(judgement.diff.at(-1)).toEqual({
      ...{ sign: '-', subject: 'DER', file: 'c.der', text: 'goes in as PEM', id: 'cert.format' },
    })
    expect(judgement.chain[0]?.pem).toBe(leaf.pem)
  })

  test('a key in DER, too, but not a file that is not used', () => {
    const keyDer = leaf.key.export({ type: 'pkcs8', format: 'der' })
    expect(ids({ 'c.pem': leaf.pem + issuing.pem, 'k.der': keyDer })).toEqual(['cert.format'])
    const other = make().key.export({ type: 'pkcs8', format: 'der' })
    expect(ids({ 'c.pem': leaf.pem + issuing.pem, ...key, 'k.der': other })).toEqual([])
  })

  test('a byte order mark and UTF-16 go, CRLF stays as good as it is', () => {
    const text = leaf.pem + issuing.pem
    expect(ids({ 'c.pem': `\ufeff${text}`, ...key })).toEqual(['cert.encoding'])
    const wide = Buffer.from(`\ufeff${text}`, 'utf16le')
    expect(ids({ 'c.pem': wide, ...key })).toEqual(['cert.encoding'])
    expect(ids({ 'c.pem': text.replaceAll('\n', '\r\n'), ...key })).toEqual([])
  })
})

describe('cert.passed-over', () => {
  const other = make({ names: ['other.example.com'], issuer: issuing })

  test('another key is named, the same key twice is not', () => {
    const chain = { 'c.pem': leaf.pem + issuing.pem }
    const judgement = look({ ...chain, 'k.pem': other.keyPem + leaf.keyPem })
    expect(judgement.openKey?.().equals(leaf.key)).toBe(true)
    expect(judgement.findings).toMatchObject([{ id: 'cert.passed-over', severity: 'notes' }])
    expect(judgement.findings[0]?.evidence).toMatch(/not key [0-9A-F:]{11} in k\.pem$/)
    expect(look({ ...chain, 'k.pem': leaf.keyPem + leaf.keyPem }).findings).toEqual([])
  })

  test('in a folder the leaf that fits is taken; what is left is named, not repaired', () => {
    const aside = (path: string, content: string) =>
      ({ path, bytes: Buffer.from(content), aside: true }) as const
    const files = [
      aside('d/cert.pem', leaf.pem),
      aside('d/fullchain.pem', leaf.pem + issuing.pem),
      aside('d/other.pem', other.pem),
      aside('d/privkey.pem', leaf.keyPem),
      aside('d/README', 'read me'),
    ]
    const judgement = judge({
      ...readUpload(files),
      ...{ profile: profile(), now, systemRoots: [root.pem] },
    })
    expect(judgement).toMatchObject({ verdict: 'ok', repairs: [] })
    expect(judgement.findings.map(({ id }) => id)).toEqual(['cert.passed-over'])
    expect(judgement.findings[0]?.evidence).toContain('not other.example.com until 2027-02-16')
  })
})

test('every finding that is a repair has one kind, and the kind names it', () => {
  for (const [kind, { findings }] of Object.entries(repairKinds)) {
    for (const id of findings) expect(repairOf(id)).toBe(kind)
  }
})

test('what blocks has no repairs and no chain', () => {
  const files = { 'c.pem': issuing.pem + leaf.pem, 'k.pem': make().keyPem }
  const judgement = look(files)
  expect(judgement).toMatchObject({ verdict: 'blocked', repairs: [], diff: [], chain: [] })
  expect(judgement.findings.map(({ id }) => id)).toEqual(['cert.key-mismatch'])
  expect(judgement.openKey).toBeUndefined()
})
