import { expect, test } from 'vitest'
import { lifeLeft } from '../../src/certificates/dates.ts'
import { longestLifetime } from '../../src/certificates/lifetime.ts'
import {
  chainLines,
  issuerLabelOf,
  labelOf,
  leafSummary,
  shortFingerprint,
  shortKey,
} from '../../src/certificates/summary.ts'
import { dayMs, family, make, now } from '../support/certificates.ts'

const { root, issuing, leaf } = family()

test('what a record keeps of a leaf', () => {
  const { certificate } = make({ issuer: issuing, names: ['a.example.com', '10.0.0.5'] })
  expect(leafSummary(certificate)).toEqual({
    fingerprint: certificate.x509.fingerprint256,
    subject: 'CN=a.example.com',
    issuer: 'CN=Example Issuing CA 3',
    names: ['a.example.com', '10.0.0.5'],
    keyType: 'ecdsa-p256',
    notBefore: '2026-11-18T09:00:00.000Z',
    notAfter: '2027-02-16T09:00:00.000Z',
  })
})

test('the chain as it is drawn', () => {
  const sent = [leaf.certificate, issuing.certificate]
  expect(chainLines(sent, root.certificate, now)).toEqual([
    {
      ...{ role: 'leaf', depth: 0, label: 'fraud.ml.example.com', sent: true },
      text: '87 of 90 days left, 2027-02-16',
    },
    {
      ...{ role: 'intermediate', depth: 1, label: 'Example Issuing CA 3', sent: true },
      text: 'until 2035-02-07',
    },
    {
      ...{ role: 'root', depth: 2, label: 'Example Root CA', sent: false },
      text: 'until 2035-02-07',
    },
  ])
  expect(chainLines([...sent, root.certificate], root.certificate, now)[2]).toMatchObject({
    sent: true,
  })
  const alone = make().certificate
  expect(chainLines([alone], alone, now)).toHaveLength(1)
})

test('life that is left', () => {
  const left = (ms: number) => lifeLeft(now + ms - 90 * dayMs, now + ms, now)
  expect(left(87 * dayMs)).toBe('87 of 90 days left')
  expect(left(31 * 3_600_000)).toBe('31 h left')
  expect(left(-3 * dayMs)).toBe('expired 3 days ago')
})

test('what a certificate is called', () => {
  expect(labelOf(leaf.certificate)).toBe('fraud.ml.example.com')
  expect(labelOf(root.certificate)).toBe('Example Root CA')
  expect(labelOf(make({ names: ['10.0.0.5'], cn: 'x' }).certificate)).toBe('10.0.0.5')
  expect(labelOf(make({ names: [], cn: 'x' }).certificate)).toBe('x')
  expect(labelOf(make({ names: [], cn: '\u202e' }).certificate)).toMatch(/^CN=$|^serial /)
  expect(issuerLabelOf(leaf.certificate)).toBe('Example Issuing CA 3')
})

test('short fingerprints', () => {
  expect(shortFingerprint('A9:54:4B:6B:00:11')).toBe('A9:54:4B:6B')
  expect(shortKey('6c0b19e4aa')).toBe('6C:0B:19:E4')
})

test('the longest lifetime changes on the days that the ballot names', () => {
  const on = (date: string) => longestLifetime(Date.parse(date))
  expect([on('2026-03-14T23:59:59Z'), on('2026-03-15')]).toEqual([398, 200])
  expect([on('2027-03-14T23:59:59Z'), on('2027-03-15')]).toEqual([200, 100])
  expect([on('2029-03-14T23:59:59Z'), on('2029-03-15')]).toEqual([100, 47])
})
