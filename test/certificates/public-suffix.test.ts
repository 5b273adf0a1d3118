import { expect, test } from 'vitest'
import { publicSuffixesFor } from '../../src/certificates/public-suffix.ts'

const of = (...dnsNames: string[]) => publicSuffixesFor([{ certificate: { dnsNames } }])

test('the list is loaded only for a wildcard', async () => {
  expect(await of('www.example.com')).toEqual({})
  expect(await publicSuffixesFor([])).toEqual({})
})

test.each([
  ...[
    ['com', true],
    ['co.uk', true],
    ['example.com', false],
    ['example.co.uk', false],
  ],
  // *.ck with the exception www.ck; *.kobe.jp with city.kobe.jp
  ...[
    ['foo.ck', true],
    ['www.ck', false],
    ['x.kobe.jp', true],
    ['city.kobe.jp', false],
  ],
  ...[
    ['xn--55qx5d.cn', true],
    ['xn--p1ai', true],
    ['intern', true],
    ['corp.local', false],
  ],
  // a private suffix, whose owner may have a wildcard
  ...[
    ['github.io', false],
    ['fraud_1.example.com', false],
  ],
] as [string, boolean][])('%s is a public suffix: %s', async (host, expected) => {
  const { isPublicSuffix } = await of(`*.${host}`)
  expect(isPublicSuffix?.(host)).toBe(expected)
})
