import type { Offer } from '../net/offers.ts'
import { oneLine } from '../process/plain-text.ts'
import { type Certificate, isSignedBy, readCertificate } from './certificate.ts'
import { issuerUrlsOf } from './issuer-urls.ts'
import type { Spare } from './judgement.ts'
import { readUpload } from './read.ts'

/** Authorities name one or two addresses. */
const mostUrls = 2

/** The issuer's certificate, or what came of each address. */
export interface Fetched {
  spare?: Spare
  failed: { url: string; why: string; private?: true }[]
}

/**
 * Fetches the certificate above one, from where that one says that it lies (AIA caIssuers). Whatever
 * comes is held against the signature, so nobody on the way can slip in another.
 */
export async function fetchIssuer(
  below: Certificate,
  get: (url: string) => Promise<Offer>,
): Promise<Fetched> {
  const failed: Fetched['failed'] = []
  for (const url of issuerUrlsOf(below).slice(0, mostUrls)) {
    const offer = await get(url)
    const found = 'bytes' in offer ? certificatesIn(offer.bytes) : []
    const certificate = found.find(each => signed(each, below))
    if (certificate) return { spare: { certificate, from: shownUrl(url) }, failed }
    failed.push({
      url: shownUrl(url),
      why: 'bytes' in offer ? 'it gives nothing that signed it' : oneLine(offer.refused),
      ...('private' in offer ? { private: true as const } : {}),
    })
  }
  return { failed }
}

/** An address out of a certificate, as one safe line. */
function shownUrl(url: string): string {
  return oneLine(url).slice(0, 200)
}

function signed(issuer: Certificate, below: Certificate): boolean {
  return below.x509.checkIssued(issuer.x509) && isSignedBy(below.x509, issuer.publicKey)
}

/** One certificate in DER, as most authorities offer it, or a file of any other kind that is read. */
function certificatesIn(bytes: Buffer): Certificate[] {
  const reading = readCertificate(bytes)
  if (reading.ok) return [reading.certificate]
  return readUpload([{ path: 'fetched', bytes }]).certificates.map(each => each.certificate)
}
