import { describe, expect, test } from 'vitest'
import { constraintsFor, permits } from '../../src/certificates/constraints.ts'
import { coverageOf } from '../../src/certificates/coverage.ts'
import { ipBytes, ipText } from '../../src/certificates/ip.ts'
import { parseName } from '../../src/certificates/name.ts'
import { toName } from '../support/certificates.ts'

const held = (dnsNames: string[], ipAddresses: string[] = [], commonName?: string) => ({
  dnsNames,
  ipAddresses,
  ...(commonName ? { commonName } : {}),
})

describe('a name', () => {
  const cases: [string, string | undefined][] = [
    ['Fraud.ML.example.com', 'fraud.ml.example.com'],
    ['fraud.ml.example.com.', 'fraud.ml.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['*.bücher.example', '*.xn--bcher-kva.example'],
    ['_sip.example.com', '_sip.example.com'],
    ['localhost', 'localhost'],
    ['10.0.0.5', '10.0.0.5'],
    ['[2001:DB8:0:0:0:0:0:17]', '2001:db8::17'],
    ['::ffff:10.0.0.5', '::ffff:10.0.0.5'],
    ['fe80::1%eth0', 'fe80::1'],
    ['', undefined],
    ['a..b', undefined],
    ['-a.example', undefined],
    ['a b.example', undefined],
    ['a%41.example', undefined],
    ['1.2.3', undefined],
    ['１.2.3.4', undefined],
    ['10.0.0.500', undefined],
    ['a.*.example', undefined],
    ['x'.repeat(64), undefined],
    [`${'a.'.repeat(130)}b`, undefined],
    ['https://a.example', undefined],
  ]
  for (const [text, read] of cases) {
    test(`${text.slice(0, 40) || 'nothing'} is ${read ?? 'none'}`, () => {
      expect(parseName(text)?.text).toBe(read)
    })
  }

  test('addresses are the same bytes in all their forms', () => {
    for (const form of ['::1', '0:0:0:0:0:0:0:1', '0000::0001', '::0.0.0.1']) {
      expect(ipBytes(form)).toEqual(Buffer.from([...Array(15).fill(0), 1]))
    }
    expect(ipText(Buffer.alloc(16))).toBe('::')
    expect(ipText(Buffer.alloc(5))).toBeUndefined()
  })
})

describe('coverage', () => {
  const cases: [wanted: string, names: string[], by: string | undefined][] = [
    ['fraud.ml.example.com', ['fraud.ml.example.com'], 'fraud.ml.example.com'],
    ['FRAUD.ml.example.com.', ['fraud.ml.example.com'], 'fraud.ml.example.com'],
    ['fraud.ml.example.com', ['*.ml.example.com'], '*.ml.example.com'],
    ['fraud.ml.example.com', ['*.example.com'], undefined],
    ['ml.example.com', ['*.ml.example.com'], undefined],
    ['a.com', ['*.com'], undefined],
    ['fraud.example.com', ['f*.example.com'], undefined],
    ['a.b.example.com', ['*.*.example.com'], undefined],
    ['fraud.example.com', ['*'], undefined],
    ['bücher.example', ['xn--bcher-kva.example'], 'xn--bcher-kva.example'],
    ['bücher.example', ['*.example'], undefined],
    ['*.ns.svc.cluster.local', ['*.ns.svc.cluster.local'], '*.ns.svc.cluster.local'],
    ['*.ns.svc.cluster.local', ['a.ns.svc.cluster.local'], undefined],
    ['*.ns.svc.cluster.local', ['*.svc.cluster.local'], undefined],
  ]
  for (const [wanted, names, by] of cases) {
    test(`${wanted} by ${names.join()}: ${by ?? 'no'}`, () => {
      const coverage = coverageOf(held(names), wanted)
      expect(coverage.covered ? coverage.by : undefined).toBe(by)
    })
  }

  test('addresses are compared as addresses, never as names', () => {
    expect(coverageOf(held([], ['2001:db8::17']), '[2001:db8:0::17]')).toMatchObject({
      covered: true,
    })
    expect(coverageOf(held([], ['10.0.0.5']), '10.0.0.5')).toMatchObject({ covered: true })
    expect(coverageOf(held([], ['10.0.0.5']), '10.0.0.6')).toMatchObject({ covered: false })
    expect(coverageOf(held([], ['10.0.0.5']), '::ffff:10.0.0.5')).toMatchObject({ covered: false })
    expect(coverageOf(held(['*.0.0.5'], []), '10.0.0.5')).toMatchObject({ covered: false })
  })

  test('says what was nearly right', () => {
    const hint = (names: string[], wanted: string, ips: string[] = []) => {
      const coverage = coverageOf(held(names, ips), wanted)
      return coverage.covered ? undefined : coverage.hint
    }
    expect(hint(['10.0.0.5'], '10.0.0.5')).toMatch(/stands there as a DNS name/)
    expect(hint(['*.example.com'], 'a.b.example.com')).toMatch(/one level below example.com/)
    expect(hint(['*.example.com'], 'example.com')).toMatch(/one level below example.com/)
    expect(hint(['a.ns.local'], '*.ns.local')).toMatch(/is one name/)
    expect(hint([], 'a.example.com', ['10.0.0.5'])).toBe('it holds only IP addresses')
    expect(hint(['a.example.com'], 'b.example.com')).toBe(undefined)
    expect(hint(['a.example.com'], 'a b')).toMatch(/neither a DNS name nor an IP address/)
  })

  test('the common name covers nothing, but it is said when it would', () => {
    const coverage = coverageOf(held([], [], 'fraud.example.com'), 'fraud.example.com')
    expect(coverage).toMatchObject({ covered: false, onlyCommonName: true })
    expect(coverageOf(held([], [], '10.0.0.5'), '10.0.0.5')).toMatchObject({ onlyCommonName: true })
    expect(coverageOf(held([], [], 'My CA'), 'a.example.com')).toMatchObject({
      onlyCommonName: false,
    })
  })
})

describe('name constraints', () => {
  const may = (made: string[], name: string) =>
    permits(constraintsFor(made.map(toName)), toName(name))

  test('permit a name and what is below it', () => {
    expect(may(['fraud.example.com'], 'fraud.example.com')).toBe(true)
    expect(may(['fraud.example.com'], 'a.fraud.example.com')).toBe(true)
    expect(may(['fraud.example.com'], '*.fraud.example.com')).toBe(true)
    expect(may(['fraud.example.com'], 'example.com')).toBe(false)
    expect(may(['fraud.example.com'], 'xfraud.example.com')).toBe(false)
    expect(may(['*.example.com'], 'a.example.com')).toBe(true)
  })

  test('permit only the addresses that are named, and none where there are none', () => {
    expect(may(['fraud.example.com'], '10.0.0.5')).toBe(false)
    expect(may(['fraud.example.com'], '::1')).toBe(false)
    expect(may(['10.0.0.5'], '10.0.0.5')).toBe(true)
    expect(may(['10.0.0.5'], '10.0.0.6')).toBe(false)
    expect(may(['10.0.0.5'], '::1')).toBe(false)
    expect(may(['10.0.0.5'], 'fraud.example.com')).toBe(false)
    expect(may(['10.0.0.5', 'a.example.com'], 'a.example.com')).toBe(true)
  })

  test('hold each base once', () => {
    const names = ['a.b.example.com', 'b.example.com', '*.b.example.com', 'b.example.com']
    expect(constraintsFor(names.map(toName)).permittedDns).toEqual(['b.example.com'])
  })

  test('of other CAs: a dot at the front means below, an exclusion wins', () => {
    const others = { critical: true, permittedIp: [], excludedIp: [], others: false }
    const below = { ...others, permittedDns: ['.example.com'], excludedDns: ['x.example.com'] }
    expect(permits(below, toName('a.example.com'))).toBe(true)
    expect(permits(below, toName('example.com'))).toBe(false)
    expect(permits(below, toName('a.x.example.com'))).toBe(false)
    expect(permits(below, toName('*.example.com'))).toBe(false)
  })
})
