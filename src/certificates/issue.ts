import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { oneLine } from '../process/plain-text.ts'
import { type Certificate, trustedCertificate } from './certificate.ts'
import { constraintsFor } from './constraints.ts'
import * as der from './der.ts'
import { writeName } from './distinguished-name.ts'
import * as write from './extension-writers.ts'
import type { KeyUse } from './extensions.ts'
import { publicKeyDer, sha256 } from './key-type.ts'
import { type Name, parseName } from './name.ts'
import { oids } from './oids.ts'
import type { CertificateProfile, KeyType } from './profile.ts'
import { signCertificate } from './sign.ts'

/** A certificate with its key. */
export interface Pair {
  certificate: Certificate
  key: KeyObject
}

/** The clock and the source of randomness, as they come in from the command. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  now: number
  random(bytes: number): Buffer
}

export interface AuthorityRequest extends Surroundings {
  /** DNS names and IP addresses that it may vouch for; nothing else. */
  names: readonly string[]
  keyType: KeyType
  /** Lifetime of the leaf that it is made for. */
  days: number
}

export interface LeafRequest extends Surroundings {
  names: readonly string[]
  keyType: KeyType
  days: number
  extendedKeyUsage: CertificateProfile['extendedKeyUsage']
  /** Who signs; without one the leaf signs itself. */
  authority?: Pair
}

const dayMs = 86_400_000
const authorityDays = 3650
/** Clients whose clock is late by less than this accept a new certificate at once. */
const backDatedMs = 3_600_000

/**
 * Makes a local CA whose critical name constraints let it vouch for the given names alone. It lives
 * for ten years, or as long as the leaf where that is longer.
 *
 * @throws Problem when a name is neither a DNS name nor an IP address
 */
export async function issueAuthority(request: AuthorityRequest): Promise<Pair> {
  const { keyType, days, now, random } = request
  const names = readNames(request.names)
  const key = await generateKey(keyType)
  const id = keyId(key)
  const subject = writeName([[oids.commonName, authorityTitle(names, random)]])
  const signed = signCertificate(
    {
      serial: serialNumber(random),
      issuer: subject,
      subject,
      notBefore: now - backDatedMs,
      notAfter: now + Math.max(authorityDays, days) * dayMs,
      publicKey: key,
      extensions: [
        write.basicConstraints(true, 0),
        write.keyUsage(['keyCertSign', 'cRLSign']),
        write.subjectKeyId(id),
        write.authorityKeyId(id),
        write.nameConstraints(constraintsFor(names)),
      ],
    },
    key,
  )
  return { certificate: trustedCertificate(signed), key }
}

/**
 * Makes a leaf with a new key, signed by an authority or by itself, valid for `days` from now on.
 *
 * @throws Problem when a name is neither a DNS name nor an IP address
 */
export async function issueLeaf(request: LeafRequest): Promise<Pair> {
  const { authority, days, now, random } = request
  const names = readNames(request.names)
  const key = await generateKey(request.keyType)
  const subject = writeName([leafTitle(names)])
  const issuerKeyId = authority?.certificate.subjectKeyId
  const signed = signCertificate(
    {
      serial: serialNumber(random),
      issuer: authority?.certificate.subjectDer ?? subject,
      subject,
      notBefore: now - backDatedMs,
      notAfter: now + days * dayMs,
      publicKey: key,
      extensions: [
        write.basicConstraints(false),
        write.keyUsage(leafKeyUsage(key)),
        write.extendedKeyUsage(request.extendedKeyUsage),
        write.subjectAltName(names),
        write.subjectKeyId(keyId(key)),
        write.authorityKeyId(issuerKeyId ? Buffer.from(issuerKeyId, 'hex') : keyId(key)),
      ],
    },
    authority?.key ?? key,
  )
  return { certificate: trustedCertificate(signed), key }
}

/** What goes into the target for a leaf that was made here: with its CA where the target needs it. */
export function issuedChain(
  { certificate }: Pair,
  authority: Pair | undefined,
  profile: CertificateProfile,
): Certificate[] {
  return profile.root === 'needed' && authority
    ? [certificate, authority.certificate]
    : [certificate]
}

/** RSA without (EC)DHE is long gone, but old clients look for the use. */
export function leafKeyUsage(key: KeyObject): KeyUse[] {
  return key.asymmetricKeyType === 'rsa'
    ? ['digitalSignature', 'keyEncipherment']
    : ['digitalSignature']
}

/** A new private key; RSA of 4,096 bits can take seconds, in another thread. */
export async function generateKey(keyType: KeyType): Promise<KeyObject> {
  const [kind, size] = keyType.split('-')
  const generate = promisify(generateKeyPair)
  if (kind === 'ed25519') return (await generate('ed25519')).privateKey
  const pair =
    kind === 'rsa'
      ? await generate('rsa', { modulusLength: Number(size) })
      : await generate('ec', { namedCurve: size === 'p384' ? 'secp384r1' : 'prime256v1' })
  return pair.privateKey
}

/**
 * @throws Problem with exit 65 for what is neither a DNS name nor an IP address
 */
export function readNames(names: readonly string[]): Name[] {
  const read = new Map<string, Name>()
  for (const text of names) {
    const name = parseName(text)
    if (!name) throw badName(text)
    read.set(name.text, name)
  }
  if (read.size === 0) throw badName('')
  return [...read.values()]
}

function badName(text: string) {
  return problem(exitCodes.data, {
    id: 'cert.name-invalid',
    title: 'A certificate cannot be made for this name.',
    subject: oneLine(text).slice(0, 200),
    evidence: text === '' ? 'no name is given' : `${oneLine(text).slice(0, 200)} is given`,
    why: 'Clients look for a DNS name or an IP address; anything else they never find.',
    fix: 'Write a DNS name such as fraud.ml.example.com or an IP address.',
  })
}

/** The random part tells two authorities for the same names apart, in trust stores and in chains. */
function authorityTitle(names: readonly Name[], random: Surroundings['random']): string {
  const title = `secure-endpoint CA ${random(4).toString('hex').toUpperCase()}`
  const whole = `${title} (${names[0]?.text})`
  return whole.length <= 64 ? whole : title
}

/**
 * The common name holds 64 characters at most (RFC 5280, A.1). An address never goes there: OpenSSL
 * holds it against the DNS constraints of the CA.
 */
export function leafTitle(names: readonly Name[]): readonly [string, string] {
  const host = names.find(name => name.kind === 'dns' && name.text.length <= 64)
  return host ? [oids.commonName, host.text] : [oids.organization, 'secure-endpoint']
}

/** 16 random bytes; the top bits keep the number positive and its length the same. */
function serialNumber(random: Surroundings['random']): Buffer {
  const bytes = Buffer.from(random(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes
}

/** The first 20 bytes of SHA-256 over the public key's bits (RFC 7093, method 1). */
function keyId(key: KeyObject): Buffer {
  const [, bits] = der.parts(der.parse(publicKeyDer(key)))
  return Buffer.from(sha256(der.content(bits, 0x03).subarray(1)), 'hex').subarray(0, 20)
}
