import { createPublicKey } from 'node:crypto'
import { type Ber, octetsOf, oidOf, partsOf, readBer } from './ber.ts'
import * as der from './der.ts'
import { readName } from './distinguished-name.ts'
import { readExtensions } from './extensions.ts'
import { keyTypeOf, sha256 } from './key-type.ts'
import type { OtherThing } from './upload.ts'

/** What a request, revocation list or public key says; text in it is one safe line. */
export interface OtherDescribed {
  kind: OtherThing['kind']
  subject?: string
  issuer?: string
  names?: string[]
  keyType?: string
  /** Of the public key; lower-case hex. */
  publicKeySha256?: string
  /** Certificates that are revoked. */
  revoked?: number
  /** Times of a revocation list, in milliseconds since 1970. */
  made?: number
  next?: number
}

/** Describes something that can be neither certificate nor key. What is damaged has its kind alone. */
export function describeOther({ kind, der: bytes }: OtherThing): OtherDescribed {
  try {
    if (kind === 'request') return { kind, ...requestOf(bytes) }
    if (kind === 'revocations') return { kind, ...revocationsOf(bytes) }
    if (kind === 'public-key') return { kind, ...publicKeyOf(bytes) }
  } catch (error) {
    if (!(error instanceof der.DerError)) throw error
  }
  return { kind }
}

/** A CertificationRequest (RFC 2986). */
function requestOf(bytes: Buffer) {
  const [, subject, key, attributes] = partsOf(partsOf(readBer(bytes))[0])
  const wanted = attributes && partsOf(attributes, 0xa0).map(each => partsOf(each))
  const request = wanted?.find(([type]) => oidOf(type) === '1.2.840.113549.1.9.14')
  const [list] = request ? partsOf(request[1], 0x31) : []
  const { dnsNames, ipAddresses } = readExtensions(list && der.parse(list.raw))
  return {
    subject: nameOf(subject),
    names: [...dnsNames, ...ipAddresses],
    ...(key ? publicKeyOf(key.raw) : {}),
  }
}

/** A CertificateList (RFC 5280, 5.1). */
function revocationsOf(bytes: Buffer) {
  const fields = partsOf(partsOf(readBer(bytes))[0])
  const [, issuer, made, next, list] = fields[0]?.tag === 0x02 ? fields.slice(1) : fields
  const hasNext = next?.tag === 0x17 || next?.tag === 0x18
  const revoked = hasNext ? list : next
  const nextAt = hasNext ? timeOf(next) : undefined
  const madeAt = timeOf(made)
  return {
    issuer: nameOf(issuer),
    ...(madeAt === undefined ? {} : { made: madeAt }),
    ...(nextAt === undefined ? {} : { next: nextAt }),
    revoked: revoked?.tag === 0x30 ? partsOf(revoked).length : 0,
  }
}

function publicKeyOf(spki: Buffer) {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    return { keyType: keyTypeOf(key), publicKeySha256: sha256(spki) }
  } catch {
    return {}
  }
}

const nameOf = (name: Ber | undefined) => (name ? readName(der.parse(name.raw)).text : '')

/** UTCTime counts years from 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
function timeOf(value: Ber | undefined): number | undefined {
  const text = octetsOf(value).toString('latin1')
  const short = value?.tag === 0x17
  const long = short ? `${Number(text.slice(0, 2)) < 50 ? 20 : 19}${text}` : text
  const [, ...digits] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(long) ?? []
  const [year = 0, month = 0, ...rest] = digits.map(Number)
  return digits.length === 0 ? undefined : Date.UTC(year, month - 1, ...rest)
}
