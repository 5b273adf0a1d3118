import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCertificate } from '../../src/certificates/certificate.ts'
import * as der from '../../src/certificates/der.ts'
import { extension } from '../../src/certificates/extension-writers.ts'
import { certificateFindings } from '../../src/certificates/findings.ts'
import { judge } from '../../src/certificates/gate.ts'
import { oids } from '../../src/certificates/oids.ts'
import { readUpload } from '../../src/certificates/read.ts'
import { chainLines, labelOf, leafSummary } from '../../src/certificates/summary.ts'
import {
  family,
  type Made,
  make,
  newKey,
  now,
  profile,
  upload,
  type Wish,
} from '../support/certificates.ts'

const { root, issuing, leaf } = family()
const all = leaf.pem + issuing.pem + leaf.keyPem

function look(files: Parameters<typeof upload>[0], passphrase?: string) {
  return judge({ ...upload(files, passphrase), profile: profile(), now, systemRoots: [root.pem] })
}

/** Escapes, control characters, what reorders or hides text, and line breaks. */
const harmful = /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

describe('hostile text in a certificate', () => {
  const evil = '\u001b[2J\u001b]0;pwned\u0007good\u202emoc.live\nO = Trusted\r\u2028x'
  const san = extension(
    oids.subjectAltName,
    der.sequence(
      der.contextPrimitive(2, Buffer.from('a\u001b[31m.example.com', 'latin1')),
      der.contextPrimitive(2, Buffer.from('fraud.ml.example.com\0.evil.example', 'latin1')),
      der.contextPrimitive(6, Buffer.from('https://x/\r\n\u001b[1A', 'latin1')),
    ),
  )
  const wicked = make({ cn: evil, subject: [[oids.organization, 'A, CN=good.example.com']], san })

  test('nothing harmful is in anything that can be shown', () => {
    const judgement = look({ 'c\u001b[2J.pem': wicked.pem, 'k.pem': make().keyPem })
    const { certificate } = wicked
    const shown = JSON.stringify([
      judgement.findings,
      judgement.repairs,
      judgement.diff,
      certificate.subject,
      certificate.issuer,
      certificate.commonName,
      certificate.dnsNames,
      certificate.otherNames,
      labelOf(certificate),
      leafSummary(certificate),
      chainLines([certificate], undefined, now),
    ])
    expect(JSON.parse(shown).flat(9)).not.toHaveLength(0)
    expect(shown).not.toMatch(harmful)
    expect(shown).not.toMatch(/\\u00[0189]|\\[nrbt]|\\u20/)
    expect(labelOf(certificate)).toBe('goodmoc.live O = Trusted x')
  })

  test('a value cannot look like another part of the subject', () => {
    expect(wicked.certificate.subject).toBe(
      'O=A\\, CN\\=good.example.com, CN=goodmoc.live O \\= Trusted x',
    )
  })

  test('a name with a NUL in it covers nothing', () => {
    const judgement = look({ 'c.pem': wicked.pem, 'k.pem': wicked.keyPem })
    expect(judgement.findings.map(({ id }) => id)).toContain('cert.name-missing')
  })

  test('very long names do not fill the screen', () => {
    const long = make({
      cn: 'x'.repeat(60_000),
      names: Array.from({ length: 90 }, (_, at) => `${at}.${'y'.repeat(60)}.com`),
    })
    const judgement = look({ 'c.pem': long.pem, 'k.pem': long.keyPem })
    for (const { title, evidence, subject } of judgement.findings) {
      expect(title.length + evidence.length + subject.length).toBeLessThan(2000)
    }
  })
})

describe('keys and passphrases stay out of what is said', () => {
  const secrets = (key: string) =>
    key.split('\n').filter(line => /^[A-Za-z0-9+/=]{16,}$/.test(line))

  test('in every finding about keys', () => {
    const other = make()
    const passphrase = 'hunter2hunter2'
    const lock = { format: 'pem', cipher: 'aes-256-cbc', passphrase } as const
    const locked = leaf.key.export({ type: 'pkcs8', ...lock }).toString()
    const rsa = newKey('rsa2048')
      .export({ type: 'pkcs1', ...lock })
      .toString()
    const cut = leaf.keyPem.slice(0, 120)
    const broken = leaf.keyPem.replace(/\n(.{20})/, '\n!$1')
    const swapped = leaf.keyPem.replace(/M(.)G/, 'MAG')
    const judgements = [
      look({ 'c.pem': leaf.pem, 'k.pem': other.keyPem }),
      look({ 'c.pem': leaf.pem, 'k.pem': locked }),
      look({ 'c.pem': leaf.pem, 'k.pem': locked }, 'wrong'),
      look({ 'c.pem': leaf.pem, 'k.pem': locked }, passphrase),
      look({ 'c.pem': leaf.pem, 'k.pem': rsa }, passphrase),
      look({ 'c.pem': leaf.pem, 'k.pem': cut }),
      look({ 'c.pem': leaf.pem, 'k.pem': broken }),
      look({ 'c.pem': leaf.pem, 'k.pem': swapped }),
      look({ 'c.pem': leaf.keyPem, 'k.pem': leaf.keyPem }),
      look({ [`${leaf.keyPem.slice(30, 60)}.txt`]: 'no PEM' }),
    ]
    const said = JSON.stringify(
      judgements.map(({ findings, repairs, diff }) => [findings, repairs, diff]),
    )
    expect(said.length).toBeGreaterThan(1000)
    for (const line of [leaf.keyPem, other.keyPem, locked, rsa].flatMap(secrets)) {
      expect(said).not.toContain(line)
      expect(said).not.toContain(line.slice(0, 16))
    }
    expect(said).not.toContain(passphrase)
  })

  test('a judgement as JSON has no key in it, even when it is good', () => {
    const judgement = look({ 'all.pem': all })
    expect(judgement.verdict).toBe('ok')
    const json = JSON.stringify(judgement)
    for (const line of secrets(leaf.keyPem)) expect(json).not.toContain(line)
  })
})

describe('damaged bytes', () => {
  const known = new Set(Object.keys(certificateFindings))
  const look = (bytes: Buffer) => {
    const read = readUpload([{ path: 'all.pem', bytes }], 'x')
    const judgement = judge({ ...read, profile: profile(), now, systemRoots: [root.pem] })
    for (const { id } of judgement.findings) expect(known).toContain(id)
    expect(['ok', 'repaired', 'blocked']).toContain(judgement.verdict)
  }

  test('cut off anywhere', () => {
    fc.assert(
      fc.property(fc.nat(all.length), end => look(Buffer.from(all).subarray(0, end))),
      { numRuns: 200 },
    )
  })

  test('with some characters changed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(all.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 8,
        }),
        changes => {
          const bytes = Buffer.from(all)
          for (const [at, byte] of changes) bytes[at] = byte
          look(bytes)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('with bits flipped inside the DER', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(leaf, issuing, root),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        ({ certificate }, bits) => {
          const bytes = Buffer.from(certificate.der)
          for (const bit of bits) {
            const at = (bit >> 3) % bytes.length
            bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
          }
          const reading = readCertificate(bytes)
          if (reading.ok) {
            const pem = reading.certificate.pem
            look(Buffer.from(pem + issuing.pem + leaf.keyPem))
          } else expect(reading.reason).not.toMatch(harmful)
        },
      ),
      { numRuns: 600 },
    )
  })

  test('with bits flipped inside a locked key', () => {
    const locked = leaf.key.export({
      type: 'pkcs8',
      format: 'der',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    })
    fc.assert(
      fc.property(fc.nat(locked.length * 8 - 1), bit => {
        const bytes = Buffer.from(locked)
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const body = bytes.toString('base64')
        look(
          Buffer.from(
            `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${body}\n-----END ENCRYPTED PRIVATE KEY-----\n`,
          ),
        )
      }),
      { numRuns: 200 },
    )
  })

  test('any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => look(Buffer.from(bytes))),
      { numRuns: 200 },
    )
  })

  describe('a crowd of certificates of one name and key comes to an end', () => {
    const key = newKey()
    const other = newKey()
    const all = (certificates: Made[]) => certificates.map(({ pem }) => pem).join('')
    const judged = (below: Made, above: Made[]) => {
      const files = { 'c.pem': below.pem + all(above), 'k.pem': below.keyPem }
      return judge({ ...upload(files), profile: profile(), now, systemRoots: [] })
    }
    const many = (count: number, wish: Wish) => Array.from({ length: count }, () => make(wish))

    test('all signed by one that is not there', () => {
      const issuer = make({ ca: true, cn: 'Crowd', key })
      const judgement = judged(
        make({ issuer }),
        many(99, { ca: true, cn: 'Crowd', key, issuer: root }),
      )
      expect(judgement.findings.map(({ id }) => id)).toEqual(['cert.intermediate-missing'])
    })

    test('all roots', () => {
      const crowd = many(99, { ca: true, cn: 'Crowd', key })
      expect(judged(make({ issuer: crowd[0] as Made }), crowd).verdict).toBe('repaired')
    })

    test('in a circle', () => {
      const a = make({ ca: true, cn: 'A', key })
      const b = make({ ca: true, cn: 'B', key: other })
      const crowd = [
        ...many(50, { ca: true, cn: 'A', key, issuer: b }),
        ...many(49, { ca: true, cn: 'B', key: other, issuer: a }),
      ]
      const judgement = judged(make({ issuer: a }), crowd)
      expect(judgement.findings.map(({ id }) => id)).toEqual(['cert.too-large'])
      expect(judgement.findings[0]?.evidence).toBe('more than 1,000 signature checks')
      const small = judged(make({ issuer: a }), crowd.slice(48, 52))
      expect(small.findings.map(({ id }) => id)).toEqual(['cert.intermediate-missing'])
    })
  })
})
