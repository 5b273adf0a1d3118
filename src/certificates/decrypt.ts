import { createDecipheriv, hash } from 'node:crypto'
import rc2 from 'node-forge/lib/rc2.js'
import util from 'node-forge/lib/util.js'
import { type Ber, numberOf, octetsOf, oidOf, partsOf } from './ber.ts'
import { DerError } from './der.ts'
import { deriveKey, derivePkcs12, type Passphrase, purposes, unknown } from './derive-key.ts'
import { LockError, type Work } from './work.ts'

interface Cipher {
  name: 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'des-ede3-cbc' | 'rc2'
  /** Bytes of the key. */
  key: number
  iv: number
}

const des3: Cipher = { name: 'des-ede3-cbc', key: 24, iv: 8 }
const des3Two: Cipher = { name: 'des-ede3-cbc', key: 16, iv: 8 }
const des: Cipher = { name: 'des-ede3-cbc', key: 8, iv: 8 }
const rc2Of = (key: number): Cipher => ({ name: 'rc2', key, iv: 8 })

/** PKCS#12's own schemes (RFC 7292, C). Its two of RC4 were never written by anything current. */
const pkcs12Schemes: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.1.12.1.3': des3,
  '1.2.840.113549.1.12.1.4': des3Two,
  '1.2.840.113549.1.12.1.5': rc2Of(16),
  '1.2.840.113549.1.12.1.6': rc2Of(5),
}

/** PBES1 (RFC 8018, A.3). */
const pbes1Schemes: Readonly<Record<string, [digest: string, cipher: Cipher]>> = {
  '1.2.840.113549.1.5.3': ['md5', des],
  '1.2.840.113549.1.5.6': ['md5', rc2Of(8)],
  '1.2.840.113549.1.5.10': ['sha1', des],
  '1.2.840.113549.1.5.11': ['sha1', rc2Of(8)],
}

const pbes2 = '1.2.840.113549.1.5.13'

/** What PBES2 encrypts with (RFC 8018, B.2). */
const pbes2Ciphers: Readonly<Record<string, Cipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', key: 16, iv: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', key: 24, iv: 16 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', key: 32, iv: 16 },
  '1.2.840.113549.3.7': des3,
  '1.3.14.3.2.7': des,
}

/**
 * Opens what a passphrase has locked: a key of PKCS#8, or a part of PKCS#12.
 *
 * @param algorithm the AlgorithmIdentifier that says how
 * @throws LockError, DerError
 */
export function decrypt(
  algorithm: Ber | undefined,
  locked: Buffer,
  passphrase: Passphrase,
  work: Work,
): Buffer {
  const [id, parameters] = partsOf(algorithm)
  const scheme = oidOf(id)
  if (scheme === pbes2) return decryptPbes2(parameters, locked, passphrase, work)
  const [salt, rounds] = partsOf(parameters)
  const count = Math.max(1, numberOf(rounds))
  const own = pkcs12Schemes[scheme]
  if (own) {
    const derive = (purpose: number, length: number) =>
      derivePkcs12('sha1', passphrase, octetsOf(salt), count, purpose, length, work)
    return open(own, derive(purposes.key, own.key), derive(purposes.iv, own.iv), locked)
  }
  const [digest, cipher] = pbes1Schemes[scheme] ?? unknown(scheme)
  work.spend(count * 4)
  let key = hash(digest, Buffer.concat([passphrase.utf8, octetsOf(salt)]), 'buffer')
  for (let round = 1; round < count; round += 1) key = hash(digest, key, 'buffer')
  return open(cipher, key.subarray(0, 8), key.subarray(8, 16), locked)
}

function decryptPbes2(
  parameters: Ber | undefined,
  locked: Buffer,
  passphrase: Passphrase,
  work: Work,
): Buffer {
  const [derivation, encryption] = partsOf(parameters)
  const [id, iv] = partsOf(encryption)
  const name = oidOf(id)
  if (name === '1.2.840.113549.3.2') {
    // the version says the effective bits (RFC 8018, B.2.3), and no more is known of the key
    const [version, vector] = partsOf(iv)
    const bits = { 160: 40, 120: 64, 58: 128 }[numberOf(version)] ?? unknown(name)
    const rc2Cipher = rc2Of(bits / 8)
    const key = deriveKey(derivation, passphrase, work, rc2Cipher.key)
    return open(rc2Cipher, key, octetsOf(vector), locked)
  }
  const cipher = pbes2Ciphers[name] ?? unknown(name)
  const key = deriveKey(derivation, passphrase, work, cipher.key)
  return open(cipher, key, octetsOf(iv), locked)
}

/** Opens with single DES in CBC. @throws LockError, DerError */
export function openDes(key: Buffer, iv: Buffer, locked: Buffer): Buffer {
  return open(des, key, iv, locked)
}

/** Opens with a key that is known. A wrong one shows by the padding, in 255 of 256 cases. */
function open(cipher: Cipher, key: Buffer, iv: Buffer, locked: Buffer): Buffer {
  if (key.length < cipher.key || iv.length !== cipher.iv) throw new DerError('its IV is wrong')
  if (locked.length === 0 || locked.length % cipher.iv !== 0) throw new DerError('it is cut off')
  if (cipher.name === 'rc2') return openRc2(key, iv, locked)
  try {
    const decipher = createDecipheriv(cipher.name, threeKeys(cipher, key), iv)
    return Buffer.concat([decipher.update(locked), decipher.final()])
  } catch {
    throw new LockError('wrong')
  }
}

/** DES and two-key 3DES are 3DES with keys that are the same. */
function threeKeys({ name }: Cipher, key: Buffer): Buffer {
  return name === 'des-ede3-cbc' ? Buffer.concat([key, key, key]).subarray(0, 24) : key
}

function openRc2(key: Buffer, iv: Buffer, locked: Buffer): Buffer {
  const text = (bytes: Buffer) => util.createBuffer(bytes.toString('latin1'))
  const cipher = rc2.createDecryptionCipher(text(key), key.length * 8)
  cipher.start(text(iv))
  cipher.update(text(locked))
  if (!cipher.finish()) throw new LockError('wrong')
  return Buffer.from(cipher.output.getBytes(), 'latin1')
}
