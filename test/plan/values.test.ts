import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, digestOf } from '../../src/plan/digest.ts'
import type { Json, Step } from '../../src/plan/plan.ts'
import { type Answer, allHold, atPath, holds, type Predicate } from '../../src/plan/predicate.ts'
import {
  type Bindings,
  capturesIn,
  isText,
  resolveInput,
  resolveText,
} from '../../src/plan/text.ts'

const answer: Answer = {
  exit: 0,
  status: 200,
  text: 'first line\nEndpoint URL: https://localhost:30001',
  json: { server: { status: 'healthy' }, items: [{ name: 'a' }], none: null, count: 2 },
  leafSha256: 'A9:54',
  seen: '',
}

describe('a predicate', () => {
  it.each<[Predicate, boolean]>([
    [{ exit: [0] }, true],
    [{ exit: [1, 2] }, false],
    [{ status: [200, 503] }, true],
    [{ status: [404] }, false],
    [{ regex: '^Endpoint URL' }, true],
    [{ regex: '^URL' }, false],
    [{ leafSha256: 'A9:54' }, true],
    [{ leafSha256: 'A9:55' }, false],
    [{ json: 'server.status', equals: 'healthy' }, true],
    [{ json: 'items.0.name', equals: 'a' }, true],
    [{ json: 'items.1.name', equals: 'a' }, false],
    [{ json: 'none', equals: null }, true],
    [{ json: 'not.there', equals: null }, false],
    [{ json: 'count', oneOf: [1, 2] }, true],
    [{ json: 'count', oneOf: ['2'] }, false],
    [{ json: 'server.status', matches: '^heal' }, true],
    [{ json: 'count', matches: '2' }, false],
    [{ not: { exit: [0] } }, false],
    [{ any: [{ exit: [1] }, { status: [200] }] }, true],
    [{ any: [] }, false],
  ])('%j: %s', (predicate, expected) => {
    expect(holds(predicate, answer)).toBe(expected)
  })

  it('on what was not answered does not hold, and neither does it throw', () => {
    const nothing: Answer = { text: '', seen: '' }
    for (const predicate of [
      { exit: [0] },
      { status: [200] },
      { leafSha256: 'A9:54' },
      { json: 'a.b', equals: 1 },
      { json: 'a', oneOf: [1] },
      { json: 'a', matches: '.' },
    ] as Predicate[]) {
      expect(holds(predicate, nothing), JSON.stringify(predicate)).toBe(false)
    }
    expect(allHold([], nothing)).toBe(true)
  })

  it('reads no property that an object has by birth', () => {
    expect(atPath({ a: 1 }, 'constructor')).toBeUndefined()
    expect(atPath([1], 'length.x')).toBeUndefined()
    expect(atPath({ a: 1 }, '')).toEqual({ a: 1 })
  })
})

const bindings: Bindings = {
  captures: new Map([
    ['serve.address.host', '203.0.113.17'],
    ['prepare.certificate.fingerprint', 'A9:54:4B:6B'],
  ]),
  kept: '/state/generations/2',
  before: (number = 1) => `/state/generations/${number}`,
}

describe('a text', () => {
  it('becomes what is known at run time', () => {
    const host = { capture: 'serve.address.host' }
    expect(resolveText('plain', bindings)).toBe('plain')
    expect(resolveText({ join: ['https://', host, ':1'] }, bindings)).toBe('https://203.0.113.17:1')
    expect(resolveText({ kept: 'key.pem' }, bindings)).toBe('/state/generations/2/key.pem')
    expect(resolveText({ before: 'a' }, bindings)).toBe('/state/generations/1/a')
    expect(resolveText({ before: 'a', generation: 0 }, bindings)).toBe('/state/generations/0/a')
    const sliced = { capture: 'prepare.certificate.fingerprint', slice: [0, 5] as [number, number] }
    expect(resolveText(sliced, bindings)).toBe('A9:54')
  })

  it('that nobody has found out yet is a bug with a name', () => {
    expect(() => resolveText({ capture: 'nobody.knows' }, bindings)).toThrowError(
      expect.objectContaining({ exit: 70, message: expect.stringContaining('nobody.knows') }),
    )
  })

  it('is found inside any input, and data that only looks alike stays data', () => {
    const input = { a: [{ capture: 'serve.address.host' }, 1, null], b: { kept: 'x', other: true } }
    expect(resolveInput(input, bindings)).toEqual({
      a: ['203.0.113.17', 1, null],
      b: { kept: 'x', other: true },
    })
    expect(isText({ capture: 3 })).toBe(false)
    expect(isText({ join: 'no list' })).toBe(false)
    expect(capturesIn({ join: ['x', { capture: 'a.b' }], deep: [{ capture: 'c.d' }] })).toEqual([
      'a.b',
      'c.d',
    ])
  })
})

describe('the digest', () => {
  it('is the same whatever the order of keys, and another one for any other value', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), values => {
        const shuffled = JSON.parse(JSON.stringify(values), (_key, each) => reversed(each))
        expect(canonicalJson(shuffled)).toBe(canonicalJson(values))
        expect(digestOf(shuffled as Step[])).toBe(digestOf(values as unknown as Step[]))
        expect(JSON.parse(canonicalJson(values))).toEqual(JSON.parse(JSON.stringify(values)))
      }),
    )
    expect(digestOf([{ id: 'a' }] as Step[])).not.toBe(digestOf([{ id: 'b' }] as Step[]))
    expect(digestOf([])).toMatch(/^[0-9a-f]{64}$/)
  })

  it('keeps the order of lists', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]))
  })
})

function reversed(value: Json): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).reverse())
}
