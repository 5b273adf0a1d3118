import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Asn1 } from 'node-forge/lib/asn1.js'
import { codeOf } from '../record/write.ts'
import * as der from './der.ts'
import { publicKeySha256 } from './key-type.ts'
import { oids } from './oids.ts'
import type { PemBlock } from './pem.ts'

/**
 * What came of opening a key. Nothing of the key is in it but the key itself: what OpenSSL says is
 * not passed on.
 */
export type KeyReading =
  | { state: 'open'; key: KeyObject; publicKeySha256: string; wasLocked: boolean }
  | { state: 'locked' }
  | { state: 'wrong-passphrase' }
  | { state: 'old-cipher' }
  | { state: 'too-slow' }
  | { state: 'damaged' }

/**
 * OpenSSL takes 2,048 rounds and OWASP advises 600,000 for PBKDF2 with SHA-256; five million are two
 * to three seconds.
 */
const mostRounds = 5_000_000

/** Opens a private key, locked or not. Never throws. */
export function openKey(block: PemBlock, passphrase?: string | Buffer): KeyReading {
  if (block.kind === 'private-key') {
    const sec1 = asSec1(block)
    const quick = sec1 && tryToOpen({ key: sec1, format: 'der', type: 'sec1' })
    const opened = quick?.key ? quick : tryToOpen({ key: block.text, format: 'pem' })
    return opened.key ? { state: 'open', ...opened, wasLocked: false } : { state: 'damaged' }
  }
  const rounds = roundsOf(block)
  if (rounds === undefined) return { state: 'damaged' }
  if (rounds > mostRounds) return { state: 'too-slow' }
  if (passphrase === undefined) return { state: 'locked' }
  const opened = tryToOpen({ key: block.text, format: 'pem', passphrase })
  if (opened.key) return { state: 'open', ...opened, wasLocked: true }
  // other codes than BAD_DECRYPT come up when a wrong passphrase leaves rubbish with right padding
  return { state: opened.code === 'ERR_OSSL_EVP_UNSUPPORTED' ? 'old-cipher' : 'wrong-passphrase' }
}

/** The key as one PKCS#8 block without a passphrase: what a server loads. Only for a file of 0600. */
export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

type Opened = { key: KeyObject; publicKeySha256: string } | { key?: never; code: string }

/** The key, or OpenSSL's code for why not. */
function tryToOpen(input: Parameters<typeof createPrivateKey>[0]): Opened {
  try {
    const key = createPrivateKey(input)
    return { key, publicKeySha256: publicKeySha256(key) }
  } catch (error) {
    return { code: codeOf(error) }
  }
}

/**
 * The same key in the form of SEC1, which OpenSSL opens in half the time; undefined where it is none of
 * a named curve in PKCS#8.
 */
function asSec1({ label, der: bytes }: PemBlock): Buffer | undefined {
  if (label !== 'PRIVATE KEY') return undefined
  try {
    const [, algorithm, wrapped] = der.parts(der.parse(bytes))
    const [type, curve] = der.parts(algorithm)
    if (der.readOid(type) !== oids.ecPublicKey || !curve || der.readOid(curve) === '')
      return undefined
    const [version, secret, ...rest] = der.parts(der.parse(der.readOctets(wrapped)))
    const point = der.findContext(rest, 1)
    if (!version || !secret || !point || der.findContext(rest, 0)) return undefined
    return der.sequence(
      der.encode(version),
      der.encode(secret),
      der.context(0, der.encode(curve)),
      der.encode(point),
    )
  } catch {
    return undefined
  }
}

/** How often the passphrase is hashed; undefined where the block is no locked key at all. */
function roundsOf({ label, der: bytes }: PemBlock): number | undefined {
  if (label !== 'ENCRYPTED PRIVATE KEY') return 1 // the old form of OpenSSL: MD5 once
  try {
    const [algorithm] = der.parts(der.parse(bytes))
    const [, parameters] = der.parts(algorithm)
    return mostNumber(parameters)
  } catch {
    return undefined
  }
}

/** The largest number in the parameters: rounds, or the cost of scrypt, whatever the scheme. */
function mostNumber(node: Asn1 | undefined): number {
  if (!node) return 0
  if (der.isNumber(node)) return der.readNumber(node)
  return Array.isArray(node.value) ? Math.max(0, ...node.value.map(mostNumber)) : 0
}
