import { createPrivateKey, hash, type KeyObject } from 'node:crypto'
import { codeOf } from '../record/write.ts'
import { octetsOf, partsOf, readBer } from './ber.ts'
import { decrypt, openDes } from './decrypt.ts'
import { toPassphrase } from './derive-key.ts'
import { ecParts, publicKeySha256 } from './key-type.ts'
import type { PemBlock } from './pem.ts'
import { type EcKey, isPointOf, readEcKey } from './sec1.ts'
import { LockError, type Work } from './work.ts'

/**
 * What came of opening a key. Nothing of the key is in it but the key itself: what OpenSSL says is
 * not passed on.
 */
export type KeyReading =
  | { state: 'open'; open(): KeyObject; publicKeySha256: string; wasLocked: boolean }
  | { state: 'locked' }
  | { state: 'wrong-passphrase' }
  /** `seen` names the algorithm. */
  | { state: 'old-cipher'; seen: string }
  | { state: 'too-slow' }
  | { state: 'damaged' }

/** Opens a private key from a PEM block, locked or not. Never throws. */
export function openKey(
  block: PemBlock,
  passphrase: string | Buffer | undefined,
  work: Work,
): KeyReading {
  if (block.label === 'ENCRYPTED PRIVATE KEY') return openLockedKey(block.der, passphrase, work)
  if (block.kind === 'private-key') {
    const quick = block.label === 'PRIVATE KEY' ? readEcKey(block.der) : undefined
    if (quick === 'torn') return { state: 'damaged' }
    return opened(quick ?? tryToOpen({ key: block.text, format: 'pem' }))
  }
  if (passphrase === undefined) return { state: 'locked' }
  const tried = tryToOpen({ key: block.text, format: 'pem', passphrase })
  if (tried.open) return { state: 'open', ...tried, wasLocked: true }
  // other codes than BAD_DECRYPT come up when a wrong passphrase leaves rubbish with right padding
  if (tried.code !== 'ERR_OSSL_EVP_UNSUPPORTED') return { state: 'wrong-passphrase' }
  return openOldPem(block, passphrase)
}

/** Opens a private key from DER: PKCS#8, locked or not, PKCS#1 or SEC1. Never throws. */
export function openKeyDer(
  bytes: Buffer,
  passphrase: string | Buffer | undefined,
  work: Work,
): KeyReading {
  if (isLocked(bytes)) return openLockedKey(bytes, passphrase, work)
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    const tried = tryToOpen({ key: bytes, format: 'der', type })
    if (tried.open) return opened(tried)
  }
  return { state: 'damaged' }
}

/** The key as one PKCS#8 block without a passphrase: what a server loads. Only for a file of 0600. */
export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** An EncryptedPrivateKeyInfo (RFC 5958): Node's OpenSSL knows neither RC2 nor DES, nor any limit. */
function openLockedKey(
  bytes: Buffer,
  passphrase: string | Buffer | undefined,
  work: Work,
): KeyReading {
  try {
    const [algorithm, locked] = partsOf(readBer(bytes))
    const content = octetsOf(locked)
    partsOf(algorithm)
    if (passphrase === undefined) return { state: 'locked' }
    const der = decrypt(algorithm, content, toPassphrase(passphrase), work)
    const tried = tryToOpen({ key: der, format: 'der', type: 'pkcs8' })
    if (tried.open) return { state: 'open', ...tried, wasLocked: true }
    return { state: 'wrong-passphrase' }
  } catch (error) {
    if (!(error instanceof LockError)) return { state: 'damaged' }
    if (error.reason === 'too-slow') return { state: 'too-slow' }
    if (error.reason === 'wrong') return { state: 'wrong-passphrase' }
    return { state: 'old-cipher', seen: error.message }
  }
}

/** The old form of OpenSSL with single DES, which current OpenSSL does not open. */
function openOldPem({ text, der }: PemBlock, passphrase: string | Buffer): KeyReading {
  const [, cipher = '', vector = ''] = /^DEK-Info: ([\w-]+), *([0-9A-Fa-f]+)/m.exec(text) ?? []
  if (cipher !== 'DES-CBC') return { state: 'old-cipher', seen: cipher || 'an unknown cipher' }
  const iv = Buffer.from(vector, 'hex')
  const salted = Buffer.concat([toPassphrase(passphrase).utf8, iv])
  try {
    const plain = openDes(hash('md5', salted, 'buffer').subarray(0, 8), iv, der)
    for (const type of ['pkcs1', 'sec1'] as const) {
      const tried = tryToOpen({ key: plain, format: 'der', type })
      if (tried.open) return { state: 'open', ...tried, wasLocked: true }
    }
    return { state: 'wrong-passphrase' }
  } catch (error) {
    return { state: error instanceof LockError ? 'wrong-passphrase' : 'damaged' }
  }
}

function isLocked(bytes: Buffer): boolean {
  try {
    const [algorithm, locked] = partsOf(readBer(bytes))
    return algorithm?.tag === 0x30 && (locked?.tag ?? 0) % 0x20 === 0x04
  } catch {
    return false
  }
}

type Tried = EcKey | { open?: never; code: string }

/** The key, or OpenSSL's code for why not. */
function tryToOpen(input: Parameters<typeof createPrivateKey>[0]): Tried {
  try {
    const key = createPrivateKey(input)
    const ec = ecParts(key)
    // OpenSSL does not look whether the two halves belong together; no handshake would succeed
    if (ec && !isPointOf(ec.curve, ec.secret, ec.point)) return { code: 'torn' }
    return { open: () => key, publicKeySha256: publicKeySha256(key) }
  } catch (error) {
    return { code: codeOf(error) }
  }
}

function opened(tried: Tried): KeyReading {
  return tried.open ? { state: 'open', ...tried, wasLocked: false } : { state: 'damaged' }
}
