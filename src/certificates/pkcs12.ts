import { createHmac, timingSafeEqual } from 'node:crypto'
import { oneLine } from '../process/plain-text.ts'
import { type Ber, numberOf, octetsOf, oidOf, partsOf, readBer } from './ber.ts'
import { decrypt } from './decrypt.ts'
import { DerError } from './der.ts'
import {
  deriveKey,
  derivePkcs12,
  hmacHash,
  noPassphrase,
  type Passphrase,
  purposes,
  toPassphrase,
  unknown,
} from './derive-key.ts'
import { hashes } from './oids.ts'
import { LockError, type Work } from './work.ts'

/** Something in a PKCS#12 file, with the name that its writer gave it, as one safe line. */
interface Bag {
  der: Buffer
  name?: string
}

export interface Pkcs12Content {
  certificates: Bag[]
  /** PKCS#8, open. */
  keys: Bag[]
  /** Keys under another passphrase than the file. */
  lockedKeys: number
  /** Revocation lists and secrets, which are passed over. */
  others: number
  /** Whether it took a passphrase that is not empty. */
  wasLocked: boolean
}

const contents = { data: '1.2.840.113549.1.7.1', encrypted: '1.2.840.113549.1.7.6' }
const bags = '1.2.840.113549.1.12.10.1.'
const x509Certificate = '1.2.840.113549.1.9.22.1'
const friendlyName = '1.2.840.113549.1.9.20'
const pbmac1 = '1.2.840.113549.1.5.14'

/** What a PFX of a cloud's vault or of Windows holds at the most is some dozen. */
const mostBags = 200

/**
 * Reads a PKCS#12 file (RFC 7292, with the MAC of RFC 9579). Without a passphrase an empty one and
 * none at all are tried: writers differ in what they take for no passphrase.
 *
 * @throws LockError `wrong`: it needs a passphrase, or another one; DerError
 */
export function readPkcs12(
  bytes: Buffer,
  passphrase: string | Buffer | undefined,
  work: Work,
): Pkcs12Content {
  const [version, authSafe, mac] = partsOf(readBer(bytes))
  if (numberOf(version) !== 3) throw new DerError('its version is not 3')
  const safe = dataOf(authSafe)
  const given = passphrase !== undefined && passphrase.length > 0
  const tries = given ? [toPassphrase(passphrase)] : [toPassphrase(''), noPassphrase]
  let wrong: LockError | undefined
  for (const each of tries) {
    try {
      if (mac) checkMac(mac, safe, each, work)
      const content: Pkcs12Content = {
        ...{ certificates: [], keys: [], lockedKeys: 0, others: 0, wasLocked: given },
      }
      for (const info of partsOf(readBer(safe))) readSafe(info, each, work, content)
      return content
    } catch (error) {
      if (!(error instanceof LockError) || error.reason !== 'wrong') throw error
      wrong = error
    }
  }
  throw wrong
}

/** The content of a ContentInfo that is plain data. */
function dataOf(info: Ber | undefined): Buffer {
  const [type, wrapped] = partsOf(info)
  if (oidOf(type) !== contents.data) {
    throw new DerError('it is locked with a key, not with a passphrase')
  }
  return octetsOf(partsOf(wrapped, 0xa0)[0])
}

/** @throws LockError `wrong` where the passphrase, or the file, is not the one that was written */
function checkMac(mac: Ber, safe: Buffer, passphrase: Passphrase, work: Work): void {
  const [info] = partsOf(mac)
  const [, digest] = partsOf(info)
  const wanted = octetsOf(digest)
  const { hash, key } = macKey(mac, passphrase, work)
  const seen = createHmac(hash, key).update(safe).digest()
  if (seen.length !== wanted.length || !timingSafeEqual(seen, wanted)) throw new LockError('wrong')
}

function macKey(mac: Ber, passphrase: Passphrase, work: Work): { hash: string; key: Buffer } {
  const [info, salt, rounds] = partsOf(mac)
  const [id, parameters] = partsOf(partsOf(info)[0])
  const scheme = oidOf(id)
  if (scheme === pbmac1) {
    const [derivation, hmac] = partsOf(parameters)
    return { hash: hmacHash(hmac), key: deriveKey(derivation, passphrase, work) }
  }
  const hash = hashes[scheme] ?? unknown(scheme)
  const length = { md5: 16, sha1: 20, sha224: 28, sha384: 48, sha512: 64 }[hash] ?? 32
  // the number of rounds is 1 where it is left out
  const count = rounds === undefined ? 1 : Math.max(1, numberOf(rounds))
  const saltBytes = octetsOf(salt)
  const key = derivePkcs12(hash, passphrase, saltBytes, count, purposes.mac, length, work)
  return { hash, key }
}

function readSafe(info: Ber, passphrase: Passphrase, work: Work, into: Pkcs12Content): void {
  const [type, wrapped] = partsOf(info)
  if (oidOf(type) === contents.data) {
    readBags(readBer(octetsOf(partsOf(wrapped, 0xa0)[0])), passphrase, work, into)
    return
  }
  if (oidOf(type) !== contents.encrypted) {
    throw new DerError('a part of it is locked with a key, not with a passphrase')
  }
  const [, encrypted] = partsOf(partsOf(wrapped, 0xa0)[0])
  const [, algorithm, locked] = partsOf(encrypted)
  const opened = decrypt(algorithm, octetsOf(locked), passphrase, work)
  readBags(unlocked(opened), passphrase, work, into)
}

/** What a wrong passphrase leaves is rubbish, in one of 256 cases with the right padding. */
function unlocked(bytes: Buffer): Ber {
  try {
    const value = readBer(bytes)
    partsOf(value)
    return value
  } catch {
    throw new LockError('wrong')
  }
}

function readBags(
  safe: Ber,
  passphrase: Passphrase,
  work: Work,
  into: Pkcs12Content,
  depth = 0,
): void {
  for (const bag of partsOf(safe)) {
    const [type, wrapped, attributes] = partsOf(bag)
    const [value] = partsOf(wrapped, 0xa0)
    const name = nameOf(attributes)
    const add = (list: Bag[], der: Buffer) => {
      if (list.length === mostBags) throw new DerError(`it holds more than ${mostBags} things`)
      list.push({ der, ...(name ? { name } : {}) })
    }
    switch (oidOf(type)) {
      case `${bags}1`:
        if (value) add(into.keys, value.raw)
        break
      case `${bags}2`: {
        const key = openBag(value, passphrase, work)
        if (key) add(into.keys, key)
        else into.lockedKeys += 1
        break
      }
      case `${bags}3`: {
        const [kind, certificate] = partsOf(value)
        if (oidOf(kind) !== x509Certificate) into.others += 1
        else add(into.certificates, octetsOf(partsOf(certificate, 0xa0)[0]))
        break
      }
      case `${bags}6`:
        if (depth > 4 || !value) throw new DerError('it is nested too deep')
        readBags(value, passphrase, work, into, depth + 1)
        break
      default:
        into.others += 1
    }
  }
}

/** A locked key as PKCS#8; undefined where the passphrase is another one than the file's. */
function openBag(value: Ber | undefined, passphrase: Passphrase, work: Work): Buffer | undefined {
  const [algorithm, locked] = partsOf(value)
  try {
    return unlocked(decrypt(algorithm, octetsOf(locked), passphrase, work)).raw
  } catch (error) {
    if (error instanceof LockError && error.reason === 'wrong') return undefined
    throw error
  }
}

function nameOf(attributes: Ber | undefined): string | undefined {
  if (!attributes) return undefined
  for (const attribute of partsOf(attributes, 0x31)) {
    const [type, values] = partsOf(attribute)
    if (oidOf(type) !== friendlyName) continue
    const [value] = partsOf(values, 0x31)
    const bytes = octetsOf(value)
    const even = Buffer.from(bytes.subarray(0, bytes.length & ~1))
    return oneLine(even.swap16().toString('utf16le')).slice(0, 200)
  }
  return undefined
}
