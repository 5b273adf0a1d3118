import { expect, test } from 'vitest'
import { judge } from '../../src/certificates/gate.ts'
import { readUpload } from '../../src/certificates/read.ts'
import type { UploadedFile } from '../../src/certificates/upload.ts'
import { family, make, now, profile } from '../support/certificates.ts'

const { root, issuing, leaf } = family()
const server = make({ ca: true, cn: 'www.example.com' })
const stranger = make({ names: ['other.example.com'] })

/** Every order of some things. */
function orders<T>(all: readonly T[]): T[][] {
  if (all.length < 2) return [[...all]]
  return all.flatMap((one, at) => orders(all.toSpliced(at, 1)).map(rest => [one, ...rest]))
}

function look(files: readonly [path: string, content: string][]) {
  const list: UploadedFile[] = files.map(([path, text]) => ({ path, bytes: Buffer.from(text) }))
  return judge({ ...readUpload(list), profile: profile(), now, systemRoots: [root.pem] })
}

const cases: Record<string, { blocks: string[]; verdict: string }> = {
  whole: { blocks: [leaf.pem, issuing.pem, leaf.keyPem], verdict: 'ok' },
  'with root': { blocks: [leaf.pem, issuing.pem, root.pem, leaf.keyPem], verdict: 'repaired' },
  'with a stranger': {
    blocks: [leaf.pem, issuing.pem, stranger.pem, leaf.keyPem],
    verdict: 'repaired',
  },
  'with a twin': { blocks: [leaf.pem, leaf.pem, issuing.pem, leaf.keyPem], verdict: 'repaired' },
  'wrong key': { blocks: [leaf.pem, issuing.pem, root.keyPem], verdict: 'blocked' },
  'two keys': { blocks: [leaf.pem, issuing.pem, root.keyPem, leaf.keyPem], verdict: 'ok' },
  'no intermediate': { blocks: [leaf.pem, leaf.keyPem, stranger.pem], verdict: 'blocked' },
  'no leaf': { blocks: [issuing.pem, root.pem, leaf.keyPem], verdict: 'blocked' },
  'a CA alone with another key': { blocks: [root.pem, leaf.keyPem], verdict: 'blocked' },
  'a CA for the name with another key': { blocks: [server.pem, leaf.keyPem], verdict: 'blocked' },
  'a CA for the name, another CA and another key': {
    ...{ blocks: [server.pem, root.pem, leaf.keyPem], verdict: 'blocked' },
  },
  'no key': { blocks: [leaf.pem, issuing.pem, root.pem], verdict: 'blocked' },
}

for (const [name, { blocks, verdict }] of Object.entries(cases)) {
  test(`${name}: one file a block, whatever each is called and in whatever order they come`, () => {
    const results = orders(blocks).flatMap(content => {
      const named = content.map((text, at) => [`${'abcd'[at]}.pem`, text] as [string, string])
      return [look(named), look([...named].reverse())]
    })
    expect(new Set(results.map(each => each.verdict))).toEqual(new Set([verdict]))
    const causes = results.map(({ findings }) => findings.map(({ id }) => id).join())
    expect(new Set(causes).size).toBe(1)
    const chains = results.map(({ chain }) => chain.map(each => each.fingerprint).join())
    expect(new Set(chains).size).toBe(1)
  })

  test(`${name}: all in one file, in every order`, () => {
    const results = orders(blocks).map(content => look([['all.pem', content.join('')]]))
    const causes = results.map(({ findings }) =>
      findings.flatMap(({ id }) => (id === 'cert.order' ? [] : [id])).join(),
    )
    expect(new Set(causes).size).toBe(1)
    const chains = results.map(({ chain }) => chain.map(each => each.fingerprint).join())
    expect(new Set(chains).size).toBe(1)
    if (verdict === 'blocked') expect(results.every(each => each.verdict === 'blocked')).toBe(true)
  })

  test(`${name}: over two files that are called chain and key, either way round`, () => {
    const half = Math.ceil(blocks.length / 2)
    for (const content of orders(blocks)) {
      const one = content.slice(0, half).join('')
      const other = content.slice(half).join('')
      const ways = [
        look([
          ['chain.pem', one],
          ['key.pem', other],
        ]),
        look([
          ['chain.pem', other],
          ['key.pem', one],
        ]),
      ]
      const causes = ways.map(({ findings }) => findings.map(({ id }) => id).join())
      expect(new Set(causes).size).toBe(1)
      expect(new Set(ways.map(each => each.verdict)).size).toBe(1)
    }
  })
}
