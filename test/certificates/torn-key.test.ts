import { createPrivateKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { make, newKey, upload } from '../support/certificates.ts'

const forms = [
  { type: 'pkcs8', format: 'pem' },
  { type: 'sec1', format: 'pem' },
  { type: 'pkcs8', format: 'der' },
] as const

/** A key of which the secret half is another one's. */
function torn(kind: 'p256' | 'p384' | 'p521') {
  const { d = '' } = newKey(kind).export({ format: 'jwk' })
  return createPrivateKey({ format: 'jwk', key: { ...newKey(kind).export({ format: 'jwk' }), d } })
}

test.each(['p256', 'p384', 'p521'] as const)(
  'a %s key whose halves are of two keys is damaged, in every form',
  kind => {
    for (const form of forms) {
      const bytes = Buffer.from(torn(kind).export(form as never))
      const { keys, unread } = upload({ 'k.pem': bytes })
      expect(keys).toEqual([])
      expect(unread).toMatchObject([{ finding: { id: 'cert.unreadable' } }])
    }
  },
)

test.each(['p256', 'p384', 'p521', 'rsa2048', 'ed25519'] as const)(
  'a whole %s key opens in every form, and has the public half of its certificate',
  kind => {
    const { key, certificate } = make({ key: kind })
    for (const form of forms) {
      if (form.type === 'sec1' && !kind.startsWith('p')) continue
      const { keys } = upload({ 'k.pem': Buffer.from(key.export(form as never)) })
      expect(keys.map(({ publicKeySha256 }) => publicKeySha256)).toEqual([
        certificate.publicKeySha256,
      ])
      expect(keys[0]?.open().equals(key)).toBe(true)
    }
  },
)
