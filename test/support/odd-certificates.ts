import { sign } from 'node:crypto'
import { trustedCertificate } from '../../src/certificates/certificate.ts'
import { type Crl, readCrl } from '../../src/certificates/crl.ts'
import * as der from '../../src/certificates/der.ts'
import * as write from '../../src/certificates/extension-writers.ts'
import { oids } from '../../src/certificates/oids.ts'
import { dayMs, type Made, make, now, type Wish } from './certificates.ts'

/** The places of the fields of a TBSCertificate of version 3. */
export const field = { version: 0, serial: 1, algorithm: 2, issuer: 3, validity: 4, subject: 5 }

const ecdsaSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'))

/** A certificate with changed fields, signed anew by a P-256 key: what no issuer here would make. */
function makeOdd(wish: Wish, change: (fields: der.Der[]) => der.Der[]): Made {
  const made = make(wish)
  const [tbs] = der.parts(der.parse(made.certificate.der))
  const fields = change(der.parts(tbs).map(der.encode))
  const signed = der.sequence(...fields)
  const key = wish.signer ?? wish.issuer?.key ?? made.key
  const signature = der.bitString(sign('sha256', signed, key))
  const certificate = trustedCertificate(der.sequence(signed, ecdsaSha256, signature))
  return { ...made, certificate, pem: certificate.pem }
}

/** The same with one field replaced. */
export function withField(wish: Wish, place: number, value: der.Der): Made {
  return makeOdd(wish, fields => fields.toSpliced(place, 1, value))
}

/** What a list of revoked certificates is to be like; what is left out is as a good one has it. */
export interface CrlWish {
  issuer: Made
  /** Upper-case hex; in place of it a whole INTEGER. */
  serials?: (string | der.Der)[]
  /** Days from now. */
  from?: number
  to?: number | 'none'
  number?: der.Der | 'none'
  keyId?: 'none'
  signer?: Made
  more?: der.Der[]
  entryExtension?: der.Der
}

export function makeCrl(wish: CrlWish): { crl: Crl; der: Buffer; pem: string } {
  const { issuer, serials = [], from = -1, to = 30, signer = issuer } = wish
  const revoked = serials.map(serial =>
    der.sequence(
      typeof serial === 'string' ? der.integer(Buffer.from(serial, 'hex')) : serial,
      der.time(now - dayMs),
      ...(wish.entryExtension ? [der.sequence(wish.entryExtension)] : []),
    ),
  )
  const keyId = Buffer.from(issuer.certificate.subjectKeyId ?? '', 'hex')
  const number = wish.number ?? write.extension(oids.crlNumber, der.integer(7))
  const extensions = [
    ...(wish.keyId === 'none' ? [] : [write.authorityKeyId(keyId)]),
    ...(number === 'none' ? [] : [number]),
    ...(wish.more ?? []),
  ]
  const tbs = der.sequence(
    der.integer(1),
    ecdsaSha256,
    issuer.certificate.subjectDer,
    der.time(now + from * dayMs),
    ...(to === 'none' ? [] : [der.time(now + to * dayMs)]),
    ...(revoked.length > 0 ? [der.sequence(...revoked)] : []),
    der.context(0, der.sequence(...extensions)),
  )
  const bytes = der.sequence(tbs, ecdsaSha256, der.bitString(sign('sha256', tbs, signer.key)))
  const base64 = bytes.toString('base64').match(/.{1,64}/g) ?? []
  const pem = `-----BEGIN X509 CRL-----\n${base64.join('\n')}\n-----END X509 CRL-----\n`
  return { crl: readCrl(bytes), der: bytes, pem }
}
