import { createCipheriv, createHmac, type KeyObject, pbkdf2Sync } from 'node:crypto'
import type { Certificate } from './certificate.ts'
import * as der from './der.ts'
import { derivePkcs12, purposes, toPassphrase } from './derive-key.ts'
import { createWork } from './work.ts'

/** What goes into a PKCS#12 file. */
export interface Pkcs12Input {
  /** Leaf first. */
  certificates: readonly Certificate[]
  /** Of the first certificate. */
  key?: KeyObject
  passphrase: string
  /** What programs show of the key and its certificate. */
  name: string
}

/**
 * Between openssl's 2,048 and keytool's 10,000 on one side and what OWASP advises (600,000) on the
 * other: every program of today opens it in less than half a second.
 */
const rounds = 100_000

const ids = {
  data: '1.2.840.113549.1.7.1',
  encrypted: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
}

/**
 * Writes PKCS#12 as OpenSSL 3 does and Java 17 reads it: PBES2 with AES-256 and PBKDF2 over SHA-256,
 * and a MAC over SHA-256 (RFC 7292).
 *
 * @param random bytes of a cryptographic source
 */
export function writePkcs12(
  { certificates, key, passphrase, name }: Pkcs12Input,
  random: (bytes: number) => Buffer,
): Buffer {
  const [leaf] = certificates
  const id = leaf && Buffer.from(leaf.fingerprint.replaceAll(':', ''), 'hex').subarray(0, 20)
  const own = id
    ? [attribute(ids.friendlyName, bmp(name)), attribute(ids.localKeyId, der.octetString(id))]
    : []
  const bags = certificates.map((each, index) =>
    bag(
      ids.certificateBag,
      der.sequence(der.oid(ids.x509), der.context(0, der.octetString(each.der))),
      index === 0 && key ? own : [],
    ),
  )
  const contents =
    certificates.length > 0 ? [locked(der.sequence(...bags), passphrase, random)] : []
  if (key) {
    const plain = key.export({ type: 'pkcs8', format: 'der' })
    const { algorithm, content } = encrypt(plain, passphrase, random)
    const shrouded = der.sequence(algorithm, der.octetString(content))
    contents.push(data(der.sequence(bag(ids.keyBag, shrouded, own))))
  }
  const safe = der.sequence(...contents)
  return der.sequence(der.integer(3), data(safe), mac(safe, passphrase, random))
}

function data(content: Buffer): Buffer {
  return der.sequence(der.oid(ids.data), der.context(0, der.octetString(content)))
}

function locked(content: Buffer, passphrase: string, random: (bytes: number) => Buffer): Buffer {
  const made = encrypt(content, passphrase, random)
  const info = der.sequence(
    der.oid(ids.data),
    made.algorithm,
    der.contextPrimitive(0, made.content),
  )
  return der.sequence(der.oid(ids.encrypted), der.context(0, der.sequence(der.integer(0), info)))
}

function encrypt(content: Buffer, passphrase: string, random: (bytes: number) => Buffer) {
  const salt = random(16)
  const iv = random(16)
  const key = pbkdf2Sync(passphrase, salt, rounds, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const prf = der.sequence(der.oid(ids.hmacSha256), der.nothing())
  const kdf = der.sequence(der.octetString(salt), der.integer(rounds), prf)
  const algorithm = der.sequence(
    der.oid(ids.pbes2),
    der.sequence(
      der.sequence(der.oid(ids.pbkdf2), kdf),
      der.sequence(der.oid(ids.aes256), der.octetString(iv)),
    ),
  )
  return { algorithm, content: Buffer.concat([cipher.update(content), cipher.final()]) }
}

function mac(safe: Buffer, passphrase: string, random: (bytes: number) => Buffer): Buffer {
  const salt = random(16)
  const key = derivePkcs12(
    ...(['sha256', toPassphrase(passphrase), salt, rounds, purposes.mac, 32] as const),
    createWork(),
  )
  const digest = createHmac('sha256', key).update(safe).digest()
  const algorithm = der.sequence(der.oid(ids.sha256), der.nothing())
  return der.sequence(
    der.sequence(algorithm, der.octetString(digest)),
    der.octetString(salt),
    der.integer(rounds),
  )
}

function bag(type: string, content: Buffer, attributes: readonly Buffer[]): Buffer {
  const more = attributes.length > 0 ? [der.set(...[...attributes].sort(Buffer.compare))] : []
  return der.sequence(der.oid(type), der.context(0, content), ...more)
}

function attribute(type: string, value: Buffer): Buffer {
  return der.sequence(der.oid(type), der.set(value))
}

function bmp(text: string): Buffer {
  return der.bmp(Buffer.from(text, 'utf16le').swap16())
}
