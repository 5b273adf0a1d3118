import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { make } from '../support/certificates.ts'
import { createSandbox, type Sandbox } from '../support/sandbox.ts'

interface Checked {
  verdict: string
  results: { name: string; verdict: string; findings: { id: string }[] }[]
}

const count = 210
const at = Date.now()
const root = make({ ca: true, cn: 'Example Root CA', at })
const ca = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root, at })
const nameOf = (index: number) => `host-${String(index).padStart(3, '0')}.test`

let box: Sandbox
let checked: Checked

beforeAll(async () => {
  box = await createSandbox()
  mkdirSync(join(box.folder, 'all'))
  box.file('root.pem', root.pem)
  // the CA is the first of all files, and every key lies far from its certificate
  box.file('all/0-ca.pem', ca.pem)
  for (let index = 0; index < count; index += 1) {
    const leaf = make({ issuer: ca, names: [nameOf(index)], at })
    box.file(`all/${nameOf(index)}.pem`, leaf.pem)
    if (index % 10 !== 3) box.file(`all/key-${nameOf(count - index)}.pem`, leaf.keyPem)
  }
  box.file('all/zz.pem', 'no certificate\n')
  const ended = await box.cli(['cert', 'check', '--dir', 'all', '--roots', 'root.pem', '--json'])
  checked = JSON.parse(ended.stdout)
}, 60_000)

afterAll(() => box.close())

describe('a folder of some hundred files, which threads share', () => {
  it('judges each leaf once, in the order of the files, and what cannot be read last', () => {
    const names = Array.from({ length: count }, (_, index) => `all/${nameOf(index)}.pem`)
    expect(checked.results.map(({ name }) => name)).toEqual([...names, 'all/zz.pem'])
  })

  it('finds the CA and the keys, whichever thread has read them', () => {
    const leaves = checked.results.slice(0, count)
    expect(leaves.filter(({ verdict }) => verdict === 'blocked')).toEqual([])
    const withoutKey = leaves.filter(({ findings }) =>
      findings.some(({ id }) => id === 'cert.key-missing'),
    )
    const meant = Array.from({ length: count }, (_, index) => index).filter(each => each % 10 === 3)
    expect(withoutKey.map(({ name }) => name)).toEqual(
      meant.map(index => `all/${nameOf(index)}.pem`),
    )
  })

  it('is blocked by a file that cannot be read', () => {
    expect(checked.verdict).toBe('blocked')
    expect(checked.results.at(-1)).toMatchObject({ verdict: 'blocked' })
  })
})
