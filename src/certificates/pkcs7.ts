import { type Ber, oidOf, partsOf, readBer } from './ber.ts'
import * as der from './der.ts'
import { DerError } from './der.ts'

const signedData = '1.2.840.113549.1.7.2'
const data = '1.2.840.113549.1.7.1'

/** What a PKCS#7 file is good for here. */
export interface Pkcs7Content {
  /** DER of each, in the order of the file: a SET has none of its own. */
  certificates: Buffer[]
  revocations: number
}

/**
 * The certificates in a PKCS#7 (RFC 2315) or CMS (RFC 5652) of signed data. Who signed what is not
 * looked at: such a file only carries certificates.
 *
 * @throws DerError
 */
export function readPkcs7(bytes: Buffer): Pkcs7Content {
  const [type, wrapped] = partsOf(readBer(bytes))
  if (oidOf(type) !== signedData) throw new DerError('it holds something else than certificates')
  const [content] = partsOf(wrapped, 0xa0)
  const parts = partsOf(content)
  const found = (tag: number): Ber[] => {
    const part = parts.find(each => each.tag === tag)
    return part ? partsOf(part, tag) : []
  }
  // other choices of CertificateSet have tags of their own: only a plain certificate is a SEQUENCE
  const certificates = found(0xa0).filter(({ tag }) => tag === 0x30)
  return { certificates: certificates.map(({ raw }) => raw), revocations: found(0xa1).length }
}

/** A PKCS#7 that carries certificates and signs nothing, as `.p7b` files are. */
export function writePkcs7(certificates: readonly Buffer[]): Buffer {
  const nobody = der.set()
  return der.sequence(
    der.oid(signedData),
    der.context(
      0,
      der.sequence(
        der.integer(1),
        nobody,
        der.sequence(der.oid(data)),
        // SET OF in DER is sorted by its bytes
        der.context(0, ...[...certificates].sort(Buffer.compare)),
        nobody,
      ),
    ),
  )
}
