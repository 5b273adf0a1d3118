import { hash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { type Ber, numberOf, octetsOf, oidOf, partsOf } from './ber.ts'
import { DerError } from './der.ts'
import { LockError, mostScryptBytes, type Work } from './work.ts'

/** A passphrase in the two forms in which it is hashed. */
export interface Passphrase {
  utf8: Buffer
  /** UTF-16 with two zeros at its end (RFC 7292, B.1). */
  bmp: Buffer
}

export function toPassphrase(text: string | Buffer): Passphrase {
  const words = typeof text === 'string' ? text : text.toString('utf8')
  return {
    utf8: Buffer.from(words),
    bmp: Buffer.from(`${words}\0`, 'utf16le').swap16(),
  }
}

/** No passphrase at all, which some writers of PKCS#12 tell from an empty one. */
export const noPassphrase: Passphrase = { utf8: Buffer.alloc(0), bmp: Buffer.alloc(0) }

const hmacs: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
  '1.2.840.113549.2.12': 'sha512-224',
  '1.2.840.113549.2.13': 'sha512-256',
}

/** The hash of an HMAC by its algorithm identifier. */
export function hmacHash(algorithm: Ber | undefined): string {
  const id = oidOf(partsOf(algorithm)[0])
  return hmacs[id] ?? unknown(id)
}

/**
 * The key that PBKDF2 or scrypt makes of a passphrase (RFC 8018, 5.2; RFC 7914, 7).
 *
 * @param length of the key in bytes; without it, the algorithm must say
 * @throws LockError, DerError
 */
export function deriveKey(
  algorithm: Ber | undefined,
  { utf8 }: Passphrase,
  work: Work,
  length?: number,
): Buffer {
  const [id, parameters] = partsOf(algorithm)
  switch (oidOf(id)) {
    case '1.2.840.113549.1.5.12': {
      const [salt, rounds, ...more] = partsOf(parameters)
      const said = more.find(({ tag }) => tag === 0x02)
      const bytes = keyLength(said === undefined ? length : numberOf(said))
      const prf = more.find(({ tag }) => tag === 0x30)
      const digest = prf === undefined ? 'sha1' : hmacHash(prf)
      const count = Math.max(1, numberOf(rounds))
      work.spend(count * blocksOf(digest, bytes) * (digest === 'sha256' ? 1 : 2))
      return pbkdf2Sync(utf8, octetsOf(salt), count, bytes, digest)
    }
    case '1.3.6.1.4.1.11591.4.11': {
      const [salt, ...numbers] = partsOf(parameters)
      const [N = 0, r = 0, p = 0] = numbers.map(numberOf)
      work.spend(N * r * p)
      if (128 * N * r > mostScryptBytes) throw new LockError('too-slow')
      return scrypt(utf8, octetsOf(salt), keyLength(length), { N, r, p })
    }
    default:
      return unknown(oidOf(id))
  }
}

function scrypt(passphrase: Buffer, salt: Buffer, length: number, cost: Record<string, number>) {
  try {
    return scryptSync(passphrase, salt, length, { ...cost, maxmem: 2 * mostScryptBytes })
  } catch {
    throw new DerError('its scrypt parameters are wrong') // N is no power of two
  }
}

/** RFC 9579 makes the length of a MAC's key a must; 64 bytes are the longest that anything needs. */
function keyLength(length: number | undefined): number {
  if (length === undefined || length < 1 || length > 128) {
    throw new DerError('the length of its key is missing or wrong')
  }
  return length
}

/** How often a hash must be made for so many bytes. */
function blocksOf(digest: string, bytes: number): number {
  const length = { md5: 16, sha1: 20, sha224: 28, 'sha512-224': 28, sha384: 48, sha512: 64 }[digest]
  return Math.ceil(bytes / (length ?? 32))
}

/** What a key of PKCS#12's own derivation is for (RFC 7292, B.3). */
export const purposes = { key: 1, iv: 2, mac: 3 } as const

/** PKCS#12's own derivation (RFC 7292, B.2). @throws LockError */
export function derivePkcs12(
  digest: string,
  { bmp }: Passphrase,
  salt: Buffer,
  rounds: number,
  purpose: number,
  length: number,
  work: Work,
): Buffer {
  const block = digest === 'sha384' || digest.startsWith('sha512') ? 128 : 64
  const diversifier = Buffer.alloc(block, purpose)
  const input = Buffer.concat([fill(salt, block), fill(bmp, block)])
  // a round here is a call of its own: it costs four of PBKDF2's
  work.spend(rounds * 4 * blocksOf(digest, length))
  const out: Buffer[] = []
  for (let made = 0; made < length; made += (out.at(-1) as Buffer).length) {
    let chunk = hash(digest, Buffer.concat([diversifier, input]), 'buffer')
    for (let round = 1; round < rounds; round += 1) chunk = hash(digest, chunk, 'buffer')
    out.push(chunk)
    addToBlocks(input, fill(chunk, block).subarray(0, block), block)
  }
  return Buffer.concat(out).subarray(0, length)
}

/** A text again and again, up to the end of a block. */
function fill(bytes: Buffer, block: number): Buffer {
  if (bytes.length === 0) return bytes
  return Buffer.alloc(block * Math.ceil(bytes.length / block), bytes)
}

/** Adds a number, and one, to each block. */
function addToBlocks(blocks: Buffer, number: Buffer, block: number): void {
  for (let start = 0; start < blocks.length; start += block) {
    let carry = 1
    for (let at = block - 1; at >= 0; at -= 1) {
      carry += (blocks[start + at] ?? 0) + (number[at] ?? 0)
      blocks[start + at] = carry & 0xff
      carry >>= 8
    }
  }
}

export function unknown(id: string): never {
  throw new LockError('unknown-cipher', `algorithm ${id}`)
}
