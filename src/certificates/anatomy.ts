import type { Asn1 } from 'node-forge/lib/asn1.js'
import type { Certificate } from './certificate.ts'
import * as der from './der.ts'
import { oids } from './oids.ts'

/** The fields of a certificate as they are encoded: what only the rules about their form look at. */
export interface Anatomy {
  /** The content of the INTEGER. */
  serial: Buffer
  /** The signature algorithm inside what is signed, and beside the signature. */
  algorithms: [inside: Buffer, outside: Buffer]
  /** notBefore and notAfter. */
  times: { tag: number; text: string }[]
  /** The type of the public key, and whether a curve is named by an identifier. */
  keyAlgorithm: string
  namedCurve: boolean
  hasUniqueIds: boolean
  /** Every common name of the subject. */
  commonNames: string[]
  emptySubject: boolean
  authorityKeyId?: { keyId: boolean; issuer: boolean; serial: boolean }
}

/** @throws DerError for fields that reading a certificate does not need, and that have no shape */
export function anatomyOf({ der: bytes, version, extensions }: Certificate): Anatomy {
  const [tbs, outside] = der.parts(der.parse(bytes))
  const all = der.parts(tbs)
  const fields = version > 1 ? all.slice(1) : all
  const [serial, inside, , validity, subject, spki] = fields
  if (!inside || !outside || !subject) throw new der.DerError('a part of it is missing')
  const [algorithm] = der.parts(spki)
  const [type, parameters] = der.parts(algorithm)
  const steps = der.parts(subject)
  const aki = extensions.get(oids.authorityKeyId)
  return {
    serial: bytesOf(serial),
    algorithms: [der.encode(inside), der.encode(outside)],
    times: der.parts(validity).map(time => ({
      tag: der.tagOf(time),
      text: bytesOf(time).toString('latin1'),
    })),
    keyAlgorithm: der.readOid(type),
    namedCurve: parameters !== undefined && der.tagOf(parameters) === 0x06,
    hasUniqueIds: [1, 2].some(tag => der.findContext(fields.slice(6), tag)),
    commonNames: steps.flatMap(der.readSet).flatMap(commonName),
    emptySubject: steps.length === 0,
    ...(aki ? { authorityKeyId: authorityKeyId(der.parts(der.parse(aki.value))) } : {}),
  }
}

function authorityKeyId(fields: readonly Asn1[]) {
  const has = (tag: number) => der.findContext(fields, tag) !== undefined
  return { keyId: has(0), issuer: has(1), serial: has(2) }
}

function commonName(part: Asn1): string[] {
  const [type, value] = der.parts(part)
  if (der.readOid(type) !== oids.commonName || typeof value?.value !== 'string') return []
  return [Buffer.from(value.value, 'latin1').toString('utf8')]
}

function bytesOf(node: Asn1 | undefined): Buffer {
  return Buffer.from(typeof node?.value === 'string' ? node.value : '', 'latin1')
}
