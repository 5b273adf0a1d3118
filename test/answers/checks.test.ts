import { describe, expect, it } from 'vitest'
import {
  checkDnsServer,
  checkDomain,
  checkDuration,
  checkEndpointName,
  checkSan,
  didYouMean,
  endpointNameFrom,
} from '../../src/answers/checks.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import { targets } from '../../src/targets/index.ts'

describe('a DNS server', () => {
  it.each(['10.0.0.2', '10.0.0.2:5353', '2001:db8::2', '[2001:db8::2]:5353'])(
    '%s is taken',
    text => {
      expect(checkDnsServer(text)).toEqual({ value: text })
    },
  )

  it.each(['abc', 'aaaaaaaa', '10.0.0.2:0', '10.0.0.2:65536', '1.2.3', '', 'ns1.example.com', 5])(
    '%j is refused',
    text => {
      expect(checkDnsServer(text)).toHaveProperty('wrong', 'This is no address of a DNS server.')
    },
  )
})

describe('a domain', () => {
  it.each([
    ['fraud.ml.example.com', 'fraud.ml.example.com'],
    ['Fraud.ML.example.com.', 'fraud.ml.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['203.0.113.17', '203.0.113.17'],
    ['[2001:DB8::1]', '2001:db8::1'],
    ['localhost', 'localhost'],
  ])('%s is taken as %s', (text, value) => {
    expect(checkDomain(text)).toEqual({ value })
  })

  it.each([
    [
      'fraud_model.ml.example.com',
      'A host name cannot hold "_".',
      'Write fraud-model.ml.example.com.',
    ],
    ['https://fraud.example.com/x', 'This is a URL.', 'Write only the name: fraud.example.com.'],
    ['fraud.example.com:8080', 'This is no IP address and no name.', expect.any(String)],
    ['1.2.3', 'This is no IP address and no name.', expect.any(String)],
    ['a..b', 'Each part between dots starts and ends with a letter or digit.', 'Write a.b.'],
    [
      '-a.example',
      'Each part between dots starts and ends with a letter or digit.',
      'Write a.example.',
    ],
    ['*.example.com', 'A host name cannot hold "*".', 'Write example.com.'],
    ['a b.example', 'A host name cannot hold white space.', 'Write a-b.example.'],
    ['$(touch x).example', expect.stringContaining('cannot hold'), expect.any(String)],
    ["a'b.example", expect.stringContaining('cannot hold'), expect.any(String)],
    [
      `${'a'.repeat(64)}.example`,
      'A part between dots has at most 63 characters.',
      expect.any(String),
    ],
    [`${'a.'.repeat(150)}example`, 'A host name has at most 253 characters.', expect.any(String)],
    ['', 'A name is needed.', expect.any(String)],
  ])('%s is refused', (text, wrong, fix) => {
    expect(checkDomain(text)).toEqual({ wrong, fix })
  })

  it('only a SAN may begin with "*."', () => {
    expect(checkSan('*.ml.example.com')).toEqual({ value: '*.ml.example.com' })
    expect(checkSan('*.*.example.com')).toHaveProperty('wrong')
  })
})

describe('a service name', () => {
  const question = questionsFor(targets).find(({ id }) => id === 'target.service')

  it.each(['fraud-model', 'a', 'A.b_c-9'])('%s is taken', name => {
    expect(question?.check(name)).toEqual({ value: name })
  })

  it.each([
    "a'b",
    'a"b',
    'a\nb',
    '$(id)',
    '`id`',
    '🤖',
    'a b',
    '-a',
    '9a',
    'a-',
    `a${'b'.repeat(300)}`,
    '--help',
    '',
  ])('%j is refused before any tool sees it', name => {
    expect(question?.check(name)).toHaveProperty('wrong')
  })
})

describe('the rest', () => {
  it('a record name is made of any text', () => {
    for (const text of ['Fraud Model', '🤖', '--', 'x'.repeat(300)]) {
      expect(checkEndpointName(endpointNameFrom(text))).toHaveProperty('value')
    }
  })

  it.each([
    ['10m', true],
    ['90s', true],
    ['0s', false],
    ['31d', false],
    ['10 minutes', false],
    ['-1m', false],
  ])('%s as a duration: %s', (text, good) => {
    expect('value' in checkDuration(text)).toBe(good)
  })

  it('means the closest word only when it is close', () => {
    expect(didYouMean('domian', ['domain', 'dns'])).toBe('domain')
    expect(didYouMean('zebra', ['domain', 'dns'])).toBeUndefined()
  })
})
