import { createPrivateKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { lockedKeyPem } from '../../src/certificates/lock-key.ts'
import { cutPem } from '../../src/certificates/pem.ts'
import { openKey } from '../../src/certificates/private-key.ts'
import { createWork } from '../../src/certificates/work.ts'
import { newKey, runTool } from '../support/certificates.ts'
import { createScratch, skipped } from '../support/scratch.ts'

const passphrase = 'correct horse ü'

test.for(['p256', 'p384', 'rsa2048', 'ed25519'] as const)(
  'a locked %s key opens with its passphrase alone',
  kind => {
    const key = newKey(kind)
    const pem = lockedKeyPem(key, passphrase, randomBytes)
    expect(createPrivateKey({ key: pem, passphrase }).equals(key)).toBe(true)
    const [block] = cutPem(Buffer.from(pem)).blocks
    if (!block) throw new Error('no block')
    expect(openKey(block, passphrase, createWork())).toMatchObject({
      state: 'open',
      wasLocked: true,
    })
    expect(openKey(block, 'another', createWork()).state).toBe('wrong-passphrase')
    expect(openKey(block, undefined, createWork()).state).toBe('locked')
  },
)

test('salt and vector are new each time', () => {
  const key = newKey()
  expect(lockedKeyPem(key, passphrase, randomBytes)).not.toBe(
    lockedKeyPem(key, passphrase, randomBytes),
  )
})

test('openssl and Python open it, and see 600,000 rounds over SHA-256', ({ onTestFinished }) => {
  const scratch = createScratch(onTestFinished)
  const path = scratch.file('key.pem', lockedKeyPem(newKey(), passphrase, randomBytes))
  const secret = scratch.file('pass', `${passphrase}\n`)
  const openssl = runTool('openssl', ['pkey', '-in', path, '-passin', `file:${secret}`, '-noout'])
  if (openssl.status === null) skipped('openssl is not here')
  else expect(openssl.status).toBe(0)
  const parsed = runTool('openssl', ['asn1parse', '-in', path])
  if (parsed.status === 0) {
    expect(parsed.said).toMatch(/INTEGER\s+:0927C0/) // 600,000
    expect(parsed.said).toContain('hmacWithSHA256')
    expect(parsed.said).toContain('aes-256-cbc')
  }
  const script = `
from cryptography.hazmat.primitives.serialization import load_pem_private_key
load_pem_private_key(open('${path}','rb').read(), open('${secret}','rb').read().strip())`
  const python = runTool('python3', ['-c', script])
  if (/ModuleNotFound/.test(python.said) || python.status === null) skipped('no pyca/cryptography')
  else expect(python.said).toBe('')
})
