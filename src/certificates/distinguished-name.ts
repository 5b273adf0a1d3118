import type { Asn1 } from 'node-forge/lib/asn1.js'
import { oneLine } from '../process/plain-text.ts'
import {
  type Der,
  encode,
  oid,
  parts,
  readOid,
  readSet,
  sequence,
  set,
  tagOf,
  utf8,
} from './der.ts'
import { nameParts, oids } from './oids.ts'

/** Subject or issuer: safe text for people, and the bytes that names are compared by. */
export interface DistinguishedName {
  /** `CN=fraud.ml.example.com, O=Example`, in the order of the certificate. */
  text: string
  commonName?: string
  der: Der
}

/**
 * Reads a Name. Text is made safe and its separators are escaped, so that no value can look like
 * another part.
 *
 * @throws DerError
 */
export function readName(node: Asn1 | undefined): DistinguishedName {
  const found = parts(node).flatMap(readSet).map(readPart)
  const text = found.map(({ type, value }) => `${nameParts[type] ?? type}=${escaped(value)}`)
  const commonName = found.findLast(({ type }) => type === oids.commonName)?.value
  return {
    text: text.join(', ').slice(0, 1000),
    ...(commonName ? { commonName } : {}),
    der: encode(node as Asn1),
  }
}

/**
 * The steps of a Name as text that equal steps have in common, however they are encoded: without
 * capitals and doubled spaces (RFC 5280, 7.1).
 *
 * @throws DerError
 */
export function readSteps(node: Asn1 | undefined): string[] {
  return parts(node).map(step =>
    readSet(step)
      .map(part => {
        const [type, value] = parts(part)
        return `${readOid(type)}=${readText(value).toLowerCase().replace(/\s+/g, ' ').trim()}`
      })
      .sort()
      .join('+'),
  )
}

/** Writes a Name of one-part steps, each as UTF8String. */
export function writeName(steps: readonly (readonly [type: string, value: string])[]): Der {
  return sequence(...steps.map(([type, value]) => set(sequence(oid(type), utf8(value)))))
}

function readPart(node: Asn1): { type: string; value: string } {
  const [type, value] = parts(node)
  return { type: readOid(type), value: oneLine(readText(value).slice(0, 200)) }
}

function readText(node: Asn1 | undefined): string {
  if (!node || typeof node.value !== 'string') return ''
  const bytes = Buffer.from(node.value, 'latin1')
  switch (tagOf(node)) {
    case 0x0c: // UTF8String
      return bytes.toString('utf8')
    case 0x1e: // BMPString: big-endian code units
      return bytes
        .subarray(0, bytes.length & ~1)
        .swap16()
        .toString('utf16le')
    case 0x1c: // UniversalString
      return Array.from({ length: bytes.length >> 2 }, (_, at) => bytes.readUInt32BE(at * 4))
        .map(point => (point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point)))
        .join('')
    default:
      return bytes.toString('latin1')
  }
}

function escaped(value: string): string {
  return value.replace(/[\\,+"<>;=]/g, '\\$&')
}
