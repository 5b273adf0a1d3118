import { expect, test } from 'vitest'
import { judge } from '../../src/certificates/gate.ts'
import { family, type Made, make, now, profile, upload } from '../support/certificates.ts'
import { field, makeCrl, withField } from '../support/odd-certificates.ts'

const { root, issuing } = family()
const minusOne = Buffer.from([0x02, 0x01, 0xff])
const twoHundredFiftyFive = Buffer.from([0x02, 0x02, 0x00, 0xff])

function revoked(chain: readonly Made[], crl: ReturnType<typeof makeCrl>['crl']): boolean {
  const read = upload({
    'c.pem': chain.map(({ pem }) => pem).join(''),
    'k.pem': chain[0]?.keyPem ?? '',
  })
  const roots = [root.certificate]
  const { findings } = judge({ ...read, roots, crls: [crl], profile: profile(), now })
  return findings.some(({ id }) => id === 'cert.revoked')
}

test('a serial number below nought is not taken for the one of the same bytes', () => {
  const low = withField({ issuer: issuing }, field.serial, minusOne)
  const high = withField({ issuer: issuing }, field.serial, twoHundredFiftyFive)
  const { crl } = makeCrl({ issuer: issuing, serials: [minusOne] })
  expect(revoked([low, issuing], crl)).toBe(true)
  expect(revoked([high, issuing], crl)).toBe(false)
  const { crl: other } = makeCrl({ issuer: issuing, serials: [twoHundredFiftyFive] })
  expect(revoked([low, issuing], other)).toBe(false)
  expect(revoked([high, issuing], other)).toBe(true)
})

test('a CA that changed its key revokes with the new one what it signed with the old one', () => {
  const renewed = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root })
  // the old key, carried over: the CA vouches for itself
  const carried = make({ ca: true, cn: 'Example Issuing CA 3', issuer: renewed, key: issuing.key })
  const leaf = make({ issuer: carried })
  const serials = [leaf.certificate.serial]
  expect(revoked([leaf, carried, renewed], makeCrl({ issuer: renewed, serials }).crl)).toBe(true)
  const namesake = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root })
  expect(revoked([leaf, carried, renewed], makeCrl({ issuer: namesake, serials }).crl)).toBe(false)
})
