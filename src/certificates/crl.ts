import { createHash, type KeyObject, verify } from 'node:crypto'
import type { Asn1 } from 'node-forge/lib/asn1.js'
import * as der from './der.ts'
import { readName } from './distinguished-name.ts'
import { hashes, oids, signatureHashes } from './oids.ts'

/** A list of revoked certificates (RFC 5280, 5). All text in it is safe. */
export interface Crl {
  /** SHA-256 over its DER, lower-case hex. */
  sha256: string
  issuer: string
  /** Names are compared by these bytes. */
  issuerDer: Buffer
  /** Milliseconds since 1970. */
  thisUpdate: number
  nextUpdate?: number
  /** Serial numbers as upper-case hex without leading noughts (`-1` for FF), and the moments of revocation. */
  revoked: ReadonlyMap<string, number>
  /** Upper-case hex. */
  authorityKeyId?: string
  /** What it may not say; clauses without a full stop. */
  faults: string[]
  signedBy(key: KeyObject): boolean
}

interface Extension {
  id: string
  critical: boolean
  value: Buffer
}

/**
 * Reads one CRL from DER.
 *
 * @throws DerError
 */
export function readCrl(bytes: Buffer): Crl {
  const [tbs, algorithm, signature] = der.parts(der.parse(bytes))
  if (!tbs || !algorithm) throw new der.DerError('a part of it is missing')
  const all = der.parts(tbs)
  const version = der.isNumber(all[0]) ? der.readNumber(all[0]) + 1 : 1
  const [inside, issuer, thisUpdate, ...rest] = version > 1 ? all.slice(1) : all
  const nextUpdate = rest[0] && isTime(rest[0]) ? rest.shift() : undefined
  const entries = rest[0] && der.isSequence(rest[0]) ? der.parts(rest.shift()) : []
  const wrapped = der.findContext(rest, 0)
  const extensions = wrapped
    ? der.parts(der.parts(wrapped, 0xa0)[0]).map(readExtension)
    : ([] as Extension[])
  const name = readName(issuer)
  const aki = extensions.find(({ id }) => id === oids.authorityKeyId)
  const keyId = aki && der.findContext(der.parts(der.parse(aki.value)), 0)
  const faults = [
    ...(inside && der.encode(inside).equals(der.encode(algorithm))
      ? []
      : ['its algorithms differ']),
    ...(version === 2 ? [] : [`it is of version ${version}, not 2`]),
    ...(nextUpdate ? [] : ['it does not say when the next one comes']),
    ...extensionFaults(extensions),
    ...entries.flatMap(entryFaults).slice(0, 1),
  ]
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    issuer: name.text,
    issuerDer: name.der,
    thisUpdate: timeOf(thisUpdate),
    ...(nextUpdate ? { nextUpdate: timeOf(nextUpdate) } : {}),
    revoked: new Map(entries.map(readEntry)),
    ...(typeof keyId?.value === 'string' ? { authorityKeyId: hex(keyId.value) } : {}),
    faults,
    signedBy: key => isSigned(der.encode(tbs), algorithm, signature, key),
  }
}

function readExtension(node: Asn1): Extension {
  const [type, ...rest] = der.parts(node)
  const critical = der.isBool(rest[0]) && der.readBool(rest[0])
  return { id: der.readOid(type), critical, value: der.readOctets(rest.at(-1)) }
}

/** A list for some certificates, reasons or changes alone would need others beside it. */
function extensionFaults(extensions: readonly Extension[]): string[] {
  const by = (id: string) => extensions.find(each => each.id === id)
  const number = by(oids.crlNumber)
  const unknown = extensions.find(({ id, critical }) => critical && id !== oids.crlNumber)
  return [
    ...(number ? [] : ['it has no number']),
    ...(number?.critical ? ['its number is marked critical'] : []),
    ...(by(oids.authorityKeyId) ? [] : ['it does not say which key signed it']),
    ...(unknown ? [`its extension ${unknown.id} is critical and not read here`] : []),
  ]
}

/** An entry of another issuer, or one that demands what is not known. */
function entryFaults(entry: Asn1): string[] {
  const extensions = der.parts(entry)[2]
  if (!extensions) return []
  const critical = der
    .parts(extensions)
    .map(readExtension)
    .find(each => each.critical)
  return critical ? [`an entry in it has the critical extension ${critical.id}`] : []
}

function readEntry(entry: Asn1): [serial: string, at: number] {
  const [serial, date] = der.parts(entry)
  return [plainSerial(serialText(serial)), timeOf(date)]
}

/** As OpenSSL writes it: negative ones, which RFC 5280 forbids and old CAs gave out, with a minus. */
function serialText(serial: Asn1 | undefined): string {
  const bytes = Buffer.from(typeof serial?.value === 'string' ? serial.value : '', 'latin1')
  const text = bytes.toString('hex')
  if (bytes.length === 0 || (bytes[0] ?? 0) < 0x80) return text
  return `-${((1n << BigInt(8 * bytes.length)) - BigInt(`0x${text}`)).toString(16)}`
}

/** A serial number without leading noughts. */
export function plainSerial(serial: string): string {
  return serial.toUpperCase().replace(/^(-?)0+(?=.)/, '$1')
}

function isTime(node: Asn1): boolean {
  return [0x17, 0x18].includes(der.tagOf(node))
}

function timeOf(node: Asn1 | undefined): number {
  const text = typeof node?.value === 'string' ? node.value : ''
  const [, year = '', rest = ''] = /^(\d{4}|\d\d)(\d{10})Z$/.exec(text) ?? []
  const full = year.length === 2 ? `${Number(year) < 50 ? '20' : '19'}${year}` : year
  const [month, day, hours, minutes, seconds] = rest.match(/../g) ?? []
  const at = Date.parse(`${full}-${month}-${day}T${hours}:${minutes}:${seconds}Z`)
  if (Number.isNaN(at)) throw new der.DerError('a date in it cannot be read')
  return at
}

function hex(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('hex').toUpperCase()
}

function isSigned(
  tbs: Buffer,
  algorithm: Asn1,
  signature: Asn1 | undefined,
  key: KeyObject,
): boolean {
  const [type, parameters] = der.parts(algorithm)
  const id = der.readOid(type)
  const bytes = Buffer.from(typeof signature?.value === 'string' ? signature.value : '', 'latin1')
  const pss = id === oids.rsaPss
  const hash = pss ? pssHash(parameters) : signatureHashes[id]
  if (!hash) return false
  const padding = pss ? { padding: 6, saltLength: -2 } : {} // RSA_PKCS1_PSS_PADDING, any salt
  try {
    return verify(hash === 'none' ? null : hash, tbs, { key, ...padding }, bytes.subarray(1))
  } catch {
    return false // a key of a kind that the signature cannot be of
  }
}

function pssHash(parameters: Asn1 | undefined): string | undefined {
  const hash = der.isSequence(parameters) ? der.findContext(der.parts(parameters), 0) : undefined
  if (!hash) return 'sha1'
  return hashes[der.readOid(der.parts(der.parts(hash, 0xa0)[0])[0])]
}
