// Only this submodule: it costs 1.1x of bare Node's start-up, @peculiar/x509 costs 2.3x.
import asn1, { type Asn1 } from 'node-forge/lib/asn1.js'
import { DerNode, parseDer } from './der-parse.ts'

/** A value that does not have the shape it should have. Its message is safe to show. */
export class DerError extends Error {}

/** What is written is put together from finished pieces of DER. */
export type Der = Buffer

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  bmp: 0x1e,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** A tag, the length, and the content. */
function tagged(tag: number, ...content: Buffer[]): Der {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

export const sequence = (...items: Der[]): Der => tagged(tags.sequence, ...items)
export const set = (...items: Der[]): Der => tagged(tags.set, ...items)
export const octetString = (content: Buffer): Der => tagged(tags.octetString, content)
export const bool = (value: boolean): Der => tagged(tags.boolean, Buffer.from([value ? 0xff : 0]))
export const nothing = (): Der => tagged(tags.null)
export const utf8 = (text: string): Der => tagged(tags.utf8, Buffer.from(text, 'utf8'))

export const printable = (text: string): Der => tagged(tags.printable, Buffer.from(text, 'latin1'))
export const ia5 = (text: string): Der => tagged(tags.ia5, Buffer.from(text, 'latin1'))

/** A BMPString of big-endian UTF-16. */
export const bmp = (content: Buffer): Der => tagged(tags.bmp, content)

/** `[tag] EXPLICIT`, and `[tag] IMPLICIT` of something constructed. */
export const context = (tag: number, ...content: Der[]): Der => tagged(0xa0 | tag, ...content)

/** `[tag] IMPLICIT` of something that is not constructed. */
export const contextPrimitive = (tag: number, content: Buffer): Der => tagged(0x80 | tag, content)

export function oid(dotted: string): Der {
  return tagged(tags.oid, Buffer.from(asn1.oidToDer(dotted).getBytes(), 'latin1'))
}

/** A whole number that is not negative: below 2^31, or big-endian bytes of any length. */
export function integer(value: number | Buffer): Der {
  const bytes = typeof value === 'number' ? Buffer.alloc(4) : value
  if (typeof value === 'number') bytes.writeUInt32BE(value)
  const first = bytes.findIndex(byte => byte !== 0)
  const digits = first < 0 ? Buffer.from([0]) : bytes.subarray(first)
  const sign = (digits[0] ?? 0) & 0x80 ? Buffer.from([0]) : Buffer.alloc(0)
  return tagged(tags.integer, sign, digits)
}

/** @param unused how many of the last bits do not count, 0 to 7 */
export function bitString(content: Buffer, unused = 0): Der {
  return tagged(tags.bitString, Buffer.from([unused]), content)
}

/** UTCTime up to 2049 and GeneralizedTime from then on (RFC 5280, 4.1.2.5); whole seconds. */
export function time(ms: number): Der {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  const late = new Date(ms).getUTCFullYear() > 2049
  const text = late ? digits : digits.slice(2)
  return tagged(late ? tags.generalizedTime : tags.utcTime, Buffer.from(text, 'latin1'))
}

/** Reads one value and all that it is made of. */
export function parse(bytes: Buffer): Asn1 {
  // 30 levels: a certificate has about ten
  const node = parseDer(bytes, 30)
  if (!node) throw new DerError('its structure is damaged')
  return node
}

/** The parts of something constructed, by default a SEQUENCE. */
export function parts(node: Asn1 | undefined, tag: number = tags.sequence): Asn1[] {
  if (!node || !hasTag(node, tag) || typeof node.value === 'string') {
    throw new DerError('a part of it is missing or has the wrong type')
  }
  return node.value
}

/** The content bytes of something that is not constructed. */
export function content(node: Asn1 | undefined, tag: number): Buffer {
  if (!node || !hasTag(node, tag) || typeof node.value !== 'string') {
    throw new DerError('a part of it is missing or has the wrong type')
  }
  return Buffer.from(node.value, 'latin1')
}

export const readSet = (node: Asn1 | undefined): Asn1[] => parts(node, tags.set)
export const readOctets = (node: Asn1 | undefined): Buffer => content(node, tags.octetString)

export function readOid(node: Asn1 | undefined): string {
  const bytes = content(node, tags.oid)
  try {
    return asn1.derToOid(bytes.toString('latin1')) ?? ''
  } catch {
    throw new DerError('an object identifier in it is too large')
  }
}

export function readBool(node: Asn1 | undefined): boolean {
  return content(node, tags.boolean).some(byte => byte !== 0)
}

/** A whole number from 0 to 2^47. */
export function readNumber(node: Asn1 | undefined): number {
  const bytes = content(node, tags.integer)
  if (bytes.length === 0 || bytes.length > 6 || (bytes[0] ?? 0) & 0x80) {
    throw new DerError('a number in it is out of range')
  }
  return bytes.readUIntBE(0, bytes.length)
}

/** The numbers of the bits that are set, from the left, as named bits are counted. */
export function readBits(node: Asn1 | undefined): number[] {
  const [, ...bytes] = content(node, tags.bitString)
  return bytes.flatMap((byte, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter(bit => byte & (0x80 >> bit)).map(bit => at * 8 + bit),
  )
}

export const isSequence = (node: Asn1 | undefined): boolean => hasTag(node, tags.sequence)
export const isBool = (node: Asn1 | undefined): boolean => hasTag(node, tags.boolean)
export const isNumber = (node: Asn1 | undefined): boolean => hasTag(node, tags.integer)

/** The `[tag]` among some parts, constructed or not. */
export function findContext(nodes: readonly Asn1[], tag: number): Asn1 | undefined {
  return nodes.find(node => hasTag(node, 0xa0 | tag) || hasTag(node, 0x80 | tag))
}

/** A value as DER again. */
export function encode(node: Asn1): Der {
  if (node instanceof DerNode) return node.raw
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1')
}

export function tagOf(node: Asn1): number {
  return node.tagClass | (node.constructed ? 0x20 : 0) | node.type
}

function hasTag(node: Asn1 | undefined, tag: number): boolean {
  return node !== undefined && tagOf(node) === tag
}

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes])
  const digits = Buffer.alloc(4)
  digits.writeUInt32BE(bytes)
  const used = digits.subarray(digits.findIndex(byte => byte !== 0))
  return Buffer.concat([Buffer.from([0x80 | used.length]), used])
}
