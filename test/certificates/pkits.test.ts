import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Certificate, trustedCertificate } from '../../src/certificates/certificate.ts'
import { readCrls } from '../../src/certificates/crls.ts'
import { judge } from '../../src/certificates/gate.ts'
import type { Judgement, Spare } from '../../src/certificates/judgement.ts'
import { readUpload } from '../../src/certificates/read.ts'
import { anyServer } from '../../src/commands/cert/any-server.ts'
import { noVectors, vectorsFolder } from '../support/cryptography-vectors.ts'
import { differences, sections } from './pkits-sections.ts'

const folder = vectorsFolder('x509/PKITS_data')
const filesIn = (name: string) => (folder ? readdirSync(join(folder, name)).sort() : [])
const bytesOf = (...path: string[]) => readFileSync(join(folder ?? '', ...path))
const names = filesIn('certs').flatMap(file => /^(.*Test\d+)EE\.crt$/.exec(file)?.[1] ?? [])
const authorities = filesIn('certs').filter(file => !file.endsWith('EE.crt'))
const title = (name: string) => name.replace(/^(Valid|Invalid)/, '').replace(/Test\d+$/, '')
const inSection = (name: string) =>
  Object.keys(sections).filter(number => sections[number]?.names.test(title(name)))
const judged = (name: string) => inSection(name).some(number => !sections[number]?.leftOut)

/** Each as its PKCS#12 file, below all CAs of the suite at once and beside all lists. */
describe.skipIf(!folder)(`NIST PKITS${folder ? '' : ` (skipped: ${noVectors})`}`, () => {
  const cas = authorities.map(
    (file): Spare => ({ certificate: trustedCertificate(bytesOf('certs', file)), from: file }),
  )
  const { crls, findings: unreadable } = readCrls(
    filesIn('crls').map(path => ({ path, bytes: bytesOf('crls', path) })),
  )
  const look = (name: string): Judgement => {
    const file = { path: name, bytes: bytesOf('pkcs12', `${name}EE.p12`) }
    return judge({
      ...readUpload([file], 'password'),
      ...{ spare: cas, roots: roots(cas), onlyRoots: true, crls, agreed: ['unlock'] },
      // two thirds of its certificates are for no server; some are for a CA that is tested as the last one
      profile: { ...anyServer, caLeaf: 'accepted' },
      now: Date.parse('2020-01-01T00:00:00Z'),
    })
  }

  test('every certificate and list can be read, and has one section', () => {
    expect(unreadable).toEqual([])
    expect(names.filter(name => inSection(name).length !== 1)).toEqual([])
    expect(names.length).toBeGreaterThan(200)
  })

  test('what is said to differ is among them', () => {
    expect(Object.keys(differences).filter(name => !names.includes(name))).toEqual([])
  })

  test.each(names.filter(judged))('%s', name => {
    const { verdict, findings } = look(name)
    const right = (verdict === 'blocked') === name.startsWith('Invalid')
    const because = findings.map(({ id, evidence }) => `${id}: ${evidence}`).join('\n')
    expect(right, because).toBe(!Object.hasOwn(differences, name))
  })
})

function roots(cas: readonly Spare[]): Certificate[] {
  return cas.flatMap(({ certificate, from }) =>
    from === 'TrustAnchorRootCertificate.crt' ? [certificate] : [],
  )
}
