import { DerError } from './der.ts'

/**
 * A value as it stands in a file: DER, or BER with open lengths and strings in pieces, as old Windows
 * and Java versions write PKCS#12. Its bytes are parts of the file, nothing is copied.
 */
export interface Ber {
  /** The identifier octet: class, constructed bit and number. */
  tag: number
  content: Buffer
  /** With tag and length. */
  raw: Buffer
}

/** PKCS#12 has about twelve levels. */
const mostDepth = 40

/**
 * Reads the value at the beginning of some bytes.
 *
 * @throws DerError
 */
export function readBer(bytes: Buffer, depth = 0): Ber {
  const tag = bytes[0]
  const first = bytes[1]
  if (depth > mostDepth) throw new DerError('it is nested too deep')
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw damaged()
  if (first === 0x80 && tag & 0x20) {
    const length = openLength(bytes.subarray(2), depth)
    return { tag, content: bytes.subarray(2, 2 + length), raw: bytes.subarray(0, 4 + length) }
  }
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 4 || (more === 0 && first >= 0x80) || bytes.length < 2 + more) throw damaged()
  const start = 2 + more
  const end = start + (more === 0 ? first : bytes.readUIntBE(2, more))
  if (end > bytes.length) throw new DerError('it is cut off')
  return { tag, content: bytes.subarray(start, end), raw: bytes.subarray(0, end) }
}

/** Bytes up to the two zeros that end an open length. */
function openLength(bytes: Buffer, depth: number): number {
  let at = 0
  while (bytes[at] !== 0 || bytes[at + 1] !== 0) {
    if (at >= bytes.length) throw new DerError('it is cut off')
    at += readBer(bytes.subarray(at), depth + 1).raw.length
  }
  return at
}

/** What a constructed value is made of; `tag` is checked where it is given, by default a SEQUENCE. */
export function partsOf(value: Ber | undefined, tag: number | 'any' = 0x30): Ber[] {
  if (!value || !(value.tag & 0x20) || (tag !== 'any' && value.tag !== tag)) throw damaged()
  const parts: Ber[] = []
  for (let at = 0; at < value.content.length; ) {
    const part = readBer(value.content.subarray(at))
    parts.push(part)
    at += part.raw.length
  }
  return parts
}

/** The bytes of an OCTET STRING, also of one in pieces or with an implicit tag. */
export function octetsOf(value: Ber | undefined, depth = 0): Buffer {
  if (!value || depth > mostDepth) throw damaged()
  if (!(value.tag & 0x20)) return value.content
  return Buffer.concat(partsOf(value, 'any').map(part => octetsOf(part, depth + 1)))
}

/** An object identifier in dots. */
export function oidOf(value: Ber | undefined): string {
  if (value?.tag !== 0x06 || value.content.length > 40) throw damaged()
  const numbers: number[] = []
  let number = 0
  for (const byte of value.content) {
    number = number * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    numbers.push(number)
    number = 0
  }
  const [both = 0, ...rest] = numbers
  const first = Math.min(2, Math.floor(both / 40))
  return [first, both - first * 40, ...rest].join('.')
}

/** A whole number from 0 to 2^47; larger ones are as good as endless here. */
export function numberOf(value: Ber | undefined): number {
  if (value?.tag !== 0x02 || value.content.length === 0 || (value.content[0] ?? 0) & 0x80) {
    throw damaged()
  }
  return value.content.length > 6
    ? Number.MAX_SAFE_INTEGER
    : value.content.readUIntBE(0, value.content.length)
}

function damaged(): DerError {
  return new DerError('its structure is damaged')
}
